"""What stored runs have in common, gathered one by one in bounded memory, and said in lines."""

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gepa_agents_traces import Tally, Tasks

from gepa_agents.parts.feedback import findings as checks
from gepa_agents.words.case import Case
from gepa_agents.words.component import Anatomy
from gepa_agents.words.trajectory import Trajectory
from gepa_agents_cli.documents import Found, Ingested
from gepa_agents_cli.inspect import Line
from gepa_agents_cli.standing import counted

SAMPLE = 200
"""Runs whose prompts are compared; which ones is told by a hash of the trace's id, so not by the order of lines."""
PLACES = 10
"""Skipped lines that are shown."""
KINDS = {"model": "model call", "tool": "tool run", "node": "node visit"}

Key = tuple[str, str, str]
"""A finding's check, node and tool."""


@dataclass
class Gathered:
    """Runs seen so far: a sample of them, what was found in all, and their scores."""

    runs: int = 0
    scored: int = 0
    total: float = 0.0
    faults: int = 0
    found: Counter[Key] = field(default_factory=Counter[Key])
    """In how many runs."""
    examples: dict[Key, tuple[int, str]] = field(default_factory=dict[Key, tuple[int, str]])
    """A sentence for each, of the run whose hash is least."""
    _kept: list[tuple[int, str, Trajectory]] = field(default_factory=list[tuple[int, str, Trajectory]])

    def see(self, case: Case) -> None:
        """Take a run in."""
        self.runs += 1
        rollout = case.rollout
        if rollout.score is not None:
            self.scored += 1
            self.total += rollout.score.value
        self.faults += rollout.fault is not None
        name = str(case.task.metadata.get("trace"))
        rank = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
        keep = heapq.heappush if len(self._kept) < SAMPLE else heapq.heappushpop
        keep(self._kept, (-rank, name, rollout.trajectory))
        sentences = {
            (finding.check, finding.node, finding.tool): finding.sentence
            for finding in reversed(checks.findings(rollout.trajectory))
        }
        for key, sentence in sentences.items():
            self.found[key] += 1
            self.examples[key] = min(self.examples.get(key, (rank, sentence)), (rank, sentence))

    def sample(self) -> list[Trajectory]:
        """The runs of the sample, in a fixed order."""
        return [trajectory for _, _, trajectory in sorted(self._kept, key=lambda one: one[:2])]


def summary(tally: Tally, gathered: Gathered) -> Iterator[Line]:
    """What was read, by convention, and what was not."""
    yield (
        f"{counted(tally.files, 'file')}: {counted(tally.lines, 'line')}, {counted(tally.spans, 'span')}, "
        f"{counted(tally.traces, 'trace')}, {counted(tally.remarks, 'score')}",
        "bold",
    )
    for name, kinds in sorted(tally.steps.items(), key=lambda one: one[0].casefold()):
        said = ", ".join(counted(kinds[kind], noun) for kind, noun in KINDS.items() if kinds[kind])
        others = tally.passed.get(name, 0)
        yield f"  {name}: {said}" + (f"; {counted(others, 'other span')}" if others else ""), ""
    for name, number in sorted(tally.passed.items()):
        if name not in tally.steps:
            yield f"  {name}: {counted(number, 'span')}, none of them a step of an agent", "dim"
    yield from _left(tally)
    mean = f", mean {gathered.total / gathered.scored:.3f}" if gathered.scored else ""
    yield (
        f"{counted(gathered.runs, 'run')}, {gathered.faults} failed; {gathered.scored} scored{mean}",
        "bold",
    )


def _left(tally: Tally) -> Iterator[Line]:
    """What is missing from the runs, and why."""
    reasons = (
        (tally.empty, "trace", "without a model call or tool run"),
        (tally.repeated, "span", "told of a call that another span tells of"),
        (tally.doubled, "span", "sent again, or in two halves"),
        (tally.given_up, "span", "of attempts that began anew"),
        (tally.cut, "span", "left out: more than is kept of one trace"),
        (tally.broken, "span", "without usable ids or content"),
        (tally.homeless, "score", "of traces that are not in these files"),
    )
    for number, noun, why in reasons:
        if number:
            yield f"  {counted(number, noun)} {why}", "dim"
    if tally.skipped:
        yield f"skipped {counted(tally.skipped, 'line')}", "yellow"
        for where, why in tally.places[:PLACES]:
            yield f"  {where}: {why}", "yellow"
        if tally.skipped > PLACES:
            yield f"  … and {tally.skipped - PLACES:,} more", "yellow"


def document(tally: Tally, gathered: Gathered, anatomy: Anatomy, written: tuple[Path | None, Path | None]) -> Ingested:
    """The same for scripts; `written` are the files of tasks and of runs."""
    tasks, trajectories = (None if path is None else str(path) for path in written)
    return Ingested(
        files=tally.files,
        spans=tally.spans,
        traces=tally.traces,
        runs=gathered.runs,
        failed=gathered.faults,
        scored=gathered.scored,
        mean=gathered.total / gathered.scored if gathered.scored else None,
        skipped=tally.skipped,
        anatomy=anatomy,
        findings=tuple(
            Found(check=check, node=node, tool=tool, runs=number, example=gathered.examples[check, node, tool][1])
            for (check, node, tool), number in _frequent(gathered)
        ),
        tasks=tasks,
        trajectories=trajectories,
    )


def _frequent(gathered: Gathered) -> list[tuple[Key, int]]:
    return sorted(gathered.found.items(), key=lambda one: (-one[1], one[0]))


def findings(gathered: Gathered, lines: int | None) -> Iterator[Line]:
    """What the checks found, the most frequent first, each with one example."""
    yield "", ""
    yield "findings" if gathered.found else "findings: none", "bold"
    for key, number in _frequent(gathered):
        check, node, tool = key
        where = ", ".join(part for part in (node, f"tool {tool}" if tool else "") if part)
        yield f"  {check}{f' ({where})' if where else ''}: {counted(number, 'run')} of {gathered.runs:,}", ""
        every = gathered.examples[key][1].splitlines()
        for line in every[:lines]:
            yield f"    {line}", "dim"


def tasks_line(tasks: Tasks, path: Path) -> str:
    """What the task file holds."""
    number, corrected = tasks.counts()
    lost = f"; {counted(tasks.without_input, 'run')} without a visible input" if tasks.without_input else ""
    return (
        f"wrote {path}: {counted(number, 'task')} of {counted(tasks.given, 'run')}, {corrected} with an expected "
        f"outcome{lost}"
    )
