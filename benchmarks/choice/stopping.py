"""When can a val pass stop? A child's pass runs in blocks in a random order and ends when it is hopeless.

Real parents and children. A val set is drawn from the recorded tasks with replacement, so that the truth (the
difference on all recorded tasks) is not what the pass itself would have found.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from statistics import NormalDist, mean, stdev

from benchmarks.choice.matrices import Matrix
from gepa_agents.parts.frontier.admission import Racing
from gepa_agents.parts.statistics.chance import better

Hopeless = Callable[[Sequence[float], int], bool]
"""Given the paired differences to the parent so far, and the size of a whole pass: may it stop?"""


@dataclass(frozen=True)
class Outcome:
    """What a rule saved and lost over the passes of one run's children."""

    saved: float
    """Share of all val rollouts that were not made."""
    stopped: float
    """Share of the passes that were stopped."""
    better_lost: float
    """Share of the truly better children that were stopped."""
    loss: float
    """What a truly better child that was stopped would have gained, averaged over all better children."""
    worse_kept: float
    """Share of the truly worse children that were run to the end."""


def never(_seen: Sequence[float], _size: int) -> bool:
    """A whole pass each time."""
    return False


def unlikely(chance: float) -> Hopeless:
    """The chance that the child is truly better fell below `chance`."""

    def hopeless(seen: Sequence[float], _size: int) -> bool:
        return better(seen) < chance

    return hopeless


def normal(chance: float) -> Hopeless:
    """The same by the plain normal approximation."""
    bound = NormalDist().inv_cdf(chance)

    def hopeless(seen: Sequence[float], _size: int) -> bool:
        spread = stdev(seen)
        return seen[0] < 0 if spread == 0 else mean(seen) / spread * len(seen) ** 0.5 < bound

    return hopeless


def behind(points: float) -> Hopeless:
    """So far below its parent, whatever the noise."""

    def hopeless(seen: Sequence[float], _size: int) -> bool:
        return mean(seen) < -points

    return hopeless


def impossible(seen: Sequence[float], size: int) -> bool:
    """Even a gain of 1 on every other task can't reach the parent: what is certain without any statistics."""
    return sum(seen) + (size - len(seen)) < 0


def racing(seen: Sequence[float], size: int) -> bool:
    """The engine's rule, for a child that is first on no task. That it ends a pass for a gain, too, is left out."""
    return Racing().verdict(seen, False, size - len(seen)) is False


def rules() -> Iterator[tuple[str, Hopeless]]:
    """Every rule that is compared, by name."""
    yield "whole pass", never
    yield "mathematically out", impossible
    for points in (0.0, 0.1):
        yield f"behind by more than {points}", behind(points)
    for chance in (0.01, 0.05, 0.1, 0.2, 0.3):
        yield f"chance below {chance}", unlikely(chance)
    yield "as `Racing` does", racing
    for chance in (0.05, 0.1):
        yield f"normal, below {chance}", normal(chance)


def passes(matrix: Matrix, hopeless: Hopeless, block: int, draws: int, random: Random) -> Outcome:
    """The passes of a run's children, `draws` val sets for each."""
    made = stopped = total = better_lost = loss = better_all = worse_kept = worse_all = 0.0
    for parent, child in matrix.pairs():
        differences = [b - a for a, b in zip(parent, child, strict=True)]
        truth = mean(differences)
        for _ in range(draws):
            sample = random.choices(differences, k=matrix.tasks)
            done, ended = _run(sample, hopeless, block)
            total += 1
            made += done / matrix.tasks
            stopped += ended
            if truth > 0:
                better_all += 1
                better_lost += ended
                loss += truth * ended
            elif truth < 0:
                worse_all += 1
                worse_kept += not ended
    return Outcome(
        saved=1 - made / total,
        stopped=stopped / total,
        better_lost=better_lost / better_all,
        loss=loss / better_all,
        worse_kept=worse_kept / worse_all,
    )


def _run(sample: Sequence[float], hopeless: Hopeless, block: int) -> tuple[int, bool]:
    """Tasks that were run, and whether it was stopped before the last."""
    for end in range(block, len(sample), block):
        if hopeless(sample[:end], len(sample)):
            return end, True
    return len(sample), False
