"""Recorded calls, found by what was asked: the answer to the n-th time that the same is asked in the same place.

In the run that was recorded each call finds its own answer, in whatever order parallel branches ask. Elsewhere (another
candidate, another step) the closest run answers; which one that is depends on names only, never on timing.
"""

import threading
from dataclasses import dataclass, field
from typing import Literal

from gepa_agents.parts.calls.entries import Entry
from gepa_agents.words.call import Run

Place = tuple[Run, str]
"""A run, and a place in it."""
Reach = Literal["run", "task", "any"]
"""Whose calls may answer: those of the same run, of runs on the same task, or of all."""


@dataclass
class Group:
    """The same call, in one place of one run, as often as it was made there."""

    fresh: bool
    """Recorded by this process: it answers its own run only, or else what is found would depend on timing."""
    entries: dict[int, Entry] = field(default_factory=dict[int, Entry])

    def answer(self, n: int) -> Entry | None:
        """The answer to the n-th call. What was always answered the same is so for ever; else the last is the last."""
        if n in self.entries:
            return self.entries[n]
        answers = {repr((entry.answer, entry.error)) for entry in self.entries.values()}
        return next(iter(self.entries.values())) if len(answers) == 1 else None


class Shelf:
    """All calls of a recording. Safe to use from several threads."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[Place, Group]] = {}
        self._lines: dict[tuple[object, ...], int] = {}
        self._lock = threading.Lock()

    def add(self, entry: Entry, number: int) -> None:
        """Put an entry in; `number` is its line, 0 for one that was recorded just now."""
        with self._lock:
            places = self._groups.setdefault(entry.key, {})
            group = places.setdefault((entry.run, entry.at), Group(fresh=not number))
            group.entries[entry.n] = entry
            self._lines[entry.identity] = number

    def entries(self) -> list[Entry]:
        """All of them."""
        with self._lock:
            groups = [group for places in self._groups.values() for group in places.values()]
            return [entry for group in groups for entry in group.entries.values()]

    def line(self, entry: Entry) -> int:
        """Where an entry stands in the file; 0 when that is not known."""
        return self._lines.get(entry.identity, 0)

    def find(self, key: str, place: Place, n: int, reach: Reach) -> Entry | None:
        """The answer when `key` is asked for the n-th time (from 0) in `place`."""
        with self._lock:
            group = self._closest(key, place, reach)
            return None if group is None else group.answer(n)

    def times(self, key: str, place: Place, reach: Reach) -> int:
        """How often the call was recorded there."""
        with self._lock:
            group = self._closest(key, place, reach)
            return 0 if group is None else len(group.entries)

    def _closest(self, key: str, place: Place, reach: Reach) -> Group | None:
        groups = self._groups.get(key, {})
        if place in groups:
            return groups[place]
        run, at = place
        allowed = [other for other, group in groups.items() if _reached(other[0], group, run, reach)]
        return groups[min(allowed, key=lambda other: (_distance(other, run, at), other))] if allowed else None


def _reached(other: Run, group: Group, run: Run, reach: Reach) -> bool:
    if other == run:
        return True
    return not group.fresh and (reach == "any" or (reach == "task" and other.task == run.task))


def _distance(other: Place, run: Run, at: str) -> tuple[bool, ...]:
    theirs, where = other
    node = at.partition("@")[0] == where.partition("@")[0]
    return theirs != run, theirs.task != run.task, theirs.candidate != run.candidate, where != at, not node
