"""Our own spans, read to the same trajectory that the optimizer read while it ran."""

from gepa_agents.words import semconv
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import ModelStep, NodeStep, Step, Template, ToolStep
from gepa_agents_traces.conventions.genai import GenAI
from gepa_agents_traces.plain import loaded, said
from gepa_agents_traces.span import Span
from gepa_agents_traces.trace import Trace


class Own(GenAI):
    """Spans of the scope `gepa_agents`."""

    name = "gepa-agents"

    def claims(self, span: Span) -> bool:
        """By the scope: the rollout itself, nodes, model calls, tool runs, templates that were filled in."""
        return span.scope == semconv.SCOPE

    def agent(self, span: Span) -> str:
        """None: what has no node, as a step outside of all nodes, stays so."""
        return ""

    def path(self, span: Span) -> str:
        """The node's path."""
        return span.text(semconv.NODE_PATH)

    def step(self, span: Span, trace: Trace) -> Step | None:
        """A step, with the error and the arguments as our tracer wrote them."""
        found = super().step(span, trace)
        if found is None:
            return None
        error = (span.status or "error") if span.failed else None
        match found:
            case ModelStep():
                return found.model_copy(update={"error": error})
            case ToolStep():
                result = span.attributes.get(semconv.TOOL_RESULT)
                arguments = loaded(span.attributes.get(semconv.TOOL_ARGUMENTS))
                exact = {"error": error, "result": None if result is None else said(result), "arguments": arguments}
                return found.model_copy(update=exact)
            case NodeStep():
                return found.model_copy(update={"error": error, "templates": tuple(_templates(span, trace))})

    def given(self, span: Span) -> JsonValue:
        """Not on our root span."""
        return None

    def gave(self, span: Span) -> JsonValue:
        """Not on our root span."""
        return None


def _templates(node: Span, trace: Trace) -> list[Template]:
    """The templates that were filled in within a node."""
    return [
        Template(
            text=one.text(semconv.PROMPT_TEMPLATE),
            variables=tuple(name for name in _names(one.attributes.get(semconv.PROMPT_VARIABLES))),
            role="user" if one.text(semconv.PROMPT_ROLE) == "user" else "system",
            name=one.text(semconv.PROMPT_NAME),
        )
        for one in trace.spans
        if one.text(semconv.OPERATION) == semconv.RENDER_PROMPT and _within(one, node, trace)
    ]


def _within(one: Span, node: Span, trace: Trace) -> bool:
    """Whether the nearest node around a span is this one; told by parents, or else by path and time."""
    for enclosing in trace.around(one):
        if enclosing.text(semconv.OPERATION) == semconv.INVOKE_NODE:
            return enclosing is node
    return node.start <= one.start <= node.end and one.text(semconv.NODE_PATH) == node.text(semconv.NODE_PATH)


def _names(value: JsonValue) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
