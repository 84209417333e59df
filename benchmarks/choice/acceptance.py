"""When is a child good enough for a val pass? Error rates of acceptance rules on pairs of recorded candidates.

A pair's true difference is taken to be that of its full rows; a minibatch is drawn from their tasks with replacement.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random
from statistics import NormalDist, mean, stdev

from benchmarks.choice.matrices import Matrix
from gepa_agents.parts.statistics.chance import better

APART = 0.03
"""A child is called better or worse from this difference of the means on, else equal."""
VAL = 50
"""Rollouts of a val pass, for what a better child costs."""

Draw = Callable[[int], float]
Rule = Callable[[Draw], tuple[bool, int]]
"""Given the paired difference on the n-th task of a minibatch: accepted, and how many tasks were looked at."""


@dataclass(frozen=True)
class Rates:
    """How a rule treats children that are better, equal and worse."""

    accepted: dict[str, float]
    tasks: dict[str, float]

    @property
    def price(self) -> float:
        """Rollouts for a better child in the pool, when proposals are better, equal and worse in equal parts.

        Parent and child are both run on the minibatch, and every accepted child on val.
        """
        spent = sum(2 * self.tasks[kind] + self.accepted[kind] * VAL for kind in self.accepted)
        return spent / self.accepted["better"]


def fixed(size: int, test: Callable[[Sequence[float]], bool]) -> Rule:
    """Look at so many tasks, then decide."""

    def rule(draw: Draw) -> tuple[bool, int]:
        return test([draw(n) for n in range(size)]), size

    return rule


def sequential(first: int, step: int, most: int, accept: float, reject: float) -> Rule:
    """Look at more tasks while the chance that the child is better lies between `reject` and `accept`.

    In doubt to the end, the sum decides.
    """

    def rule(draw: Draw) -> tuple[bool, int]:
        seen = [draw(n) for n in range(first)]
        while reject < better(seen) < accept and len(seen) < most:
            seen += [draw(n) for n in range(len(seen), min(len(seen) + step, most))]
        chance = better(seen)
        return (chance >= accept) or (chance > reject and sum(seen) > 0), len(seen)

    return rule


def confirmed(first: int, most: int) -> Rule:
    """The strict sum on a few tasks, and who passes must pass again on more."""

    def rule(draw: Draw) -> tuple[bool, int]:
        seen = [draw(n) for n in range(first)]
        if sum(seen) <= 0:
            return False, first
        seen += [draw(n) for n in range(first, most)]
        return sum(seen) > 0, most

    return rule


def student(chance: float) -> Callable[[Sequence[float]], bool]:
    """A paired t statistic above the normal's quantile; equal differences count as certain."""
    bound = NormalDist().inv_cdf(chance)

    def test(seen: Sequence[float]) -> bool:
        spread = stdev(seen)
        if spread == 0:
            return seen[0] > 0
        return mean(seen) / spread * sqrt(len(seen)) > bound

    return test


def bootstrap(chance: float) -> Callable[[Sequence[float]], bool]:
    """The share of resampled sums above zero."""
    random = Random(0)

    def test(seen: Sequence[float]) -> bool:
        return sum(sum(random.choices(seen, k=len(seen))) > 0 for _ in range(60)) > chance * 60

    return test


def wins(seen: Sequence[float]) -> bool:
    """The sign test at its weakest: more tasks won than lost."""
    return sum(one > 1e-9 for one in seen) > sum(one < -1e-9 for one in seen)


def rules() -> Iterator[tuple[str, Rule]]:
    """Every rule that is compared, by name."""
    for size in (3, 6, 10):
        yield f"strict sum, {size} tasks", fixed(size, lambda seen: sum(seen) > 1e-9)
        yield f"sum or equal, {size}", fixed(size, lambda seen: sum(seen) > -1e-9)
        yield f"more wins than losses, {size}", fixed(size, wins)
        for level in (0.8, 0.9):
            yield f"chance over {level}, {size}", fixed(size, lambda seen, level=level: better(seen) > level)  # type: ignore[misc]
            yield f"paired t over {level}, {size}", fixed(size, student(level))
        yield f"bootstrap over 0.8, {size}", fixed(size, bootstrap(0.8))
    for most in (6, 10):
        yield f"strict sum on 3, again on {most}", confirmed(3, most)
    for most in (9, 15, 24):
        for accept, reject in ((0.8, 0.3), (0.9, 0.3), (0.9, 0.5), (0.8, 0.5), (0.95, 0.4)):
            yield f"3, then more up to {most}: in at {accept}, out at {reject}", sequential(3, 3, most, accept, reject)


def kind(difference: float) -> str:
    """better, equal or worse."""
    return "better" if difference >= APART else "worse" if difference <= -APART else "equal"


def rates(matrices: Sequence[Matrix], rule: Rule, draws: int, seed: int) -> Rates:
    """How the rule fares over all ordered pairs of each run, every run weighing the same."""
    random = Random(seed)
    accepted: dict[str, list[float]] = {"better": [], "equal": [], "worse": []}
    tasks: dict[str, list[float]] = {"better": [], "equal": [], "worse": []}
    for matrix in matrices:
        of_run: dict[str, list[tuple[bool, int]]] = {"better": [], "equal": [], "worse": []}
        for parent in matrix.rows:
            for child in matrix.rows:
                if parent is child:
                    continue
                differences = [b - a for a, b in zip(parent, child, strict=True)]
                outcomes = of_run[kind(mean(differences))]
                outcomes += [rule(lambda _n: random.choice(differences)) for _ in range(draws)]  # noqa: B023
        for name, outcomes in of_run.items():
            if outcomes:
                accepted[name].append(mean(yes for yes, _ in outcomes))
                tasks[name].append(mean(count for _, count in outcomes))
    return Rates({name: mean(found) for name, found in accepted.items()}, {n: mean(f) for n, f in tasks.items()})
