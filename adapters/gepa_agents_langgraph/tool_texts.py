"""Finds the descriptions of tools and of their arguments in what was offered to models."""

from collections.abc import Iterable, Iterator

from gepa_agents.words.component import Component
from gepa_agents.words.trajectory import ModelStep, ToolDefinition
from gepa_agents_langgraph.tool_shapes import arguments

Key = tuple[str, str | None]
"""A tool's name, and an argument's path or None."""


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


def _texts(tool: ToolDefinition) -> list[tuple[str | None, str]]:
    """The tool's description, and those of its arguments by their paths."""
    found: list[tuple[str | None, str]] = [(None, tool.description)]

    def note(path: str, said: str) -> None:
        found.append((path, said))

    arguments(tool.parameters, note)
    return found
