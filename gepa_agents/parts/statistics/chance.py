"""How likely one candidate is truly better than another, from scores on the same tasks. Knows numbers only.

Student's and the normal's answer both claim too much of a handful of tasks: three that agree have no spread at all. So
two made-up tasks are added, one that speaks for each side as loudly as any real one did (what Agresti and Caffo 2000 do
for two proportions, doi 10.2307/2685779). Three tasks won then give 0.86, ten won out of ten 0.996.
"""

from collections.abc import Sequence
from math import erfc, sqrt


def better(differences: Sequence[float]) -> float:
    """The chance, between 0 and 1, that the mean of which these paired differences are a sample is above zero.

    0.5 without a difference: nothing speaks for either side.
    """
    loudest = max((abs(difference) for difference in differences), default=0.0)
    if loudest == 0:
        return 0.5
    n = len(differences) + 2
    mean = sum(differences) / n
    spread = (sum(difference * difference for difference in differences) + 2 * loudest * loudest) / n - mean * mean
    return erfc(-mean / sqrt(2 * spread / n)) / 2
