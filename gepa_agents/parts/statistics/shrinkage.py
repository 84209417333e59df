"""What the candidates of a pool are really worth: means corrected for having been chosen from. Knows numbers only.

The best of many noisy means is too high. On five recorded runs the best on 40 % of the tasks fell by 3 to 12 points on
others. Model: a score is the sum of its task's difficulty, its candidate's worth and noise. The candidates' worths are
a sample themselves, so each is drawn towards the pool's mean by the share of the spread that noise explains (James and
Stein 1961; Efron and Morris 1975, doi 10.1080/01621459.1975.10479864). That leaves 0 to 2 points of the 3 to 12.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance

Row = Sequence[float | None]
"""A candidate's scores, task by task; None where it was not run."""

SWEEPS = 30
"""At most so many alternations between tasks and candidates when cells are missing; complete rows need one."""


@dataclass(frozen=True)
class Estimate:
    """What is known of one candidate."""

    mean: float
    """Its mean score, had it been run on every task: what it was run on may have been easy or hard."""
    expected: float
    """The same after correction for chance: what to expect of it on new tasks of this kind."""


def estimates(rows: Sequence[Row], *, count: int | None = None) -> list[Estimate]:
    """An estimate for each candidate, on the scale of the first `count` tasks (of all, if None).

    On the further tasks only some may have been run. Those then say who of them is better, and nothing of how good they
    are together. All rows have the same length; `ValueError` when a candidate was run on none of the first tasks.
    """
    first = [row[:count] for row in rows]
    if not first or any(all(score is None for score in row) for row in first):
        raise ValueError("every candidate needs a score")
    noise, spread = _variances(first)
    plain = _fit(rows, 0.0)
    drawn = _fit(rows, noise / spread if spread > 0 else float("inf")) if noise > 0 else plain
    levels = [fmean(level for level in fit.tasks[:count] if level is not None) for fit in (plain, drawn)]
    return [
        Estimate(levels[0] + mean, levels[1] + expected)
        for mean, expected in zip(plain.worths, drawn.worths, strict=True)
    ]


@dataclass(frozen=True)
class _Fit:
    tasks: list[float | None]
    """Difficulty of each task, as the score of a candidate of no worth; None where nobody was run."""
    worths: list[float]
    """What each candidate scores above that."""


def _fit(rows: Sequence[Row], pull: float) -> _Fit:
    """Least squares by turns: tasks given the candidates, candidates given the tasks.

    `pull` is a weight, in tasks, with which each candidate is drawn towards a worth of 0. With noise over spread for it
    the worths are the best predictions under the model (Henderson's mixed-model equations).
    """
    counts = [sum(score is not None for score in column) for column in zip(*rows, strict=True)]
    worths = [0.0] * len(rows)
    tasks = [0.0] * len(counts)
    for _ in range(SWEEPS):
        totals = [0.0] * len(counts)
        for row, worth in zip(rows, worths, strict=True):
            for j, score in enumerate(row):
                if score is not None:
                    totals[j] += score - worth
        tasks = [total / count if count else 0.0 for total, count in zip(totals, counts, strict=True)]
        fresh = [_worth(row, tasks, pull) for row in rows]
        moved = max(abs(one - other) for one, other in zip(fresh, worths, strict=True))
        worths = fresh
        if moved < 1e-6:
            break
    return _Fit([task if count else None for task, count in zip(tasks, counts, strict=True)], worths)


def _worth(row: Row, tasks: Sequence[float], pull: float) -> float:
    above = [score - task for score, task in zip(row, tasks, strict=True) if score is not None]
    return sum(above) / (len(above) + pull)


def _variances(rows: Sequence[Row]) -> tuple[float, float]:
    """Of the noise, and of the candidates' true worths, by the method of moments; 0 where there is nothing to tell."""
    fit = _fit(rows, 0.0)
    counts, squares = [0] * len(rows), 0.0
    for i, (row, worth) in enumerate(zip(rows, fit.worths, strict=True)):
        for score, task in zip(row, fit.tasks, strict=True):
            if score is not None and task is not None:
                counts[i] += 1
                squares += (score - task - worth) ** 2
    free = sum(counts) - len(rows) - sum(task is not None for task in fit.tasks) + 1
    noise = squares / free if free > 0 else 0.0
    spread = variance(fit.worths) - fmean(noise / n for n in counts) if len(rows) > 1 else 0.0
    return noise, max(spread, 0.0)
