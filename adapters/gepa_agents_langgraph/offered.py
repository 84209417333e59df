"""Swaps descriptions of tools and arguments in what is offered to a model, in the shapes of OpenAI, Anthropic, Gemini.

The user's dictionaries are never changed: what differs is copied.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gepa_agents.words.component import Component

SCHEMAS = ("parameters", "input_schema", "parametersJsonSchema", "parameters_json_schema")
"""Where the shapes keep the JSON schema of a tool's arguments."""
DECLARATIONS = ("function_declarations", "functionDeclarations")


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
        """The tools with the new descriptions; what is no dictionary passes as it is."""
        return [self._tool(tool) if isinstance(tool, Mapping) else tool for tool in tools]

    def _tool(self, tool: Mapping[str, Any]) -> Mapping[str, Any]:
        for key in DECLARATIONS:
            if key in tool:
                return {**tool, key: self.applied(tool[key])}
        function = tool.get("function")
        if isinstance(function, Mapping):
            return {**tool, "function": self._function(function)}
        return self._function(tool)

    def _function(self, function: Mapping[str, Any]) -> Mapping[str, Any]:
        name = str(function.get("name") or "")
        if not any(tool == name for tool, _ in self._known):
            return function
        new = {**function, **self._description(function, name, None)}
        for key in SCHEMAS:
            schema = new.get(key)
            if isinstance(schema, Mapping) and isinstance(schema.get("properties"), Mapping):
                arguments = {
                    argument: {**said, **self._description(said, name, argument)} if isinstance(said, Mapping) else said
                    for argument, said in schema["properties"].items()
                }
                new[key] = {**schema, "properties": arguments}
        return new

    def _description(self, holder: Mapping[str, Any], tool: str, argument: str | None) -> dict[str, str]:
        """The new description, as an entry for its holder; nothing when it stays as it is."""
        known = self._known.get((tool, argument), [])
        said = str(holder.get("description") or "")
        for component in known:
            if component.text == said:
                new = self._texts.get(component.name)
                return {} if new is None else {"description": new}
        due = [component for component in known if component.name in self._texts]
        if due and said not in (self._texts[component.name] for component in due):
            self.missed.append((due[0], said))
        return {}
