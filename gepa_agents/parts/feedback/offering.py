"""A tool as it was offered to the models of some rollouts."""

from collections.abc import Sequence

from gepa_agents.parts.feedback import quoting
from gepa_agents.parts.feedback.case import Case
from gepa_agents.words.component import Component
from gepa_agents.words.fence import fenced

LONGEST = 2000
"""Characters of a schema that are shown."""


def offered(component: Component, cases: Sequence[Case]) -> str:
    """How models saw the component's tool, from the first rollout that offered it; empty for a prompt."""
    if component.tool is None:
        return ""
    for case in cases:
        for step in case.rollout.trajectory.models():
            for tool in step.tools:
                if tool.name == component.tool:
                    schema = quoting.short(quoting.text(tool.parameters), LONGEST)
                    return f"The arguments of {quoting.name(tool.name)} are declared as:\n{fenced(schema)}"
    return ""
