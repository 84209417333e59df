"""A prompt with slots: recognises the texts that it was filled into, and fills others in. Knows only texts."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from gepa_agents.words.component import Component

WORDS = re.compile(r"\w+")


@dataclass(frozen=True)
class Pattern:
    """Fixed parts with slots between them, as `{name}` in the text. Every other brace is literal."""

    text: str
    slots: tuple[str, ...] = ()

    @classmethod
    def of(cls, component: Component) -> "Pattern":
        """The pattern of the component's own text."""
        return cls(component.text, tuple(slot.name for slot in component.slots))

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The fixed parts, one more than there are slots; empty where two slots meet or one stands at an end."""
        return tuple(self._pieces[::2])

    @cached_property
    def weight(self) -> int:
        """How many characters are fixed: of two patterns that match, the heavier one says more."""
        return sum(map(len, self.parts))

    def match(self, text: str) -> Mapping[str, str] | None:
        """The slots' values when `text` came from this pattern, else None. Values are as short as possible."""
        first, *rest = self.parts
        if not rest:
            return {} if text == first else None
        last = rest.pop()
        if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
            return None
        values: list[str] = []
        at, end = len(first), len(text) - len(last)
        for part in rest:
            found = text.find(part, at, end)
            if found < 0:
                return None
            values.append(text[at:found])
            at = found + len(part)
        values.append(text[at:end])
        named: dict[str, str] = {}
        for name, value in zip(self._pieces[1::2], values, strict=True):
            if named.setdefault(name, value) != value:
                return None
        return named

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with its slots filled in, all at once: a value that looks like a slot stays as it is."""
        pieces = list(self._pieces)
        pieces[1::2] = [values.get(name, f"{{{name}}}") for name in pieces[1::2]]
        return "".join(pieces)

    def resembles(self, text: str) -> bool:
        """Whether most of the fixed words stand in `text`, in threes: it likely came from here, and changed."""
        return self.stands_in(threes(text))

    def stands_in(self, known: Collection[tuple[str, ...]]) -> bool:
        """Whether most of the fixed words, in threes, are among those known."""
        fixed = {three for part in self.parts for three in threes(part)}
        return sum(three in known for three in fixed) * 2 > len(fixed)

    @cached_property
    def _pieces(self) -> list[str]:
        if not self.slots:
            return [self.text]
        return re.split(r"\{(" + "|".join(map(re.escape, self.slots)) + r")\}", self.text)


def threes(text: str) -> set[tuple[str, ...]]:
    """The words of a text, three in a row at a time; all of them when there are fewer."""
    words = WORDS.findall(text)
    return {tuple(words[at : at + 3]) for at in range(max(len(words) - 2, 1))} if words else set()
