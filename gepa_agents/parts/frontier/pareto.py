"""The Pareto frontier: the candidates that are best somewhere. Knows numbers only.

GEPA, Algorithm 2 (arXiv 2507.19457): per column (a val task, an objective), the candidates that reach the best score;
dominated ones removed; a parent is drawn with a weight of the number of columns in which it is best. Two departures
from the official engine, which prunes by set cover and so left the best-mean candidate unselectable in 12 to 20 % of
the pools it was measured on: dominance here is dominance of scores, and the best mean always keeps a weight.

What a candidate wins is kept as an integer with one bit a column. Who dominates another reaches the top wherever that
one does, so two of these integers rule nearly every pair out, and a candidate that wins nowhere is never compared.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from math import fsum
from operator import eq, gt, lt

_DIGITS = bytes.maketrans(b"\0\1", b"01")


def dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether `one` is nowhere below `other` and somewhere above it. A strict partial order; equals don't dominate."""
    above = False
    for a, b in zip(one, other, strict=True):
        if a < b:
            return False
        above = above or a > b
    return above


class Frontier:
    """The frontier over a growing pool of candidates, numbered in the order they are added.

    It is a function of the rows and means alone, whatever the order in which they came.
    """

    def __init__(self) -> None:
        self._rows: list[array[float]] = []
        self._means: list[float] = []
        self._top = array("d")
        self._wins: list[int] = []
        """For each candidate the columns in which it reaches the top: bit 0 is the last column."""
        self._above: list[int | None] = []
        """For each candidate that wins somewhere, one that dominates it, or None if nobody does."""
        self._weights: dict[int, int] | None = None

    def __len__(self) -> int:
        """How many candidates are on it."""
        return len(self._selectable())

    def add(self, scores: Sequence[float], mean: float | None = None) -> int:
        """Add a candidate by its finite score in each column, higher is better; returns its number.

        `mean` is what `best` compares, where that is not the mean of the columns. Raises `ValueError` when there are
        not as many columns as before.
        """
        row = self._row(scores)
        number = len(self._rows)
        self._rows.append(row)
        self._means.append(_mean(row) if mean is None else mean)
        self._wins.append(0)
        self._above.append(None)
        self._raise(number)
        self._compare(number)
        self._weights = None
        return number

    def revise(self, number: int, scores: Sequence[float], mean: float | None = None) -> None:
        """Replace a candidate's scores because more is known of it now; the outcome is that of adding all rows anew.

        Takes what `add` takes, and raises what it raises.
        """
        row = self._row(scores)
        self._rows[number] = row
        self._means[number] = _mean(row) if mean is None else mean
        held, self._wins[number] = self._wins[number], 0
        back = self._lower(held & ~_marks(map(eq, row, self._top)))
        self._raise(number)
        for other, above in enumerate(self._above):
            if above == number:
                self._above[other] = None
                back.append(other)
        for other in back:
            if other != number and self._wins[other] and self._above[other] is None:
                self._above[other] = self._dominator(other)
        self._compare(number)
        self._weights = None

    def mean(self, number: int) -> float:
        """Mean score of a candidate."""
        return self._means[number]

    @property
    def best(self) -> int:
        """The candidate with the best mean; of equals the earliest that no other of them dominates."""
        selectable = self._selectable()
        top = max(self._means)
        return next(number for number, mean in enumerate(self._means) if mean == top and number in selectable)

    def weights(self) -> dict[int, int]:
        """Candidates on the frontier and in how many columns each is best, ties counted for all who tie.

        Whoever reaches the best mean has a weight of at least 1, unless another of the same mean dominates it.
        """
        return dict(self._selectable())

    def _selectable(self) -> dict[int, int]:
        if self._weights is None:
            weights = {
                number: wins.bit_count()
                for number, (wins, above) in enumerate(zip(self._wins, self._above, strict=True))
                if wins and above is None
            }
            top = max(self._means, default=0.0)
            for number, mean in enumerate(self._means):
                if mean == top and number not in weights and self._leader(number):
                    weights[number] = 1
            self._weights = dict(sorted(weights.items()))
        return self._weights

    def _leader(self, number: int) -> bool:
        """Whether no other of the best means dominates it: two sums can round to one, so equal means may hide that."""
        mean = self._means[number]
        return not any(self._means[other] == mean and self._beats(other, number) for other in range(len(self._rows)))

    def _row(self, scores: Sequence[float]) -> "array[float]":
        row = array("d", scores)
        if not self._rows:
            self._top = array("d", row)
        elif len(row) != len(self._top):
            raise ValueError(f"a candidate has {len(row)} scores, those before it have {len(self._top)}")
        return row

    def _raise(self, number: int) -> None:
        """Let a row lift the tops, and note where it reaches them."""
        row, top = self._rows[number], self._top
        higher = _marks(map(gt, row, top))
        if higher:
            for column in _columns(higher, len(top)):
                top[column] = row[column]
            self._wins = [wins & ~higher for wins in self._wins]
        self._wins[number] = _marks(map(eq, row, top))

    def _lower(self, left: int) -> list[int]:
        """Let the tops fall where nobody reaches them any more; returns who wins somewhere, and nowhere before."""
        for wins in self._wins:
            left &= ~wins
        idle = [number for number, wins in enumerate(self._wins) if not wins]
        for column in _columns(left, len(self._top)):
            self._top[column] = top = max(row[column] for row in self._rows)
            bit = 1 << (len(self._top) - 1 - column)
            for number, row in enumerate(self._rows):
                if row[column] == top:
                    self._wins[number] |= bit
        return [number for number in idle if self._wins[number]]

    def _compare(self, number: int) -> None:
        """Find out who dominates a row that is new, and whom it dominates."""
        twin = next((other for other in range(len(self._rows)) if self._twins(number, other)), None)
        if twin is not None:
            self._above[number] = self._above[twin]
            return
        self._above[number] = self._dominator(number) if self._wins[number] else None
        for other, above in enumerate(self._above):
            if above is None and self._wins[other] and self._beats(number, other):
                self._above[other] = number

    def _dominator(self, number: int) -> int | None:
        return next((other for other in range(len(self._rows)) if self._beats(other, number)), None)

    def _twins(self, one: int, other: int) -> bool:
        if one == other or self._wins[one] != self._wins[other]:
            return False
        return memoryview(self._rows[one]) == memoryview(self._rows[other])

    def _beats(self, one: int, other: int) -> bool:
        """Whether `one` dominates `other`; the last line is the only slow one."""
        mine, theirs = self._wins[one], self._wins[other]
        if mine & theirs != theirs:
            return False
        if one == other or self._twins(one, other):
            return False
        return not any(map(lt, self._rows[one], self._rows[other]))


def _mean(row: "array[float]") -> float:
    return fsum(row) / len(row)  # exact before it is rounded once, so the order of columns plays no part


def _marks(flags: Iterable[bool]) -> int:
    """An integer with one bit a flag, the last flag lowest."""
    return int(bytes(flags).translate(_DIGITS), 2)


def _columns(marks: int, width: int) -> Iterator[int]:
    """The columns whose bit is set."""
    digits = format(marks, f"0{width}b")
    column = digits.find("1")
    while column >= 0:
        yield column
        column = digits.find("1", column + 1)
