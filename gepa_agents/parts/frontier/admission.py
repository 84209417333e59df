"""How much of val a child is run on, and whether it joins the pool. Knows numbers only.

The paper runs every child that beat its parent on the minibatch on all of val and keeps it (Algorithm 1, lines 15 to
18). Most of a run's rollouts go there: on three examples the strict test lets a third of the equal children through,
and each costs a whole pass. But a pass need not end to be decided.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Protocol

FLOOR = 1e-3
"""Variance that gains are taken to have at least: a few equal ones show no spread, and yet say little."""


class Admission(Protocol):
    """Decides about a child from the val tasks that it was run on so far."""

    def verdict(self, gains: Sequence[float], first: bool, left: int) -> bool | None:
        """True: it joins the pool. False: it does not. None: run it on more tasks first (never when `left` is 0).

        `gains` is the child's score less its parent's, task by task; `first` whether it beats on some task all that
        were ever run there; `left` how many val tasks there still are.
        """
        ...


class Whole:
    """The paper's way: all of val, and everybody joins."""

    def verdict(self, gains: Sequence[float], first: bool, left: int) -> bool | None:
        return None if left else True


class Racing:
    """Ends the pass when it is clear whether the child gains; who gains nothing, and is first nowhere, stays out."""

    def __init__(self, errors: float = 2.0, worth: float = 0.02) -> None:
        """`errors`: standard errors that count as clear (2: about 95 %, for one look). `worth`: a mean gain that is
        surely smaller than this is not worth the rest of the pass."""
        self._errors = errors
        self._worth = worth

    def verdict(self, gains: Sequence[float], first: bool, left: int) -> bool | None:
        mean = sum(gains) / len(gains)
        margin = self._errors * _error(gains, mean)
        if left and mean - margin <= 0 and mean + margin > self._worth:
            return None
        return mean > 0 or first


def _error(gains: Sequence[float], mean: float) -> float:
    variance = sum((gain - mean) ** 2 for gain in gains) / len(gains)
    return sqrt((variance + FLOOR) / len(gains))
