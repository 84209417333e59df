"""LangSmith: its tracer's OpenTelemetry mode, and runs as its API returns them (see `exports`).

After langsmith 0.15. Inputs and outputs are LangChain's JSON; every entry of the metadata is an attribute.
"""

from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import ModelStep, Step
from gepa_agents_traces.conventions.building import Call, model_step, tool_step
from gepa_agents_traces.conventions.langgraph import LangGraphTraced
from gepa_agents_traces.messages import definitions, messages, reply
from gepa_agents_traces.plain import inside, opened, said
from gepa_agents_traces.span import Span, count
from gepa_agents_traces.trace import Trace

KIND = "langsmith.span.kind"


class LangSmith(LangGraphTraced):
    """Spans with a `langsmith.span.kind`."""

    name = "LangSmith"

    def claims(self, span: Span) -> bool:
        """By the kind that each of its spans has."""
        return KIND in span.attributes

    def metadata(self, span: Span, name: str) -> JsonValue:
        """From an attribute for each entry."""
        return span.attributes.get(f"langsmith.metadata.{name}")

    def agent(self, span: Span) -> str:
        """The agent's name, which LangChain 1.4 and later put into the metadata."""
        return said(self.metadata(span, "lc_agent_name"))

    def step(self, span: Span, trace: Trace) -> Step | None:
        """Runs of type llm and tool, and chains that enter a node."""
        match span.text(KIND):
            case "llm":
                return self._model(span, trace)
            case "tool":
                return tool_step(
                    span,
                    trace,
                    tool=span.text("gen_ai.tool.name") or span.name,
                    arguments=self.given(span),
                    result=self.gave(span),
                    call_id=span.text("gen_ai.tool.call.id"),
                )
            case "chain":
                return self.visit(span, trace)
            case _:
                return None

    def given(self, span: Span) -> JsonValue:
        """The run's inputs."""
        return opened(span.attributes.get("gen_ai.prompt"))

    def gave(self, span: Span) -> JsonValue:
        """The run's outputs."""
        return opened(span.attributes.get("gen_ai.completion"))

    def _model(self, span: Span, trace: Trace) -> ModelStep:
        sent = inside(self.given(span), "messages")
        sent = sent[0] if isinstance(sent, list) and sent and isinstance(sent[0], list) else sent
        gave = self.gave(span)
        shapes = (inside(gave, "choices"), inside(gave, "message"), inside(gave, "output"))
        answered = reply(next((shape for shape in shapes if shape), gave))
        usage = opened(self.metadata(span, "usage_metadata")) or _said_of_usage(gave)
        return model_step(
            span,
            trace,
            Call(
                messages=messages(sent),
                reply=answered,
                tools=definitions(opened(span.attributes.get("gen_ai.tool.definitions"))),
                model=said(self.metadata(span, "ls_model_name")) or span.text("gen_ai.request.model"),
                reason=said(_of_reply(gave, "response_metadata", "finish_reason")),
                tokens=(
                    span.whole("gen_ai.usage.input_tokens") or count(inside(usage, "input_tokens")),
                    span.whole("gen_ai.usage.output_tokens") or count(inside(usage, "output_tokens")),
                ),
            ),
        )


def _of_reply(gave: JsonValue, *path: str) -> JsonValue:
    """Something that LangChain keeps beside the content of the message that came back."""
    generations = inside(gave, "generations")
    while isinstance(generations, list) and generations:
        generations = generations[0]
    return inside(generations, "message", "kwargs", *path)


def _said_of_usage(gave: JsonValue) -> JsonValue:
    return _of_reply(gave, "usage_metadata") or inside(gave, "usage_metadata")
