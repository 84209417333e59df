"""What of an agent can be tuned: its components, found in traces, and what could not be reached.

Knows nothing of the framework that the agent is written in.
"""

from typing import Literal

from gepa_agents.words.frozen import Frozen

Kind = Literal["prompt", "tool_description", "argument_description"]


class Slot(Frozen):
    """A part of a prompt that is filled in at run time, such as `{city}`; every proposal must keep it."""

    name: str
    """As it stands in the component's text, without the braces."""


class Component(Frozen):
    """One tunable text of an agent."""

    name: str
    """Unique in the agent: `planner.system`, `researcher/model.system`, `tools.search.description`,
    `tools.search.args.query`. A node's second prompt is `planner.system#2`."""
    kind: Kind
    text: str
    """The text as the agent has it today. Declared slots stand as `{name}`; any other brace is literal."""
    node: str = ""
    """Path of the node that uses it (`researcher/model`); empty for a tool that several nodes share."""
    role: Literal["system", "user"] = "system"
    """Role of the message that carries a prompt."""
    tool: str | None = None
    """Name of the tool, for descriptions."""
    argument: str | None = None
    """Name of the tool's argument, for argument descriptions."""
    slots: tuple[Slot, ...] = ()
    registered: bool = False
    """True for a text that the author named with `prompt(...)`; it is looked up by name instead of matched."""
    in_code: bool = False
    """True when its fixed parts stand, each as it is, in the code of its node; if they no longer do, the agent's own
    text has changed since."""

    def answers_to(self, name: str) -> bool:
        """Whether a name means this text: its own, its node's, or that of a node around its node."""
        return name == self.name or (bool(name) and f"{self.node}/".startswith(f"{name}/"))


class Unreachable(Frozen):
    """A text that can't be tuned, and why; shown to the user, never skipped in silence."""

    node: str
    """Path of the node that holds it."""
    reason: str
    """Why it can't be reached, in one sentence."""
    remedy: str
    """What the user can do about it, in one sentence."""


class Anatomy(Frozen):
    """An agent as the optimizer sees it: its nodes, its tunable texts, and what stays out of reach."""

    nodes: tuple[str, ...] = ()
    """Paths of all nodes, those without a model included."""
    edges: tuple[tuple[str, str], ...] = ()
    """Pairs of node paths, from and to, as far as the framework tells."""
    components: tuple[Component, ...] = ()
    unreachable: tuple[Unreachable, ...] = ()

    def component(self, name: str) -> Component:
        """The component of that name; `KeyError` when there is none."""
        for component in self.components:
            if component.name == name:
                return component
        raise KeyError(name)
