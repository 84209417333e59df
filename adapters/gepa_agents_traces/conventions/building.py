"""Builds steps from what a convention found."""

from collections.abc import Iterable

from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import Message, ModelStep, ToolDefinition, ToolStep
from gepa_agents.words.usage import Usage
from gepa_agents_traces.failure import failure
from gepa_agents_traces.messages import message
from gepa_agents_traces.plain import opened_object, said
from gepa_agents_traces.span import Span
from gepa_agents_traces.trace import Trace, seconds


def model_step(
    span: Span,
    trace: Trace,
    *,
    messages: Iterable[Message],
    reply: Message | None,
    tools: Iterable[ToolDefinition] = (),
    model: str = "",
    reason: str = "",
    tokens: tuple[int, int] = (0, 0),
) -> ModelStep:
    """A model call; `tokens` are those read and those written."""
    return ModelStep(
        node=trace.node(span),
        started=trace.started(span),
        seconds=seconds(span),
        error=failure(span),
        model=model,
        messages=tuple(messages),
        tools=tuple(tools),
        reply=reply,
        finish_reason=reason,
        usage=Usage(calls=1, input_tokens=tokens[0], output_tokens=tokens[1]),
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
