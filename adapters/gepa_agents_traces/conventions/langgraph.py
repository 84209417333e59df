"""What LangChain's callbacks tell every instrumentation: metadata that names the graph's node.

The base of the conventions that only differ in where they keep it.
"""

from abc import ABC, abstractmethod

from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import NodeStep
from gepa_agents_traces.failure import failure, interrupted
from gepa_agents_traces.plain import said
from gepa_agents_traces.span import Span
from gepa_agents_traces.trace import Trace, seconds


class LangGraphTraced(ABC):
    """Finds nodes by the checkpoint namespace, `researcher:<uuid>|model:<uuid>`."""

    @abstractmethod
    def claims(self, span: Span) -> bool:
        """Whether a span is written in this convention."""

    @abstractmethod
    def metadata(self, span: Span, name: str) -> JsonValue:
        """One entry of LangChain's metadata, as the convention keeps it."""

    def path(self, span: Span) -> str:
        """The namespace without the run's UUIDs and task numbers."""
        parts = (part.split(":", 1)[0] for part in self._namespace(span).split("|"))
        path = "/".join(part for part in parts if part and not part.isdigit())
        return path or said(self.metadata(span, "langgraph_node"))

    def visit(self, span: Span, trace: Trace) -> NodeStep | None:
        """The span as the visit of a node: the first one within its namespace; the chains inside are no steps."""
        namespace = self._namespace(span)
        enclosing = next((self._namespace(one) for one in trace.around(span) if self.claims(one)), "")
        if not namespace or namespace == enclosing:
            return None
        return NodeStep(
            node=self.path(span),
            started=trace.started(span),
            seconds=seconds(span),
            error=failure(span),
            interrupted=interrupted(span),
        )

    def _namespace(self, span: Span) -> str:
        return said(self.metadata(span, "langgraph_checkpoint_ns"))
