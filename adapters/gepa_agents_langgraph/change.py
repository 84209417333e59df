"""Whether a graph's own prompts still are those that a configuration was made for, as far as its code tells.

Only what stood in the code when the prompts were found can be missed there; other prompts are told when the graph runs.
"""

import difflib

from gepa_agents.words.component import Component
from gepa_agents.words.errors import GraphConfigError
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents_langgraph.patterns import Pattern
from gepa_agents_langgraph.structure import Structure

SHOWN = 80
"""Characters of a line that the sentence shows; the note has them all."""


def in_code(component: Component, structure: Structure) -> bool:
    """Whether each fixed part of a prompt stands, as it is, in the code of its node."""
    code = structure.code.get(component.node)
    parts = [part for part in Pattern.of(component).parts if part]
    return component.kind == "prompt" and code is not None and bool(parts) and code.texts.issuperset(parts)


def check(config: GraphConfig, structure: Structure, name: str) -> None:
    """Raise `GraphConfigError` for tuned texts whose own text the graph no longer has; its note is the difference."""
    for component in config.overridden():
        if component.in_code and component.node in structure.code and not in_code(component, structure):
            raise _refusal(component, structure, name)


def _refusal(component: Component, structure: Structure, name: str) -> GraphConfigError:
    texts = sorted(structure.code[component.node].texts)
    now = next(iter(difflib.get_close_matches(component.text, texts, n=1, cutoff=0.6)), "")
    old, new = component.text.splitlines(), now.splitlines()
    first = next((lines for lines in zip(old, new, strict=False) if lines[0] != lines[1]), (component.text, now))
    became = f"now it is {first[1][:SHOWN]!r}" if now else "now the node's code has no text like it"
    error = GraphConfigError(
        f"`{name}` has changed since the configuration was made, so that the tuned text has no place to go: "
        f"`{component.name}` was {first[0][:SHOWN]!r}, {became}; tune the agent as it is now, or give it its text back"
    )
    if now:
        error.add_note(difference(component.text, now))
    return error


def difference(own: str, now: str) -> str:
    """What an error notes: the text as it was when it was tuned, and as it is."""
    lines = difflib.unified_diff(own.splitlines(), now.splitlines(), "when it was tuned", "now", lineterm="")
    return "\n".join(lines)
