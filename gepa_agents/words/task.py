"""One task: an input and what is expected of it."""

from typing import Literal

from pydantic import Field

from gepa_agents.words.frozen import Frozen, JsonValue

Split = Literal["train", "val", "test"]


class Task(Frozen):
    """One example that an agent is asked to do."""

    id: str = Field(min_length=1)
    """Unique in its suite."""
    input: JsonValue
    """What the agent is given: a graph state as an object, or a text for agents that talk in messages."""
    expected: JsonValue = None
    """What the metric needs to judge the outcome; the agent never sees it."""
    metadata: dict[str, JsonValue] = {}
    """Anything else; for instance `answers`, what a person replies when the graph interrupts."""
    split: Split | None = None
    """Where the task belongs; without it, its id decides."""
