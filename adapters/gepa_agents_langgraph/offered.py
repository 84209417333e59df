"""Swaps descriptions of tools and arguments in what is offered to a model, whatever the provider's shape.

The user's dictionaries are never changed: what differs is copied.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gepa_agents.words.component import Component
from gepa_agents_langgraph.tool_shapes import SCHEMAS, Shape, arguments, mapped


class Descriptions:
    """The known descriptions in one node, and the new texts for some of them."""

    def __init__(self, components: Sequence[Component], texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._known: dict[tuple[str, str | None], list[Component]] = {}
        for component in components:
            self._known.setdefault((component.tool or "", component.argument), []).append(component)
        self.missed: list[tuple[Component, str]] = []
        """Overridden descriptions whose tool was offered with another one, and that one."""

    def applied(self, tools: Sequence[Any]) -> list[Any]:
        """The tools with the new descriptions; what is no tool that we know the shape of passes as it is."""
        return mapped(tools, self._function)

    def _function(self, function: Shape) -> Shape:
        name = str(function.get("name") or "")
        if not any(tool == name for tool, _ in self._known):
            return function
        new = dict(function)
        text = self._new(name, None, str(function.get("description") or ""))
        if text is not None:
            new["description"] = text
        for key in SCHEMAS:
            if isinstance(new.get(key), Mapping):
                new[key] = arguments(new[key], lambda path, said: self._new(name, path, said))
        return new

    def _new(self, tool: str, argument: str | None, said: str) -> str | None:
        """The new description; None when it stays as it is."""
        known = self._known.get((tool, argument), [])
        for component in known:
            if component.text == said:
                return self._texts.get(component.name)
        due = [component for component in known if component.name in self._texts]
        if due and said not in (self._texts[component.name] for component in due):
            self.missed.append((due[0], said))
        return None
