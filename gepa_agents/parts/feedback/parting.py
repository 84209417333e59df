"""Which model calls of a trajectory a prompt took part in."""

import re

from gepa_agents.words.component import Component
from gepa_agents.words.trajectory import ModelStep, Trajectory


def took_part(component: Component, trajectory: Trajectory) -> list[tuple[int, ModelStep]]:
    """The model calls of the prompt's node, each with its position.

    When some of them carry the component's own text word for word, only those: its node may have other prompts.
    """
    nodes = {component.node} if component.node or not component.registered else set()
    if component.registered:
        nodes |= {
            step.node for step in trajectory.nodes() for template in step.templates if template.name == component.name
        }
    mine = [
        (position, step)
        for position, step in enumerate(trajectory.steps)
        if isinstance(step, ModelStep) and step.node in nodes
    ]
    carrying = [(position, step) for position, step in mine if _carries(component, step)]
    return carrying or mine


def _carries(component: Component, step: ModelStep) -> bool:
    parts = _fixed(component)
    return any(message.role == component.role and _starts_with(parts, message.text) for message in step.messages)


def _fixed(component: Component) -> list[str]:
    """The text between the slots."""
    names = [re.escape(f"{{{slot.name}}}") for slot in component.slots]
    return re.split("|".join(names), component.text) if names else [component.text]


def _starts_with(parts: list[str], text: str) -> bool:
    """Whether the text begins with the first part and holds the others after it, in order."""
    if not text.startswith(parts[0]):
        return False
    end = len(parts[0])
    for part in parts[1:]:
        found = text.find(part, end)
        if found < 0:
            return False
        end = found + len(part)
    return True
