"""One trace, with each span in the convention that it was written in; and what a convention has to tell."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Protocol

from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import Step
from gepa_agents_traces.span import Span


class Convention(Protocol):
    """A way of writing an agent's work as spans. It reads what is there, and nothing that is not."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def claims(self, span: Span) -> bool:
        """Whether a span is written in this convention."""
        ...

    def path(self, span: Span) -> str:
        """The path of the graph node that the span says it belongs to (`researcher/model`); empty when it says none."""
        ...

    def agent(self, span: Span) -> str:
        """The name of the agent whose work the span encloses; stands in where no node is named. Empty for none."""
        ...

    def step(self, span: Span, trace: "Trace") -> Step | None:
        """What the span tells, as a step; None for a span that is no model call, tool run or visit of a node."""
        ...

    def given(self, span: Span) -> JsonValue:
        """What the agent was given, from the span around its run; None when it does not say."""
        ...

    def gave(self, span: Span) -> JsonValue:
        """What the agent returned, from the span around its run; None when it does not say."""
        ...


class Trace:
    """The spans of one trace, in order of their start."""

    def __init__(self, spans: Sequence[Span], conventions: Sequence[Convention], began: int | None = None) -> None:
        self.spans = spans
        self._began = began
        self._nodes: dict[str, str] = {}
        self._by_id = {span.id: span for span in spans}
        self._conventions = {
            span.id: convention
            for span in spans
            if (convention := next((one for one in conventions if one.claims(span)), None)) is not None
        }

    def convention(self, span: Span) -> Convention | None:
        """The convention that a span is written in; None for a foreign one."""
        return self._conventions.get(span.id)

    def around(self, span: Span) -> Iterator[Span]:
        """The spans that enclose a span, the nearest first; ends where a broken trace runs in a circle."""
        seen = {span.id}
        while (enclosing := self._by_id.get(span.parent)) is not None and enclosing.id not in seen:
            yield enclosing
            seen.add(enclosing.id)
            span = enclosing

    def node(self, span: Span) -> str:
        """The path of the node that a span is in: by its own word, or by that of the nearest span around it; where no
        node is named, the nearest agent's name."""
        if span.id not in self._nodes:
            known = [(one, found) for one in (span, *self.around(span)) if (found := self.convention(one)) is not None]
            paths = (convention.path(one) for one, convention in known)
            agents = (convention.agent(one) for one, convention in known)
            self._nodes[span.id] = next(filter(None, paths), "") or next(filter(None, agents), "")
        return self._nodes[span.id]

    @cached_property
    def roots(self) -> tuple[Span, ...]:
        """The outermost of the spans that are understood, in order of their start. There is one at least, if any span
        is understood: where parents lead in a circle, it is the first."""
        understood = [span for span in self.spans if self.convention(span)]
        outermost = [span for span in understood if not any(self.convention(one) for one in self.around(span))]
        return tuple(outermost or understood[:1])

    @cached_property
    def below(self) -> tuple[Span, ...]:
        """The spans right below the roots: some instrumentations put an empty span around the agent's."""
        names = {span.id for span in self.roots}
        return tuple(span for span in self.spans if span.parent in names and span.id not in names)

    @cached_property
    def began(self) -> int:
        """When the first span that is understood began, unless it is known better; nanoseconds of the Unix epoch."""
        if self._began is not None:
            return self._began
        return min((span.start for span in self.spans if span.start and self.convention(span)), default=0)

    def started(self, span: Span) -> float:
        """When a span began, in seconds since the trace did."""
        return (span.start - self.began) / 1e9 if span.start else 0.0


def seconds(span: Span) -> float:
    """How long a span took."""
    return (span.end - span.start) / 1e9 if span.end and span.start else 0.0
