"""How big a loss a paired comparison may have missed. Knows numbers only.

The interval of the difference says what chance may have hidden among differences that were seen. A handful of tasks
hides more: what happens to none of n tasks may still happen to a share of 1 - 0.025^(1/n) of all (the exact binomial
bound, Clopper and Pearson 1934; for 20 tasks 17 %, for 100 tasks 4 %). Such a task is taken to be lost outright.
"""

from collections.abc import Sequence

from gepa_agents.parts.statistics.intervals import TAIL, paired


def unseen_loss(before: Sequence[float], after: Sequence[float], *, seed: int = 0) -> float:
    """The mean loss, 0 or more, that these scores can't rule out; tasks in the same order in both.

    The larger of two: how far the 95 % interval of the difference reaches below zero, and the mean when the share of
    tasks of a kind that was not seen falls from the mean of `before` to the lowest score there is. Raises `ValueError`
    when there are no tasks.
    """
    spread = paired(before, after, seed=seed)
    share: float = 1 - TAIL ** (1 / len(before))
    fall = sum(before) / len(before) - min(0.0, *before, *after)
    return max(0.0, -spread.low, share * fall - (1 - share) * spread.mean)
