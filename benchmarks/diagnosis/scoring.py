"""Counts how often a check is right, with an interval for each share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

from benchmarks.diagnosis.trace import Trace

Z = 1.959964
"""Two-sided 95 %."""


@dataclass(frozen=True)
class Count:
    """What a check did on the traces that are labelled for it."""

    found: int = 0
    """Faults that it found."""
    missed: int = 0
    wrong: int = 0
    """Sound traces that it complained about."""
    silent: int = 0
    """Sound traces that it let pass."""

    @property
    def positives(self) -> int:
        """Traces that have the fault."""
        return self.found + self.missed

    @property
    def judged(self) -> int:
        """Traces that are labelled for the check."""
        return self.found + self.missed + self.wrong + self.silent

    @property
    def precision(self) -> str:
        """Share of its findings that are right, with the 95 % interval."""
        return share(self.found, self.found + self.wrong)

    @property
    def recall(self) -> str:
        """Share of the faults that it found, with the 95 % interval."""
        return share(self.found, self.positives)


def count(traces: Iterable[Trace], found: Mapping[str, frozenset[str]], check: str) -> Count:
    """The check against the labels; `found` names the checks that fired, by a trace's id."""
    tally = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    for trace in traces:
        if check in trace.labels:
            tally[trace.labels[check], check in found[trace.id]] += 1
    return Count(tally[True, True], tally[True, False], tally[False, True], tally[False, False])


def share(part: int, whole: int) -> str:
    """A share as `.93 [.81, .98]`: Wilson's interval (1927), which holds for small counts and for shares near one."""
    if whole == 0:
        return "–"
    low, high = wilson(part, whole)
    return f"{_short(part / whole)} [{_short(low)}, {_short(high)}]"


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    share, spread = part / whole, Z * Z / whole
    middle = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * sqrt(share * (1 - share) / whole + spread / (4 * whole))
    return max(0.0, middle - half), min(1.0, middle + half)


def _short(value: float) -> str:
    return f"{value:.2f}".removeprefix("0")
