"""Intervals for means and for paired differences, by bootstrap over tasks. Knows numbers only.

Percentile bootstrap (Efron and Tibshirani 1993, chapter 13), widened by sqrt(n / (n - 1)) because at the size of a
test split the plain one is too narrow. Tasks are resampled, not rollouts: they are what generalises.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random

RESAMPLES = 4000


@dataclass(frozen=True)
class Interval:
    """A mean and where it may lie."""

    mean: float
    low: float
    high: float


def interval(values: Sequence[float], *, confidence: float = 0.95, seed: int = 0) -> Interval:
    """The mean of `values` (one per task) and its interval; of fewer than two values, the value alone.

    Raises `ValueError` when there are none.
    """
    if not values:
        raise ValueError("no values")
    n = len(values)
    mean = sum(values) / n
    if n == 1 or min(values) == max(values):
        return Interval(mean, mean, mean)
    random = Random(seed)
    means = sorted(sum(random.choices(values, k=n)) / n for _ in range(RESAMPLES))
    tail = int(RESAMPLES * (1 - confidence) / 2)
    wider = sqrt(n / (n - 1))
    return Interval(mean, mean - (mean - means[tail]) * wider, mean + (means[-1 - tail] - mean) * wider)


def paired(before: Sequence[float], after: Sequence[float], *, confidence: float = 0.95) -> Interval:
    """The mean difference `after - before`, task by task in the same order, and its interval."""
    return interval([b - a for a, b in zip(before, after, strict=True)], confidence=confidence)
