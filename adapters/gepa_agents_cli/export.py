"""`export RUN`: a candidate of a finished run, as the document that it is applied from."""

from pathlib import Path

from gepa_agents.loop.result import Result
from gepa_agents.parts.runs import journal
from gepa_agents.words.errors import ConfigError, JournalError
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents_cli.documents import Exported
from gepa_agents_cli.screen import Output, say

BEST = "best"


def export(folder: Path, candidate: str, wish: str | None, output: Path | None, out: Output) -> None:
    """Write one candidate as YAML to `output`, or to stdout: the one that is named, or the one that serves a wish.

    Raises `JournalError` when the folder holds no finished run, `ConfigError` for an unknown candidate, a wish that is
    not understood, or a file that can't be written.
    """
    if wish is not None and candidate != BEST:
        raise ConfigError("--candidate and --choose both say which candidate is meant; give one of them")
    result = finished(folder)
    config = chosen(result, candidate, folder) if wish is None else result.choose(wish)
    identity = config.candidate.id
    if output is None:
        out.text(config.to_yaml())
        out.document(Exported(candidate=identity, format="yaml", file=None, document=config.document()))
        return
    save(config, output)
    say(out.end, f"wrote {output}")
    out.document(Exported(candidate=identity, format="yaml", file=str(output)))


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
