"""Traceloop's OpenLLMetry: GenAI names with inventions of its own.

After opentelemetry-instrumentation-langchain 0.62, and the numbered attributes (`gen_ai.prompt.0.content`) of versions
and of vendors' instrumentations before the messages. Its model spans drop reasoning, which still stands in what the
node around them returned.
"""

import ast
import json

from gepa_agents.words import semconv
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import Message, ModelStep, Step, ToolStep
from gepa_agents_traces.conventions.building import Call, model_step, tool_step
from gepa_agents_traces.conventions.flat import nested
from gepa_agents_traces.conventions.genai import instructions
from gepa_agents_traces.conventions.langgraph import LangGraphTraced
from gepa_agents_traces.messages import definitions, messages, reply
from gepa_agents_traces.plain import NotJson, inside, objects, opened, parsed, said
from gepa_agents_traces.span import Span
from gepa_agents_traces.trace import Trace

PREFIX = "traceloop."
METADATA = "traceloop.association.properties"
SCOPE = "opentelemetry.instrumentation."
OFFICIAL = "opentelemetry.instrumentation.genai"
"""OpenTelemetry's own packages, which Traceloop's are named like."""
LITERAL = 100_000
"""Characters of the longest literal that is read."""
UNKNOWN = ("unknown", "")


class Traceloop(LangGraphTraced):
    """Spans with `traceloop.` attributes, or model calls with numbered ones."""

    name = "Traceloop"

    def claims(self, span: Span) -> bool:
        """By its attributes; by the scope for the few spans without."""
        if any(name.startswith((PREFIX, "gen_ai.prompt.0.", "gen_ai.completion.0.")) for name in span.attributes):
            return True
        return span.scope.startswith(SCOPE + "langchain") and semconv.OPERATION in span.attributes

    def metadata(self, span: Span, name: str) -> JsonValue:
        """From an attribute for each entry."""
        return span.attributes.get(f"{METADATA}.{name}")

    def agent(self, span: Span) -> str:
        """The name of an agent span."""
        return span.text(semconv.AGENT_NAME) or span.text("traceloop.entity.name") if _kind(span) == "agent" else ""

    def step(self, span: Span, trace: Trace) -> Step | None:
        """Chats, tools, and tasks that enter a node."""
        match _kind(span):
            case "chat":
                return self._model(span, trace)
            case "tool":
                return self._tool(span, trace)
            case "task" | "agent":
                return self.visit(span, trace)
            case _:
                return None

    def given(self, span: Span) -> JsonValue:
        """`traceloop.entity.input`, less what LangChain passed besides."""
        return _wrapped(span.attributes.get("traceloop.entity.input"), "inputs")

    def gave(self, span: Span) -> JsonValue:
        """`traceloop.entity.output`, the same way."""
        return _wrapped(span.attributes.get("traceloop.entity.output"), "outputs")

    def _model(self, span: Span, trace: Trace) -> ModelStep:
        offered = _either(span, semconv.TOOL_DEFINITIONS, "llm.request.functions")
        sent = _either(span, semconv.INPUT_MESSAGES, "gen_ai.prompt")
        answered = _either(span, semconv.OUTPUT_MESSAGES, "gen_ai.completion")
        names = (span.text(semconv.RESPONSE_MODEL), span.text(semconv.REQUEST_MODEL))
        model = next((name for name in names if name not in UNKNOWN), said(self.metadata(span, "ls_model_name")))
        reasons = [said(one.get("finish_reason")) for one in objects(answered)]
        found = reply(_with_role(answered))
        return model_step(
            span,
            trace,
            Call(
                messages=[*instructions(span), *map(_unpacked, messages(sent))],
                reply=self._thought(found, span, trace) if found else None,
                tools=definitions(offered),
                model=model,
                reason=reasons[0] if reasons else "",
                tokens=(
                    span.whole(semconv.INPUT_TOKENS) or span.whole("gen_ai.usage.prompt_tokens"),
                    span.whole(semconv.OUTPUT_TOKENS) or span.whole("gen_ai.usage.completion_tokens"),
                ),
            ),
        )

    def _thought(self, found: Message, span: Span, trace: Trace) -> Message:
        """The reply with the reasoning that stands beside it in what the nearest span around returned."""
        found = _unpacked(found)
        if found.reasoning:
            return found
        around = next((one for one in trace.around(span) if "traceloop.entity.output" in one.attributes), None)
        returned = inside(self.gave(around), "messages") if around is not None else None
        for message in messages(returned):
            if (message.text, message.tool_calls) == (found.text, found.tool_calls) and message.reasoning:
                return found.model_copy(update={"reasoning": message.reasoning})
        return found

    def _tool(self, span: Span, trace: Trace) -> ToolStep:
        given = opened(span.attributes.get(semconv.TOOL_ARGUMENTS) or span.attributes.get("traceloop.entity.input"))
        written = inside(given, "input_str")
        return tool_step(
            span,
            trace,
            tool=span.text(semconv.TOOL_NAME) or span.text("traceloop.entity.name"),
            arguments=_literal(written) if isinstance(written, str) else given,
            result=opened(span.attributes.get(semconv.TOOL_RESULT) or span.attributes.get("traceloop.entity.output")),
            call_id=span.text(semconv.TOOL_CALL_ID),
        )


def _kind(span: Span) -> str:
    operation = span.text(semconv.OPERATION)
    if operation in ("chat", "text_completion", "generate_content") or span.text("llm.request.type"):
        return "chat"
    if operation == semconv.EXECUTE_TOOL:
        return "tool"
    if operation == "execute_task":
        return "task"
    if operation == "invoke_agent":
        return "agent"
    return span.text("traceloop.span.kind")


def _either(span: Span, name: str, numbered: str) -> JsonValue:
    """An attribute, or what it was before in numbered ones."""
    return opened(span.attributes.get(name)) or nested(span.attributes, numbered)


def _wrapped(text: JsonValue, key: str) -> JsonValue:
    value = opened(text)
    return value[key] if isinstance(value, dict) and key in value else value


def _literal(text: str) -> JsonValue:
    """Python's repr of a tool's arguments, which stands inside the JSON."""
    if len(text) > LITERAL:
        return text
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return opened(text)
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        return text
    try:
        return parsed(json.dumps(found, allow_nan=False))
    except (TypeError, ValueError, RecursionError, NotJson):  # a set, bytes, infinity: what JSON does not have
        return text


def _unpacked(message: Message) -> Message:
    """A message whose reasoning block was written as JSON into its text."""
    text = message.text
    if not text.startswith('{"type": "reasoning"'):
        return message
    end = text.find("}") + 1
    block = opened(text[:end])
    if not isinstance(block, dict):
        return message
    return message.model_copy(update={"text": text[end:], "reasoning": said(block.get("reasoning"))})


def _with_role(answered: JsonValue) -> JsonValue:
    return [{"role": "assistant", **one} for one in objects(answered)]
