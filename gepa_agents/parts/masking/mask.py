"""Replaces what detectors find, in texts and in plain data; the same value gets the same placeholder within a rollout.

Numbers are given in the order in which values first appear, the task's input first, so that a masked task fits its
masked rollouts. A value that stands in the agent's own texts is the author's to publish, and is left alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from gepa_agents.parts.masking.personal import Accounts, Cards, Emails, Phones
from gepa_agents.parts.masking.secrets import KIND, Environment, Secrets, names_secret
from gepa_agents.ports.masking import Detector, Found
from gepa_agents.words.frozen import JsonValue

Kind = Literal["secrets", "emails", "phones", "cards", "ibans"]
LEAST = 10**12
"""Numbers from here on are looked at, too: a card's number may be one."""


def detectors(kinds: Iterable[Kind], variables: Mapping[str, str]) -> list[Detector]:
    """The detectors of those kinds; `variables` is the environment, whose secrets are found as well."""
    made: dict[Kind, list[Detector]] = {
        "secrets": [Environment(variables), Secrets()],
        "emails": [Emails()],
        "phones": [Phones()],
        "cards": [Cards()],
        "ibans": [Accounts()],
    }
    return [detector for kind in kinds for detector in made[kind]]


class Masked:
    """What one rollout's values are called; texts of the same rollout are masked by the same one, in a fixed order."""

    def __init__(self, detectors: Sequence[Detector], own: Sequence[str] = (), by_key: bool = True) -> None:
        """`own` are the agent's own texts. `by_key` also masks what an object's key names a secret."""
        self._detectors, self._own, self._by_key = detectors, own, by_key
        self._names: dict[tuple[str, str], str] = {}
        self._texts: dict[str, str] = {}

    @property
    def placeholders(self) -> frozenset[str]:
        """What stands for the values so far, as `[email 1]`."""
        return frozenset(self._names.values())

    def text(self, text: str) -> str:
        """The text with a placeholder for each value that was found."""
        known = self._texts.get(text)
        if known is None:
            known = self._texts[text] = "".join(self._pieces(text))
        return known

    def data(self, value: JsonValue, key: str = "") -> JsonValue:
        """Plain data, masked: it stays JSON, and stays the same object when there was nothing to mask."""
        match value:
            case str():
                named = self._by_key and len(value) > 3 and names_secret(key)
                return self._name(KIND, value) if named and not self._is_own(value) else self.text(value)
            case bool() | None | float():
                return value
            case int():
                masked = self.text(str(value)) if abs(value) >= LEAST else ""
                return masked if masked.startswith("[") else value
            case list():
                return [self.data(part, key) for part in value]
            case dict():
                return {self.text(name): self.data(part, name) for name, part in value.items()}

    def _pieces(self, text: str) -> Iterator[str]:
        end = 0
        for _, found in sorted(self._found(text), key=lambda one: (one[1].start, one[0], -one[1].end)):
            value = text[found.start : found.end]
            if found.start >= end and value and not self._is_own(value):
                yield text[end : found.start]
                yield self._name(found.kind, value)
                end = found.end
        yield text[end:]

    def _found(self, text: str) -> Iterator[tuple[int, Found]]:
        for rank, detector in enumerate(self._detectors):
            yield from ((rank, found) for found in detector.find(text))

    def _is_own(self, value: str) -> bool:
        return any(value in text for text in self._own)

    def _name(self, kind: str, value: str) -> str:
        key = kind, _same(kind, value)
        if key not in self._names:
            named = kind.startswith(f"{KIND} ")  # an environment variable's name says it better than a number
            number = sum(one == kind for one, _ in self._names) + 1
            self._names[key] = f"[{kind}]" if named else f"[{kind} {number}]"
        return self._names[key]


def _same(kind: str, value: str) -> str:
    """What is the same for each way of writing a value, in the kinds that people write in several."""
    match kind:
        case "email":
            return value.casefold()
        case "phone" | "card" | "iban":
            return "".join(filter(str.isalnum, value))
        case _:
            return value
