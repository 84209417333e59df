"""A candidate: which of the agent's texts are replaced by what. The empty candidate is the agent as it stands."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from gepa_agents.words.component import Component


@dataclass(frozen=True)
class Candidate:
    """An immutable map from component name to its new text; only what differs from the agent's own is in it."""

    texts: Mapping[str, str] = field(default_factory=dict[str, str])
    parents: tuple[str, ...] = ()
    """Ids of the candidates it came from: none for the baseline, one for a mutation, two for a merge."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", MappingProxyType(dict(sorted(self.texts.items()))))

    @cached_property
    def id(self) -> str:
        """Content hash of the texts (12 hex digits): the same texts have the same id, whatever their history."""
        canonical = json.dumps(dict(self.texts), ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]

    def text(self, component: Component) -> str:
        """The component's text under this candidate."""
        return self.texts.get(component.name, component.text)

    def with_text(self, component: Component, text: str) -> "Candidate":
        """A child of this candidate in which one component reads differently."""
        texts = {**self.texts, component.name: text}
        if text == component.text:
            del texts[component.name]
        return Candidate(texts, parents=(self.id,))
