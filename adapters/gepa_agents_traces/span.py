"""What every file format is read into: spans as they were exported, and remarks that somebody made about them.

Attributes keep the names of whoever wrote them; what they mean is for `conventions` to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gepa_agents.words.frozen import JsonValue
from gepa_agents_traces.plain import bounded

Attributes = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Span:
    """One span."""

    trace: str
    """Id of its trace, as hex digits or a UUID."""
    id: str
    parent: str
    """Id of the span around it; empty for the root."""
    name: str
    scope: str
    """The instrumentation that made it."""
    start: int
    """Nanoseconds of the Unix epoch; 0 where not known."""
    end: int
    failed: bool = False
    status: str = ""
    """What its status says, or the error."""
    attributes: Attributes = field(default_factory=dict[str, JsonValue])
    events: tuple[tuple[str, int, Attributes], ...] = ()
    """Name, time and attributes of each event."""

    def text(self, name: str) -> str:
        """An attribute that is a text; empty when it is not there, or something else."""
        value = self.attributes.get(name)
        return value if isinstance(value, str) else ""

    def whole(self, name: str) -> int:
        """An attribute that is a count; 0 when it is not there, or something else."""
        return count(self.attributes.get(name))


@dataclass(frozen=True, slots=True)
class Remark:
    """A score, a label, a comment or a correction that a person or an evaluator gave."""

    trace: str
    """Empty when only the span is known."""
    span: str
    """Empty when it is about the whole trace."""
    name: str
    """What was judged: `correctness`."""
    value: float | None = None
    label: str = ""
    text: str = ""
    """Why, in words."""
    expected: JsonValue = None
    """What would have been right, if it says so."""


Record = Span | Remark


def count(value: JsonValue) -> int:
    """A token count; 0 for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0
    try:
        return bounded(int(value))
    except (ValueError, OverflowError):
        return 0
