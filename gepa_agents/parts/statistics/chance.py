"""How likely one candidate is truly better than another, from scores on the same tasks. Knows numbers only.

The plain normal approximation claims too much of a handful of tasks: three that agree have no spread at all. So two
made-up tasks are added, one that speaks for each side as loudly as any real one did (Agresti and Caffo 2000 do the same
for two proportions, doi 10.1080/00031305.2000.10474560). One task won out of three then gives 0.73, three out of three
0.95.
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
    scaled = [difference / loudest for difference in differences]
    n = len(scaled) + 2
    mean = sum(scaled) / n
    spread = (sum(one * one for one in scaled) + 2) / n - mean * mean
    return erfc(-mean / sqrt(2 * spread / n)) / 2
