"""Masks by names that follow from the value: the same value has the same name in every run, as `[email 3f9a1c]`.

So a text that was masked can still be compared with one that was not, which numbers in order of appearance would not
allow. It is a pseudonym, no anonymity: who guesses a value can check the guess.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from gepa_agents.parts.masking.mask import Masked
from gepa_agents.ports.masking import Detector
from gepa_agents.words.frozen import JsonValue

NAMED = re.compile(r"\[[^\[\]]{1,80} [0-9a-f]{6}\]")
KEPT = 10_000
"""Texts whose masked form is remembered: a conversation is sent again at each turn."""


class Pseudonyms:
    """Hides values, and shows those again that it has hidden itself. Safe to use from several threads."""

    def __init__(self, detectors: Sequence[Detector], by_key: bool = True) -> None:
        """`by_key` also hides what an object's key names a secret."""
        self._detectors, self._by_key = detectors, by_key
        self._values: dict[str, str] = {}
        self._text = lru_cache(KEPT)(self._hidden)

    def hide(self, value: JsonValue) -> JsonValue:
        """Plain data with a name for each value that was found; hidden data stays as it is."""
        if not self._detectors:
            return value
        return _Named(self._detectors, self._name, self._text, self._by_key).data(value)

    def show(self, value: JsonValue) -> JsonValue:
        """Plain data with the values back that are known here; other names stay."""
        match value:
            case str() if "[" in value:
                return NAMED.sub(lambda name: self._values.get(name[0], name[0]), value)
            case list():
                return [self.show(part) for part in value]
            case dict():
                return {key: self.show(part) for key, part in value.items()}
            case _:
                return value

    def _hidden(self, text: str) -> str:
        return _Named(self._detectors, self._name, None, self._by_key).text(text)

    def _name(self, kind: str, value: str) -> str:
        if NAMED.fullmatch(value):
            return value
        name = f"[{kind} {hashlib.sha256(f'{kind}:{value}'.encode()).hexdigest()[:6]}]"
        self._values[name] = value
        return name


class _Named(Masked):
    """Masks data under names that somebody else gives."""

    def __init__(
        self,
        detectors: Sequence[Detector],
        name: Callable[[str, str], str],
        text: Callable[[str], str] | None,
        by_key: bool,
    ) -> None:
        super().__init__(detectors, by_key=by_key)
        self._given, self._remembered = name, text

    def text(self, text: str) -> str:
        """The text with a name for each value."""
        return super().text(text) if self._remembered is None else self._remembered(text)

    def _name(self, kind: str, value: str) -> str:
        return self._given(kind, value)
