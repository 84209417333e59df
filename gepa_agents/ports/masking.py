"""The port to who knows what must not be kept: finds secrets and personal data in a text."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol


class Found(NamedTuple):
    """A place in a text that must not be kept."""

    start: int
    end: int
    """Index after its last character."""
    kind: str
    """What it is, in a word or two: of kind `email` the first becomes `[email 1]`."""


class Detector(Protocol):
    """Finds what must not be kept. The same text must give the same places, or resumed runs differ."""

    def find(self, text: str) -> Iterable[Found]:
        """The places in `text`, in any order; of places that overlap the first counts, or else the longest."""
        ...
