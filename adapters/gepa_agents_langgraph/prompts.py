"""The known prompts of one node: which of them a text came from, and what it reads under a configuration.

Knows texts only, nothing of messages.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gepa_agents.words.component import Component
from gepa_agents_langgraph.patterns import Pattern


def author_part(text: str, appended: Sequence[str]) -> tuple[str, str]:
    """What of a prompt its author wrote, and what middleware appended to it; together they are the text."""
    for ending in appended:
        at = text.rstrip().rfind(ending.strip())
        if at >= 0 and at + len(ending.strip()) == len(text.rstrip()):
            own, further = author_part(text[:at].rstrip(), appended)
            return own, further + text[len(own) + len(further) :]
    return text, ""


@dataclass(frozen=True)
class Found:
    """The prompt that a text came from."""

    component: Component
    text: str
    """What the text reads under the configuration."""


class NodePrompts:
    """Recognises and rewrites the prompts of one node."""

    def __init__(self, components: Sequence[Component], texts: Mapping[str, str], appended: Sequence[str]) -> None:
        self._texts = texts
        self._appended = appended
        # The heavier pattern first: where two match, it says more.
        self._own = sorted(_patterns(components, {}), key=lambda pair: -pair[1].weight)
        self._tuned = list(_patterns([one for one in components if one.name in texts], texts))

    def find(self, text: str, role: str) -> Found | None:
        """The prompt that `text` came from, or None when it is none of the node's."""
        own, rest = author_part(text, self._appended)
        for component, pattern in self._own:
            values = pattern.match(own) if component.role == role else None
            if values is not None:
                new = None if component.registered else self._texts.get(component.name)
                return Found(component, text if new is None else Pattern(new, pattern.slots).fill(values) + rest)
        # A text that reads as tuned already: the author looked it up by name, or sends it a second time.
        for component, pattern in self._tuned:
            if component.role == role and pattern.match(own) is not None:
                return Found(component, text)
        return None

    def due(self, role: str) -> tuple[Component, ...]:
        """The overridden prompts of that role that are matched by their text."""
        return tuple(one for one, _ in self._tuned if one.role == role and not one.registered)


def _patterns(components: Sequence[Component], texts: Mapping[str, str]) -> Iterator[tuple[Component, Pattern]]:
    for component in components:
        slots = tuple(slot.name for slot in component.slots)
        yield component, Pattern(texts.get(component.name, component.text), slots)
