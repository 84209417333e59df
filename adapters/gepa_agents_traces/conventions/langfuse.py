"""Langfuse: its client's spans, and observations as its API returns them (see `exports`).

After langfuse 5.0. Offered tools stand among the messages as messages of role `tool`; they are told by their shape.
"""

from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import ModelStep, Step
from gepa_agents_traces.conventions.building import Call, model_step, tool_step
from gepa_agents_traces.conventions.langgraph import LangGraphTraced
from gepa_agents_traces.messages import definitions, is_definition, messages, reply
from gepa_agents_traces.plain import inside, loaded, opened, said
from gepa_agents_traces.span import Span, count
from gepa_agents_traces.trace import Trace

PREFIX = "langfuse.observation."
KIND = f"{PREFIX}type"


class Langfuse(LangGraphTraced):
    """Spans with a `langfuse.observation.type`."""

    name = "Langfuse"

    def claims(self, span: Span) -> bool:
        """By the type that each of its spans has."""
        return KIND in span.attributes

    def metadata(self, span: Span, name: str) -> JsonValue:
        """From an attribute for each entry, JSON in each."""
        return loaded(span.attributes.get(f"{PREFIX}metadata.{name}"))

    def agent(self, span: Span) -> str:
        """The name of an agent's observation."""
        return span.name if span.text(KIND) == "agent" else ""

    def step(self, span: Span, trace: Trace) -> Step | None:
        """Generations and tools, and chains and agents that enter a node."""
        match span.text(KIND):
            case "generation":
                return self._model(span, trace)
            case "tool":
                return tool_step(
                    span,
                    trace,
                    tool=span.name,
                    arguments=self.given(span),
                    result=self.gave(span),
                    call_id=said(self.metadata(span, "tool_call_id")),
                )
            case "chain" | "agent" | "span":
                return self.visit(span, trace)
            case _:
                return None

    def given(self, span: Span) -> JsonValue:
        """The observation's input."""
        return opened(span.attributes.get(f"{PREFIX}input"))

    def gave(self, span: Span) -> JsonValue:
        """The observation's output."""
        return opened(span.attributes.get(f"{PREFIX}output"))

    def _model(self, span: Span, trace: Trace) -> ModelStep:
        given = self.given(span)
        sent = inside(given, "messages") if isinstance(given, dict) else given
        told = sent if isinstance(sent, list) else [sent]
        offered = [inside(one, "content") for one in told if is_definition(inside(one, "content"))]
        tools = inside(given, "tools")
        usage = opened(span.attributes.get(f"{PREFIX}usage_details"))
        return model_step(
            span,
            trace,
            Call(
                messages=messages([one for one in told if not is_definition(inside(one, "content"))]),
                reply=reply(self.gave(span)),
                tools=definitions(offered or tools),
                model=span.text(f"{PREFIX}model.name"),
                tokens=(_tokens(usage, "input", "prompt"), _tokens(usage, "output", "completion")),
            ),
        )


def _tokens(usage: JsonValue, *names: str) -> int:
    """Tokens read or written, those of special kinds (`input_cache_read`) included."""
    if not isinstance(usage, dict):
        return 0
    return sum(count(value) for name, value in usage.items() if name.startswith(names))
