"""`export RUN`: a candidate of a finished run in a form that others take, such as the document it is applied from."""

import sys
from dataclasses import dataclass
from pathlib import Path

from gepa_agents.loop.result import Result
from gepa_agents.parts.exports.forms import find
from gepa_agents.parts.runs import journal
from gepa_agents.ports.export import Exported, Source
from gepa_agents.words.errors import ConfigError, JournalError
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents_cli import documents
from gepa_agents_cli.screen import Output, say

BEST = "best"


@dataclass(frozen=True)
class Wanted:
    """What is to be exported, and how."""

    form: str
    candidate: str
    """Id, number or `best`."""
    wish: str | None
    """Which candidate, in words, instead."""
    options: tuple[str, ...]
    """The form's own, each as `name=value`."""
    output: Path | None
    """A file, instead of stdout."""


def export(folder: Path, wanted: Wanted, out: Output) -> None:
    """Write one candidate in the wanted form: the one that is named, or the one that serves a wish.

    Raises `JournalError` when the folder holds no finished run, `ConfigError` for an unknown form, option or candidate,
    a wish that is not understood, what can't be exported, and a file that can't be written.
    """
    if wanted.wish is not None and wanted.candidate != BEST:
        raise ConfigError("--candidate and --choose both say which candidate is meant; give one of them")
    form = find(wanted.form)
    result = finished(folder)
    config = chosen(result, wanted.candidate, folder) if wanted.wish is None else result.choose(wanted.wish)
    exported = form.export(Source(config=config, run=folder), _options(wanted.options))
    _written(exported, wanted.output, out)
    for remark in exported.remarks:
        sys.stderr.write(f"note: {remark}\n")
    out.document(
        documents.Exported(
            candidate=config.candidate.id,
            format=wanted.form,
            file=None if wanted.output is None else str(wanted.output),
            document=config.document() if wanted.output is None and wanted.form in ("yaml", "json") else None,
            text=_text(exported) if wanted.output is None and wanted.form not in ("yaml", "json") else None,
            remarks=exported.remarks,
        )
    )


def _options(given: tuple[str, ...]) -> dict[str, str]:
    options = dict[str, str]()
    for one in given:
        name, equals, value = one.partition("=")
        if not equals:
            raise ConfigError(f"--set {one}: write NAME=VALUE")
        options[name] = value
    return options


def _written(exported: Exported, output: Path | None, out: Output) -> None:
    if output is None:
        out.content(exported.content)
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(exported.content)
    except OSError as error:
        raise ConfigError(f"{output} can't be written ({error.strerror}); name another file") from error
    say(out.end, f"wrote {output}")


def _text(exported: Exported) -> str:
    try:
        return exported.content.decode()
    except UnicodeDecodeError as error:
        raise ConfigError("the file is not UTF-8, so that JSON can't hold it; write it with --output") from error


def finished(folder: Path) -> Result:
    """The result that a run folder holds; `JournalError` when there is none yet."""
    with journal.read(folder) as run:
        outcome = run.outcome("result")
    if outcome is None:
        raise JournalError(f"{folder} holds no result yet: the run was interrupted; start it again and let it end")
    return Result.model_validate_json(outcome)


def chosen(result: Result, candidate: str, folder: Path) -> GraphConfig:
    """The candidate of that id or number."""
    if candidate == BEST:
        return result.best
    for one in result.candidates:
        if candidate in (one.config.candidate.id, str(one.number)):
            return one.config
    known = ", ".join(f"{one.number} ({one.config.candidate.id})" for one in result.candidates)
    raise ConfigError(f"{folder} has no candidate `{candidate}`; there are {known}")


def save(config: GraphConfig, path: Path) -> None:
    """Save a configuration; `ConfigError` when the file can't be written."""
    try:
        config.save(path)
    except OSError as error:
        raise ConfigError(f"{path} can't be written ({error.strerror}); name another file") from error
