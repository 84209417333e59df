"""What two texts share word for word, whatever its case, punctuation, line ends and invisible signs."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gepa_agents.parts.reflection.unseen import IGNORED, plain

_WORD = re.compile(rf"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+(?:{IGNORED.pattern}+[^\W_]+)*")
"""A sign of a script without spaces counts as a word."""

SIGNS = ".!?:;,>\"“”'(*#•-"
"""Signs behind which a sentence or a part of one may begin, for a set in a pattern: the last is a hyphen."""
_OPENING = re.compile(rf"[\n{SIGNS}]")


class Span(NamedTuple):
    """A row of words in a text."""

    start: int
    end: int
    """Of the characters, the end not included."""
    words: int


class Words:
    """A text as its words."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._found = [(plain(match[0]).casefold(), match.start(), match.end()) for match in _WORD.finditer(text)]

    @property
    def every(self) -> list[str]:
        """Each word, in order."""
        return [word for word, _, _ in self._found]

    @property
    def plain(self) -> str:
        """The words and nothing else."""
        return " ".join(word for word, _, _ in self._found)

    def between(self, first: int, last: int) -> str:
        """The text from one word to another, by their numbers from 0."""
        return self.text[self._found[first][1] : self._found[last][2]]

    def rows(self, length: int, *, opening: bool = False) -> Iterator[int]:
        """A fingerprint of each row of so many words, in order; or of those only that open a part of a sentence."""
        words = self.every
        every = range(len(words) - length + 1)
        return (hash(tuple(words[at : at + length])) for at in every if not opening or self._opens(at))

    def _opens(self, at: int) -> bool:
        return at == 0 or _OPENING.search(self.text, self._found[at - 1][2], self._found[at][1]) is not None

    def shared(self, known: "Rows", beyond: Iterable["Rows"] = ()) -> list[Span]:
        """The longest rows of at least `known.length` words that stand in `known`, and nowhere in `beyond`."""
        elsewhere = list(beyond)
        found: list[Span] = []
        first = last = -2
        for at, row in enumerate(self.rows(known.length)):
            if row not in known.seen or any(row in other.seen for other in elsewhere):
                continue
            if at != last + 1:
                found += self._span(first, last + known.length)
                first = at
            last = at
        return found + self._span(first, last + known.length)

    def _span(self, first: int, end: int) -> list[Span]:
        return [Span(self._found[first][1], self._found[end - 1][2], end - first)] if first >= 0 else []


class Rows:
    """The rows of a length that some texts hold."""

    def __init__(self, length: int, texts: Iterable[str]) -> None:
        self.length = length
        self.seen = frozenset(row for text in texts for row in Words(text).rows(length))
