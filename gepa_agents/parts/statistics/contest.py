"""Which of a pool's candidates could be the best, and which is, as scores come in. Knows numbers only.

Fresh tasks are spent by sequential halving (Karnin, Koren and Somekh 2013): the contenders are run on the same few tasks,
the better half goes on, and what is left of the tasks goes to fewer. A contender that is clearly behind leaves earlier.
"""

from collections.abc import Sequence
from math import ceil, log2

from gepa_agents.parts.statistics.chance import better
from gepa_agents.parts.statistics.shrinkage import Row, estimates

MOST = 4
"""Contenders at first. With 3 or 8, or without halving, the same rollouts found the best less often."""
CHANCE = 0.2
"""Who beats the leader with a smaller chance is out. From 0.05 to 0.2 the choice is as good; 0.2 spends least."""


def ranked(rows: Sequence[Row], count: int | None = None) -> list[int]:
    """Candidates, the best expected mean first; the earlier of equals, so that the baseline wins a tie.

    Where all differences may be chance, all expect the same: then the means decide.
    """
    found = [(round(one.expected, 9), round(one.mean, 9)) for one in estimates(rows, count=count)]
    return sorted(range(len(rows)), key=lambda i: (-found[i][0], -found[i][1], i))


def contenders(rows: Sequence[Row], most: int = MOST) -> list[int]:
    """The leader, and those that could be better on tasks that both were run on: at most so many, the best first.

    A candidate that scores like the leader on every task is none: no difference has ever shown.
    """
    leader, *others = ranked(rows)
    return [leader, *(i for i in others if _could_beat(rows[i], rows[leader]))][:most]


def halved(alive: int) -> int:
    """How many of so many contenders go on after a round."""
    return ceil(alive / 2)


def round_size(alive: int, rollouts: int) -> int:
    """On how many tasks to run each of so many contenders now, when so many rollouts are left for all rounds."""
    return 0 if alive < 2 else rollouts // ceil(log2(alive)) // alive


def _could_beat(row: Row, leader: Row) -> bool:
    differences = [b - a for a, b in zip(leader, row, strict=True) if a is not None and b is not None]
    return any(differences) and better(differences) >= CHANCE
