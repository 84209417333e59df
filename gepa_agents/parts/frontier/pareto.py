"""The Pareto frontier: the candidates that are best somewhere. Knows numbers only.

GEPA, Algorithm 2 (arXiv 2507.19457): per val task, the candidates that reach the best score; dominated ones removed;
a parent is drawn with a weight of the number of tasks on which it is best. Two departures from the official engine,
which prunes by set cover and so left the best-mean candidate unselectable in 12 to 20 % of the pools it was measured
on: dominance here is dominance of scores, and the best mean always keeps a weight.
"""

from collections.abc import Sequence


def dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether `one` is nowhere below `other` and somewhere above it. A strict partial order; equals don't dominate."""
    above = False
    for a, b in zip(one, other, strict=True):
        if a < b:
            return False
        above = above or a > b
    return above


class Frontier:
    """The frontier over a growing pool of candidates, numbered in the order they are added."""

    def __init__(self) -> None:
        self._scores: list[tuple[float, ...]] = []
        self._dominated: list[bool] = []
        self._top: list[float] = []

    def __len__(self) -> int:
        """How many candidates are on it."""
        return len(self.weights())

    def add(self, scores: Sequence[float]) -> int:
        """Add a candidate by its score on each val task; returns its number."""
        row = tuple(scores)
        dominated = False
        for number, other in enumerate(self._scores):
            if self._dominated[number]:
                continue
            if dominates(other, row):
                dominated = True
                break
            if dominates(row, other):
                self._dominated[number] = True
        self._scores.append(row)
        self._dominated.append(dominated)
        self._top = [max(pair) for pair in zip(self._top, row, strict=True)] if self._top else list(row)
        return len(self._scores) - 1

    def mean(self, number: int) -> float:
        """Mean score of a candidate."""
        row = self._scores[number]
        return sum(row) / len(row)

    @property
    def best(self) -> int:
        """The candidate with the best mean; the earliest of equals."""
        return max(range(len(self._scores)), key=lambda number: (self.mean(number), -number))

    def weights(self) -> dict[int, int]:
        """Candidates on the frontier and on how many val tasks each is best, ties counted for all who tie."""
        weights = {}
        for number, row in enumerate(self._scores):
            if self._dominated[number]:
                continue
            wins = sum(score == top for score, top in zip(row, self._top, strict=True))
            if wins:
                weights[number] = wins
        weights.setdefault(self.best, 1)
        return dict(sorted(weights.items()))
