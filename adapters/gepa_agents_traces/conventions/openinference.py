"""OpenInference, as Arize's instrumentations write it and Phoenix keeps it.

After the OpenInference semantic conventions and openinference-instrumentation-langchain 0.1.80. Its flattened messages
drop reasoning, so LangChain's own JSON in `input.value` and `output.value` goes first where it is there.
"""

from functools import lru_cache

from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import ModelStep, Step, ToolStep
from gepa_agents_traces.conventions.building import Call, model_step, tool_step
from gepa_agents_traces.conventions.flat import nested
from gepa_agents_traces.conventions.langgraph import LangGraphTraced
from gepa_agents_traces.messages import definitions, messages, reply
from gepa_agents_traces.plain import inside, objects, opened, said
from gepa_agents_traces.span import Span
from gepa_agents_traces.trace import Trace

KIND = "openinference.span.kind"


class OpenInference(LangGraphTraced):
    """Spans with an `openinference.span.kind`."""

    name = "OpenInference"

    def claims(self, span: Span) -> bool:
        """By the kind that each of its spans has."""
        return KIND in span.attributes

    def metadata(self, span: Span, name: str) -> JsonValue:
        """From one attribute that holds all of it as JSON."""
        return inside(_entries(span.text("metadata")), name)

    def agent(self, span: Span) -> str:
        """The name of an agent span."""
        return span.text("agent.name") or span.name if span.text(KIND) == "AGENT" else ""

    def step(self, span: Span, trace: Trace) -> Step | None:
        """Spans of kind LLM and TOOL, and those that enter a node."""
        match span.text(KIND):
            case "LLM":
                return self._model(span, trace)
            case "TOOL":
                return self._tool(span, trace)
            case "CHAIN" | "AGENT":
                return self.visit(span, trace)
            case _:
                return None

    def given(self, span: Span) -> JsonValue:
        """`input.value`."""
        return opened(span.attributes.get("input.value"))

    def gave(self, span: Span) -> JsonValue:
        """`output.value`."""
        return opened(span.attributes.get("output.value"))

    def _model(self, span: Span, trace: Trace) -> ModelStep:
        sent = inside(self.given(span), "messages")
        sent = sent[0] if isinstance(sent, list) and sent and isinstance(sent[0], list) else sent
        gave = self.gave(span)
        answered = reply(gave) if inside(gave, "generations") else None
        offered = [opened(inside(one, "tool", "json_schema")) for one in objects(nested(span.attributes, "llm.tools"))]
        return model_step(
            span,
            trace,
            Call(
                messages=list(messages(sent)) or messages(nested(span.attributes, "llm.input_messages")),
                reply=answered or reply(nested(span.attributes, "llm.output_messages")),
                tools=definitions(offered),
                model=span.text("llm.model_name"),
                reason=span.text("llm.finish_reason"),
                tokens=(span.whole("llm.token_count.prompt"), span.whole("llm.token_count.completion")),
            ),
        )

    def _tool(self, span: Span, trace: Trace) -> ToolStep:
        # A tool with one argument shows its value alone; `mending` finds the argument's name in the model's call.
        return tool_step(
            span,
            trace,
            tool=span.text("tool.name") or span.name,
            arguments=self.given(span),
            result=self.gave(span),
            call_id=span.text("tool_call.id") or said(self.metadata(span, "tool_call_id")),
        )


@lru_cache(maxsize=256)
def _entries(text: str) -> JsonValue:
    """The metadata of a span, which is asked for again and again."""
    return opened(text)
