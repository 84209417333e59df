"""What happened in one rollout, in no framework's terms: model calls, tool calls, nodes, in order of their start."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from gepa_agents.words.frozen import Frozen, JsonValue
from gepa_agents.words.usage import Usage


class ToolCall(Frozen):
    """A tool call that a model asked for."""

    id: str = ""
    """The provider's id of the call; empty when it gave none."""
    name: str
    arguments: JsonValue = None
    """An object when the model wrote valid JSON, else the text it wrote."""


class ToolDefinition(Frozen):
    """A tool as it was offered to a model."""

    name: str
    description: str = ""
    parameters: dict[str, JsonValue] = {}
    """JSON schema of the arguments."""


class Message(Frozen):
    """One message of a conversation with a model."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    call_id: str = ""
    """For a tool's answer: the call that it answers."""
    other: tuple[str, ...] = ()
    """What it held besides words, by kind (`image`, `audio`, …); `unrecorded` for words that the trace has not."""


class Template(Frozen):
    """A prompt template that the framework itself reported: exact, where others have to be inferred."""

    text: str
    """With its variables as `{name}`."""
    variables: tuple[str, ...] = ()
    role: Literal["system", "user"] = "system"
    name: str = ""
    """The name that the author gave it with `prompt(name, ...)`, if any."""


class _Step(Frozen):
    node: str
    """Path of the graph node it happened in, such as `researcher/model`; empty outside any node."""
    started: float
    """Seconds since the rollout began."""
    seconds: float
    error: str | None = None
    """What was raised, as `Type: message`; None when all went well."""


class ModelStep(_Step):
    """One call of a language model."""

    kind: Literal["model"] = "model"
    model: str = ""
    messages: tuple[Message, ...] = ()
    """What was sent, system messages included, in order, as the model really got it."""
    tools: tuple[ToolDefinition, ...] = ()
    """What was offered."""
    reply: Message | None = None
    """What came back, reasoning and tool calls included; None when the call failed."""
    finish_reason: str = ""
    usage: Usage = Usage()


class ToolStep(_Step):
    """One run of a tool."""

    kind: Literal["tool"] = "tool"
    tool: str
    call_id: str = ""
    arguments: JsonValue = None
    result: str | None = None
    """What the tool returned, as the model reads it; None when it raised."""


class NodeStep(_Step):
    """One visit of a graph node."""

    kind: Literal["node"] = "node"
    templates: tuple[Template, ...] = ()
    """Prompt templates that were filled in during this visit."""
    interrupted: bool = False
    """True when the node paused to ask a person; that is no error."""


Step = Annotated[ModelStep | ToolStep | NodeStep, Field(discriminator="kind")]


class Trajectory(Frozen):
    """All steps of one rollout, ordered by their start."""

    steps: tuple[Step, ...] = ()
    seconds: float = 0.0
    """Wall time of the whole rollout."""

    def models(self) -> Iterator[ModelStep]:
        """The model calls, in order."""
        return (step for step in self.steps if isinstance(step, ModelStep))

    def tools(self) -> Iterator[ToolStep]:
        """The tool runs, in order."""
        return (step for step in self.steps if isinstance(step, ToolStep))

    def nodes(self) -> Iterator[NodeStep]:
        """The node visits, in order."""
        return (step for step in self.steps if isinstance(step, NodeStep))

    @property
    def usage(self) -> Usage:
        """Tokens and money of all model calls."""
        return sum((step.usage for step in self.models()), Usage())
