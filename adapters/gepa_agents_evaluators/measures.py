"""Measures of agreement between two judgements of the same things, with intervals. Knows numbers only."""

from collections.abc import Callable, Sequence
from math import sqrt
from random import Random

__all__ = ["bootstrap", "kappa", "spearman", "wilson"]

NORMAL = 1.959964
"""The 97.5 % point of the normal distribution."""
RESAMPLES = 2000


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927), which is sound for few things and for shares near 0 and 1."""
    share, square = hits / count, NORMAL**2 / count
    middle = (share + square / 2) / (1 + square)
    reach = NORMAL / (1 + square) * sqrt(share * (1 - share) / count + square / (4 * count))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def kappa(one: Sequence[bool], other: Sequence[bool]) -> tuple[float, float, float] | None:
    """Agreement beyond chance (Cohen 1960): 1 is full, 0 what chance gives; None when both always say the same.

    With its 95 % interval: that of the share of agreements, with what chance gives taken as it was seen. Unlike by
    resampling, few labels leave it wide also where all of them agree, or where one side always says the same.
    """
    count = len(one)
    hits = sum(a == b for a, b in zip(one, other, strict=True))
    yes, too = sum(one) / count, sum(other) / count
    chance = yes * too + (1 - yes) * (1 - too)
    if chance == 1:
        return None
    low, high = wilson(hits, count)
    value, low, high = ((share - chance) / (1 - chance) for share in (hits / count, low, high))
    return value, max(-1.0, low), high


def spearman(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Correlation of the ranks, ties sharing theirs (Spearman 1904); None when one of them is always the same."""
    a, b = _ranks(one), _ranks(other)
    mean = (len(a) + 1) / 2
    together = sum((x - mean) * (y - mean) for x, y in zip(a, b, strict=True))
    spread = sqrt(sum((x - mean) ** 2 for x in a) * sum((y - mean) ** 2 for y in b))
    return together / spread if spread else None


def bootstrap(count: int, statistic: Callable[[Sequence[int]], float | None]) -> tuple[float, float] | None:
    """The 95 % percentile interval of a statistic over resampled indices; None when most samples leave it undefined.

    The same seed each time, so that the same labels give the same interval.
    """
    random, found = Random(0), list[float]()
    for _ in range(RESAMPLES):
        value = statistic(random.choices(range(count), k=count))
        if value is not None:
            found.append(value)
    if len(found) <= RESAMPLES / 2:
        return None
    found.sort()
    tail = round(len(found) * 0.025)
    return found[tail], found[-1 - tail]


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=lambda index: values[index])
    ranks = [0.0] * len(values)
    first = 0
    while first < len(order):
        last = first
        while last + 1 < len(order) and values[order[last + 1]] == values[order[first]]:
            last += 1
        for place in range(first, last + 1):
            ranks[order[place]] = (first + last) / 2 + 1
        first = last + 1
    return ranks
