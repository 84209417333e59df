"""A call of something outside, as it is recorded and replayed: what was asked, where, and what came back."""

from typing import Literal, NamedTuple

from gepa_agents.words.frozen import Frozen, JsonValue

CallKind = Literal["model", "tool", "function", "prompt"]
"""A chat model of the agent, a tool, a function marked with `recorded`, or a prompt to a reflection or judge model."""

CallMode = Literal["record", "replay", "fill", "live"]
"""`record`: make the call and keep the answer. `replay`: take the answer from the recording, never make the call.
`fill`: take it from there, and make and keep the call where it is missing. `live`: make the call and keep nothing."""


class Run(NamedTuple):
    """Whose calls they are: one run of one candidate on one task. All empty for calls that belong to none."""

    candidate: str = ""
    task: str = ""
    repeat: int = 0


class Call(Frozen):
    """What is asked, by content: the same question is the same call, whoever asks it and when."""

    kind: CallKind
    name: str
    """Of the model, tool or function."""
    request: JsonValue
    """Everything that can change the answer, as plain data, without ids that differ in every run."""
    bound: bool = False
    """True when the answer depends on more than the request, such as state that was injected into a tool: then it is
    never taken from another task."""


class Raised(Frozen):
    """An exception that a call raised, in a form that a file can keep."""

    types: tuple[str, ...]
    """Its class and the classes above it, as `module:Name`."""
    message: str
    """Its `str`."""
    args: tuple[JsonValue, ...] = ()
    """Its `args`, when they are plain data."""
    state: dict[str, JsonValue] = {}
    """Those of its attributes that are plain data, such as `status_code`."""


class Outcome(Frozen):
    """What came back from a call."""

    value: JsonValue = None
    """The answer as plain data, in the form of whoever made the call; what came before an error, if it streamed."""
    error: Raised | None = None
    inside: bool = False
    """True when other calls were recorded within it: a tool that is an agent itself."""
