"""Counts what a reading met: what was read, what was passed over, what had to be skipped and where."""

from collections import Counter
from dataclasses import dataclass, field

SHOWN = 100
"""Places of skipped lines, and names of instrumentations, that are kept; all are counted."""


@dataclass
class Tally:
    """What happened so far; filled while records are read."""

    files: int = 0
    lines: int = 0
    """Lines of JSON and messages of protobuf."""
    spans: int = 0
    remarks: int = 0
    """Scores, labels, comments and corrections."""
    homeless: int = 0
    """Of these, about a trace that was not there."""
    traces: int = 0
    empty: int = 0
    """Of these, without a model or tool call that is understood."""
    broken: int = 0
    """Spans and traces without a usable id, or that could not be understood."""
    doubled: int = 0
    """Spans that were sent again, or in two halves (start and end), and put together."""
    given_up: int = 0
    """Spans of attempts at our own rollouts that began anew."""
    cut: int = 0
    """Spans beyond the most that are kept of one trace."""
    steps: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    """By convention: how many spans became steps of which kind."""
    passed: Counter[str] = field(default_factory=Counter[str])
    """By convention, or by instrumentation for the unknown ones: spans that are no steps."""
    repeated: int = 0
    """Spans that tell of a call that another span tells of already."""
    skipped: int = 0
    places: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Where the first of the skipped lines stand, and why they were skipped."""

    def skip(self, where: str, why: str) -> None:
        """A line, message or file was skipped."""
        self.skipped += 1
        if len(self.places) < SHOWN:
            self.places.append((where, why))

    def step(self, convention: str, kind: str) -> None:
        """A span became a step."""
        self.steps.setdefault(convention, Counter())[kind] += 1

    def passing(self, name: str) -> None:
        """A span is no step; beyond so many names they are counted together."""
        self.passed[name if name in self.passed or len(self.passed) < SHOWN else "others"] += 1
