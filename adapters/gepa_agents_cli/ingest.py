"""`ingest FILES`: stored traces of a running system, without a call of any model: what is tunable, what goes wrong,
and tasks and evidence for an optimization."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from gepa_agents_traces import Reading, Tasks, read

from gepa_agents.parts.masking.mask import detectors
from gepa_agents.parts.masking.records import Mask
from gepa_agents.ports.agent import Agent
from gepa_agents.words.case import Case
from gepa_agents.words.component import Anatomy
from gepa_agents.words.errors import ConfigError
from gepa_agents.words.rows import OTHERS
from gepa_agents.words.settings import Settings
from gepa_agents.words.trajectory import Trajectory
from gepa_agents_cli import project as files
from gepa_agents_cli.config import load
from gepa_agents_cli.ingested import Gathered, document, findings, summary, tasks_line
from gepa_agents_cli.inspect import LINES, structure, texts, unreachable
from gepa_agents_cli.screen import Output, say

NAMELESS = "agent"
"""Stands for the node of steps whose trace names none."""


@dataclass(frozen=True)
class Wanted:
    """What is wanted beside the summary."""

    full: bool = False
    """Texts in full length."""

    tasks: Path | None = None
    """Where to write tasks."""
    trajectories: Path | None = None
    """Where to write runs."""


def ingest(paths: Sequence[Path], graph: str | None, score: str, wanted: Wanted, out: Output) -> None:
    """Read traces and show what they tell; `graph` (`module:attribute`, or a gepa.toml) is the agent they are of.

    Raises `ConfigError` for files that can't be read or written, `AgentError` for a graph that can't be loaded.
    """
    _check(paths, wanted)
    agent, settings = (None, Settings()) if graph is None else _agent(graph)
    reading = read(*paths, score=score)
    gathered = Gathered()
    lines = None if wanted.full else LINES
    with Tasks() as tasks:
        _gather(reading, gathered, tasks, wanted.trajectories, settings)
        trajectories = [_named(trajectory) for trajectory in gathered.sample()]
        anatomy = _anatomy(trajectories) if agent is None else agent.anatomy(trajectories)
        shown = [
            *summary(reading.tally, gathered),
            ("", ""),
            *structure("in these traces" if agent is None else agent.name, anatomy),
            *texts(anatomy, settings, lines),
            *unreachable(anatomy),
            *findings(gathered, lines),
        ]
        for text, style in shown:
            say(out.end, text, style)
        if wanted.tasks is not None:
            with _written(wanted.tasks) as file:
                file.writelines(f"{line}\n" for line in tasks.lines())
            say(out.end, tasks_line(tasks, wanted.tasks))
    if wanted.trajectories is not None:
        say(out.end, f"wrote {wanted.trajectories}: {gathered.runs} runs")
    out.document(document(reading.tally, gathered, anatomy, (wanted.tasks, wanted.trajectories)))


def _check(paths: Sequence[Path], wanted: Wanted) -> None:
    """Raise `ConfigError` where something would be written over, or could not be read again."""
    options = {"--tasks": wanted.tasks, "--trajectories": wanted.trajectories}
    outputs = {option: output for option, output in options.items() if output is not None}
    for option, output in outputs.items():
        if os.path.isdir(output):  # noqa: PTH112  (Path.is_dir raises for a name that is too long)
            raise ConfigError(f"{option}: {output} is a folder; name a file to write")
        if any(_same(one, path) for one in (output, _part(output)) for path in paths):
            raise ConfigError(f"{output} is one of the files to read; name another one to write")
    if len(outputs) == 2 and _same(*outputs.values()):
        raise ConfigError(f"--tasks and --trajectories both name {wanted.trajectories}; name a file for each")
    if wanted.tasks is not None and wanted.tasks.suffix.lower() in OTHERS:
        raise ConfigError(
            f"--tasks: {wanted.tasks} would be read as something else, for tasks are written as JSON lines; "
            f"name a file {wanted.tasks.with_suffix('.jsonl')}"
        )


def _same(one: Path, other: Path) -> bool:
    """Whether two paths mean one file, be it there or not."""
    try:
        return one.samefile(other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)


def _part(path: Path) -> Path:
    """What a file is called while it is written."""
    return path.with_name(f"{path.name}.part")


def _gather(reading: Reading, gathered: Gathered, tasks: Tasks, trajectories: Path | None, settings: Settings) -> None:
    """Read everything, and write the runs meanwhile: masked, for they are there to be shown to a model."""
    mask = Mask(detectors(settings.mask, os.environ), by_key="secrets" in settings.mask)
    with ExitStack() as stack:
        file = None if trajectories is None else stack.enter_context(_written(trajectories))
        for case in reading:
            gathered.see(case)
            tasks.add(case)
            if file is not None:
                shown = Case(task=mask.task(case.task), rollout=mask.rollout(case.task, case.rollout))
                file.write(f"{shown.model_dump_json()}\n")


def _agent(graph: str) -> tuple[Agent, Settings]:
    if graph.endswith(".toml"):
        project = load(Path(graph))
        return files.agent(project), project.tables.settings
    return files.wrapped(graph, Path.cwd()), Settings()


def _anatomy(trajectories: Sequence[Trajectory]) -> Anatomy:
    """What the traces alone tell: nothing is known of the graph's code."""
    from gepa_agents_langgraph.discovery import discover
    from gepa_agents_langgraph.structure import Structure

    return discover(Structure(code={}, edges=()), trajectories)


def _named(trajectory: Trajectory) -> Trajectory:
    """The trajectory with a node for every step."""
    steps = tuple(step if step.node else step.model_copy(update={"node": NAMELESS}) for step in trajectory.steps)
    return trajectory.model_copy(update={"steps": steps})


@contextmanager
def _written(path: Path) -> Iterator[TextIO]:
    """A file to write; it appears under its name when it is whole."""
    part = _part(path)
    try:
        with part.open("w", encoding="utf-8") as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} can't be written ({error.strerror}); name another file") from error
    finally:
        with suppress(OSError):
            part.unlink()
