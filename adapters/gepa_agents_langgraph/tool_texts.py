"""Finds the descriptions of tools and of their arguments in what was offered to models."""

from collections.abc import Iterable, Iterator

from gepa_agents.words.component import Component
from gepa_agents.words.trajectory import ModelStep, ToolDefinition

Key = tuple[str, str | None]
"""A tool's name, and an argument's or None."""


def components(steps: Iterable[ModelStep], left_out: frozenset[str]) -> Iterator[Component]:
    """One component for each description; one that several nodes offer is one component without a node.

    A tool that reads differently elsewhere gives a further component, named with `#2`. Empty descriptions are none.
    """
    found: dict[Key, dict[str, set[str]]] = {}
    for step in steps:
        for tool in step.tools:
            if tool.name not in left_out:
                for argument, text in _texts(tool):
                    if text.strip():
                        found.setdefault((tool.name, argument), {}).setdefault(text, set()).add(step.node)
    for (name, argument), texts in sorted(found.items(), key=lambda item: (item[0][0], item[0][1] or "")):
        stem = f"tools.{name}.description" if argument is None else f"tools.{name}.args.{argument}"
        for number, (text, nodes) in enumerate(sorted(texts.items(), key=lambda item: (sorted(item[1]), item[0])), 1):
            yield Component(
                name=stem if number == 1 else f"{stem}#{number}",
                kind="tool_description" if argument is None else "argument_description",
                text=text,
                node=next(iter(nodes)) if len(nodes) == 1 else "",
                tool=name,
                argument=argument,
            )


def _texts(tool: ToolDefinition) -> Iterator[tuple[str | None, str]]:
    yield None, tool.description
    properties = tool.parameters.get("properties")
    for argument, schema in properties.items() if isinstance(properties, dict) else ():
        if isinstance(schema, dict) and isinstance(schema.get("description"), str):
            yield argument, str(schema["description"])
