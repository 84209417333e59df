"""`[calls]` of a `gepa.toml`, `--record` and `--replay`: which recording a command works with."""

import dataclasses
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from gepa_agents.loop.recording import Recording, RecordingSettings
from gepa_agents.parts.calls.rules import Missing
from gepa_agents.ports.calls import Simulator
from gepa_agents.words.errors import ConfigError
from gepa_agents_cli.config import Project
from gepa_agents_cli.loading import Reference
from gepa_agents_cli.screen import Output, say


@dataclasses.dataclass(frozen=True)
class Chosen:
    """What was said on the command line."""

    record: Path | None = None
    replay: Path | None = None


@contextmanager
def called(project: Project, chosen: Chosen, out: Output) -> Iterator[Project]:
    """The project with its recording open, if it has one; says in the end what was answered from it and what was not.

    Raises `RecordingError` and `ConfigError`.
    """
    recording = opened(project, chosen)
    if recording is None:
        yield project
        return
    with recording:
        try:
            yield dataclasses.replace(project, calls=recording)
        finally:
            say(out.end, f"calls      {summary(recording.counts)} ({recording.file})")


def opened(project: Project, chosen: Chosen) -> Recording | None:
    """The recording; None when neither the file nor the command line names one.

    `--record` and `--replay` stand in for file and mode, for models and tools alike: a replay leaves nothing live but
    what the file names under `live`.
    """
    table = project.tables.calls
    if chosen.record and chosen.replay:
        raise ConfigError("--record and --replay exclude each other; give one")
    file = chosen.record or chosen.replay or (None if table.file is None else project.folder / table.file)
    if file is None:
        return None
    settings = RecordingSettings(live=table.live, volatile=table.volatile, mask=project.tables.settings.mask)
    missing = _missing(project, table.missing)
    if chosen.record or chosen.replay:
        return Recording(file, "record" if chosen.record else "replay", missing=missing, settings=settings)
    return Recording(file, table.mode, models=table.models, tools=table.tools, missing=missing, settings=settings)


def summary(counts: Counter[str]) -> str:
    """What became of the calls: `560 answered, 130 live`."""
    return ", ".join(f"{count} {what}" for what, count in sorted(counts.items())) or "none"


def _missing(project: Project, text: str) -> Missing | Simulator:
    if ":" not in text:
        return cast(Missing, text)  # checked by the recording
    found = Reference(text, project.folder).load()
    if not callable(found):
        raise ConfigError(f"{project.file}: [calls] missing: `{text}` is no function; name one")
    return cast(Simulator, found)
