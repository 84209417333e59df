"""Intervals for means and for paired differences, by bootstrap over tasks. Knows numbers only.

Percentile bootstrap (Efron and Tibshirani 1993, chapter 13) of 95 %. At the size of a test split the plain one is too
narrow, so it is widened by sqrt(n / (n - 1)) and by what Student's t is wider than the normal distribution (Hesterberg
2015, doi 10.1080/00031305.2015.1089789). Tasks are resampled, not rollouts: they are what generalises.

Values that are all equal leave nothing to resample, and yet say little when they are few. Then the interval reaches as
far as an outcome that was not seen could pull it: n equal values leave a share of up to 1 - 0.025^(1/n) of others
possible (the exact binomial bound, Clopper and Pearson 1934).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random

RESAMPLES = 4000
TAIL = 0.025
"""Chance of lying below the interval, and of lying above it."""
STUDENT = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045,
)  # fmt: skip
"""The 97.5 % points of Student's t for 1, 2, … degrees of freedom; from 30 on the normal's serves."""
NORMAL = 1.960
FEWEST = 6
"""Paired tasks that can show a difference: five that all agree do so by chance once in sixteen times."""


@dataclass(frozen=True)
class Interval:
    """A mean and where it may lie."""

    mean: float
    low: float
    high: float


def interval(values: Sequence[float], *, seed: int = 0) -> Interval:
    """The mean of scores (one per task) and its 95 % interval, within 0 and 1 where all of them are.

    Raises `ValueError` when there are none.
    """
    if not values:
        raise ValueError("no values")
    lowest, highest = min(0.0, *values), max(1.0, *values)
    if _same(values):
        return _unseen(values, lowest, highest)
    spread = _resampled(values, seed)
    if (lowest, highest) != (0, 1):
        return spread
    return Interval(spread.mean, max(spread.low, 0.0), min(spread.high, 1.0))


def paired(before: Sequence[float], after: Sequence[float], *, seed: int = 0) -> Interval:
    """The mean difference `after - before`, task by task in the same order, and its 95 % interval.

    Where every task differs by the same, an unseen task is taken to differ by as much the other way: so it takes six
    tasks that all gained, as with a sign test, for an interval above zero. Fewer tasks are held to that whatever their
    differences are. Raises `ValueError` when there are no tasks.
    """
    differences = [b - a for a, b in zip(before, after, strict=True)]
    if not differences:
        raise ValueError("no values")
    widest = max(map(abs, differences))
    if _same(differences):
        return _unseen(differences, -widest, widest)
    found = _resampled(differences, seed)
    if len(differences) >= FEWEST:
        return found
    careful = _unseen(differences, -widest, widest)
    return Interval(found.mean, min(found.low, careful.low), max(found.high, careful.high))


def _same(values: Sequence[float]) -> bool:
    # Differences of equal size can differ in their last bits.
    return max(values) - min(values) < 1e-9


def _unseen(values: Sequence[float], lowest: float, highest: float) -> Interval:
    """The interval where nothing is known of unseen values but that they may be anything from `lowest` to `highest`."""
    value, share = sum(values) / len(values), 1 - TAIL ** (1 / len(values))
    return Interval(value, value - share * (value - lowest), value + share * (highest - value))


def _resampled(values: Sequence[float], seed: int) -> Interval:
    n = len(values)
    mean = sum(values) / n
    random = Random(seed)
    means = sorted(sum(random.choices(values, k=n)) / n for _ in range(RESAMPLES))
    tail = round(RESAMPLES * TAIL)
    wider = sqrt(n / (n - 1)) * (STUDENT[n - 2] / NORMAL if n - 2 < len(STUDENT) else 1.0)
    return Interval(mean, mean - (mean - means[tail]) * wider, mean + (means[-1 - tail] - mean) * wider)
