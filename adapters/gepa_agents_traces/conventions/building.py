"""Builds steps from what a convention found."""

from collections.abc import Iterable
from dataclasses import dataclass

from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import Message, ModelStep, ToolDefinition, ToolStep
from gepa_agents.words.usage import Usage
from gepa_agents_traces.failure import failure
from gepa_agents_traces.messages import message
from gepa_agents_traces.plain import opened_object, said
from gepa_agents_traces.span import Span
from gepa_agents_traces.trace import Trace, seconds


@dataclass(frozen=True)
class Call:
    """What a convention found of a model call."""

    messages: Iterable[Message]
    reply: Message | None
    tools: Iterable[ToolDefinition] = ()
    model: str = ""
    reason: str = ""
    """Why the model stopped."""
    tokens: tuple[int, int] = (0, 0)
    """Those read, and those written."""


def model_step(span: Span, trace: Trace, call: Call) -> ModelStep:
    """A model call."""
    return ModelStep(
        node=trace.node(span),
        started=trace.started(span),
        seconds=seconds(span),
        error=failure(span),
        model=call.model,
        messages=tuple(call.messages),
        tools=tuple(call.tools),
        reply=call.reply,
        finish_reason=call.reason,
        usage=Usage(calls=1, input_tokens=call.tokens[0], output_tokens=call.tokens[1]),
    )


def tool_step(
    span: Span, trace: Trace, *, tool: str, arguments: JsonValue, result: JsonValue, call_id: str = ""
) -> ToolStep:
    """A run of a tool. A result that is a tool message, or holds one below `output`, is what that message says."""
    if isinstance(result, dict) and "output" in result:
        result = result["output"]
    answer = message(result) if isinstance(result, dict) else None
    failed = failure(span)
    text = answer.text if answer is not None and answer.role == "tool" else said(result)
    return ToolStep(
        node=trace.node(span),
        started=trace.started(span),
        seconds=seconds(span),
        error=failed,
        tool=tool,
        call_id=call_id or (answer.call_id if answer is not None else ""),
        arguments=opened_object(arguments),
        result=None if failed is not None or result is None or result == {} else text,
    )
