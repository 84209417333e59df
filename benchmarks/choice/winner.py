"""Which candidate to return, and what to expect of it: plain argmax against shrunken means and a re-check.

On a recorded matrix the tasks are split at random: val, on which all candidates are known; fresh tasks, on which only
contenders are run; and tasks that judge. In a simulated pool the truth is known.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean

from benchmarks.choice.matrices import Matrix
from gepa_agents.parts.statistics.contest import MOST, Scoreboard, halved, share
from gepa_agents.parts.statistics.shrinkage import estimates

SHARES = (0.4, 0.8)
"""Where val ends and where the fresh tasks end; the rest judges."""
ALLOWANCES = (0.0, 0.5, 1.0, 2.0)
"""Rollouts for the re-check, in val passes; 0 is the argmax on val."""

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Case:
    """A pool whose best is to be found."""

    val: Sequence[Sequence[float]]
    fresh: Sequence[Sequence[float]]
    """Scores on further tasks, of which only those asked for may be looked at."""
    truth: Sequence[float]
    """What each candidate is worth: its mean on the judging tasks, or its true mean."""


def split(matrix: Matrix, random: Random) -> Case:
    """A recorded run, its tasks split anew."""
    order = random.sample(range(matrix.tasks), matrix.tasks)
    first, second = (round(matrix.tasks * share) for share in SHARES)
    judge = matrix.columns(order[second:])
    return Case(matrix.columns(order[:first]), matrix.columns(order[first:second]), [fmean(row) for row in judge])


def recheck(case: Case, rollouts: int, most: int = MOST) -> tuple[int, int, float]:
    """The choice, as `gepa_agents.loop.recheck` makes it: who is chosen, the rollouts it took, what is expected."""
    count, left = len(case.val[0]), rollouts
    rows: list[list[float | None]] = [list(row) for row in case.val]
    alive = Scoreboard(rows, count).contenders(most=most)
    while len(alive) > 1:
        used = len(rows[0]) - count
        size = min(share(len(alive), left) // len(alive), len(case.fresh[0]) - used)
        if size < 1:
            break
        for number, row in enumerate(rows):
            row += case.fresh[number][used : used + size] if number in alive else [None] * size
        left -= size * len(alive)
        alive = Scoreboard(rows, count).contenders(alive, halved(len(alive)))
    return alive[0], rollouts - left, estimates(rows, count=count)[alive[0]].expected


def figures(case: Case) -> Figures:
    """Everything that is compared, for one case."""
    count = len(case.val[0])
    means = [fmean(row) for row in case.val]
    plain = max(range(len(means)), key=means.__getitem__)
    found = {
        "plain": case.truth[plain],
        "best": max(case.truth),
        "any": fmean(case.truth),
        "optimism of the mean": means[plain] - case.truth[plain],
    }
    for passes in ALLOWANCES:
        number, spent, expected = recheck(case, round(passes * count))
        found[f"re-check {passes:g}"] = case.truth[number]
        found[f"spent {passes:g}"] = spent / count
        found[f"optimism {passes:g}"] = expected - case.truth[number]
    return found


def average(cases: Iterator[Case]) -> Figures:
    """Means of all figures."""
    every = [figures(case) for case in cases]
    return {name: fmean(one[name] for one in every) for name in every[0]}
