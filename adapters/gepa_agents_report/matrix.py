"""Scores of tasks by candidates, and which tasks flipped. Reads every rollout once and keeps only its score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gepa_agents import History, Result, Task
from gepa_agents_report.content import Candidate

Cell = tuple[float | None, str]


@dataclass(frozen=True)
class Matrix:
    """One row for each candidate, one cell for each task."""

    scores: tuple[tuple[float | None, ...], ...]
    marks: tuple[str, ...]

    def flips(self, before: int, after: int) -> list[int]:
        """Positions of the tasks that both candidates were run on with another score, the largest change first."""
        changes = dict[int, float]()
        sides = zip(self.scores[before], self.scores[after], self.marks[before], self.marks[after], strict=True)
        for position, (old, new, *marks) in enumerate(sides):
            if "-" not in marks and "i" not in marks and (old or 0.0) != (new or 0.0):
                changes[position] = abs((new or 0.0) - (old or 0.0))
        return sorted(changes, key=lambda position: -changes[position])

    def ran(self, number: int) -> list[int]:
        """Positions of the tasks that a candidate was run on."""
        return [position for position, mark in enumerate(self.marks[number]) if mark in "kf"]


def filled(run: History, candidates: Sequence[Candidate], tasks: Sequence[Task], result: Result | None) -> Matrix:
    """The matrix of a run; what a candidate is taken to score where it was not run comes from the result."""
    taken: Mapping[int, Mapping[str, float]] = {}
    if result is not None:
        val = [task.id for task in tasks if task.split == "val"]
        taken = {one.number: dict(zip(val, one.val, strict=True)) for one in result.candidates}
    rows = [_row(run, one, tasks, taken.get(one.number, {})) for one in candidates]
    return Matrix(
        tuple(tuple(score for score, _ in row) for row in rows),
        tuple("".join(mark for _, mark in row) for row in rows),
    )


def _row(run: History, candidate: Candidate, tasks: Sequence[Task], taken: Mapping[str, float]) -> list[Cell]:
    values, faults = dict[str, list[float]](), set[str]()
    for rollout in run.rollouts(candidate.id):
        if rollout.score is not None:
            values.setdefault(rollout.task, []).append(rollout.score.value)
        elif rollout.fault is not None:
            faults.add(rollout.task)
    row = list[Cell]()
    for task in tasks:
        if task.id in values:
            row.append((round(sum(values[task.id]) / len(values[task.id]), 4), "k"))
        elif task.id in faults:
            row.append((None, "f"))
        elif task.id in taken:
            row.append((round(taken[task.id], 4), "i"))
        else:
            row.append((None, "-"))
    return row
