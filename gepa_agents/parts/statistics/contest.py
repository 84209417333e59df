"""Which of a pool's candidates could be the best, and which is, as scores come in. Knows numbers only.

Fresh rollouts are spent by sequential halving (Karnin, Koren and Somekh 2013): the contenders are run on the same few
tasks, the better half goes on, and what is left goes to fewer. A contender that is clearly behind leaves earlier.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import ceil, log2

from gepa_agents.parts.statistics.chance import better
from gepa_agents.parts.statistics.shrinkage import Row, estimates

MOST = 4
"""Contenders at first. With 3 or 8, or without halving, the same rollouts found the best less often."""
CHANCE = 0.2
"""Who beats the leader with a smaller chance is out. From 0.05 to 0.2 the choice is as good; 0.2 spends least."""


@dataclass(frozen=True)
class Scoreboard:
    """What every candidate of the pool scored so far, a row each; a row's first `count` tasks are those of val."""

    rows: Sequence[Row]
    count: int

    def ranked(self) -> list[int]:
        """Candidates, the best expected mean first; the earlier of equals, so that the baseline wins a tie.

        Where all differences may be chance, all expect the same: then the means decide.
        """
        found = [(round(one.expected, 9), round(one.mean, 9)) for one in estimates(self.rows, count=self.count)]
        return sorted(range(len(self.rows)), key=lambda i: (-found[i][0], -found[i][1], i))

    def contenders(self, among: Collection[int] | None = None, most: int = MOST) -> list[int]:
        """The leader (of those `among` which it is sought, or of all), and those that could be better, the best first.

        Judged by tasks that both were run on. A candidate that scores like the leader on all of val is no contender.
        At most so many.
        """
        leader, *others = [i for i in self.ranked() if among is None or i in among]
        return [leader, *(i for i in others if self._could_beat(i, leader))][:most]

    def _could_beat(self, one: int, leader: int) -> bool:
        pairs = zip(self.rows[leader], self.rows[one], strict=True)
        differences = [b - a for a, b in pairs if a is not None and b is not None]
        same = not any(differences) and len(differences) >= self.count
        return not same and better(differences) >= CHANCE


def halved(alive: int) -> int:
    """How many of so many contenders go on after a round."""
    return ceil(alive / 2)


def share(alive: int, rollouts: int) -> int:
    """How many of the rollouts that are left the coming round may take."""
    return rollouts // ceil(log2(alive)) if alive > 1 else 0
