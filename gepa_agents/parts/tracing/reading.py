"""Reads a trajectory from the spans of a rollout, by the GenAI conventions.

Spans of other scopes are passed over: a user who traces model calls too must not see each of them counted twice.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

from gepa_agents.words import semconv
from gepa_agents.words.trajectory import (
    Message,
    ModelStep,
    NodeStep,
    Step,
    Template,
    ToolCall,
    ToolDefinition,
    ToolStep,
    Trajectory,
)
from gepa_agents.words.usage import Usage

ORDER = {semconv.INVOKE_NODE: 0, semconv.CHAT: 1, semconv.EXECUTE_TOOL: 2}
"""Steps in order of their start; what starts at the same instant in this order, the enclosing first."""

ById = Mapping[int, ReadableSpan]


def read(spans: Sequence[ReadableSpan], began: int) -> Trajectory:
    """The steps that `spans` tell of, with times in seconds since `began` (nanoseconds of the Unix epoch)."""
    ended = max((_nanoseconds(span.end_time) for span in spans), default=began)
    by_id = {span.context.span_id: span for span in spans if span.context}
    own = [span for span in spans if span.instrumentation_scope and span.instrumentation_scope.name == semconv.SCOPE]
    rendered = [span for span in own if _text(span, semconv.OPERATION) == semconv.RENDER_PROMPT]
    known = sorted((span for span in own if _text(span, semconv.OPERATION) in ORDER), key=_order)
    steps: list[Step] = []
    for span in known:
        common = {
            "node": _path(span, by_id),
            "started": (_nanoseconds(span.start_time) - began) / 1e9,
            "seconds": (_nanoseconds(span.end_time) - _nanoseconds(span.start_time)) / 1e9,
            "error": (span.status.description or "error") if span.status.status_code is StatusCode.ERROR else None,
        }
        operation = _text(span, semconv.OPERATION)
        if operation == semconv.INVOKE_NODE:
            steps.append(_node(span, common, [one for one in rendered if _within(one, span, by_id)]))
        else:
            steps.append(_READERS[operation](span, common))
    return Trajectory(steps=tuple(steps), seconds=(ended - began) / 1e9)


def _node(span: ReadableSpan, common: dict[str, Any], rendered: Iterable[ReadableSpan]) -> NodeStep:
    templates = tuple(
        Template(
            text=_text(one, semconv.PROMPT_TEMPLATE),
            variables=tuple(_attribute(one, semconv.PROMPT_VARIABLES) or ()),
            role=_attribute(one, semconv.PROMPT_ROLE) or "system",
            name=_text(one, semconv.PROMPT_NAME),
        )
        for one in rendered
    )
    return NodeStep(**common, templates=templates, interrupted=bool(_attribute(span, semconv.INTERRUPTED)))


def _order(span: ReadableSpan) -> tuple[int, int, int]:
    return _nanoseconds(span.start_time), ORDER[_text(span, semconv.OPERATION)], -_nanoseconds(span.end_time)


def _around(span: ReadableSpan, by_id: ById) -> Iterator[ReadableSpan]:
    """The spans that enclose a span, the nearest first."""
    parent = span.parent
    while parent is not None and parent.span_id in by_id:
        enclosing = by_id[parent.span_id]
        yield enclosing
        parent = enclosing.parent


def _path(span: ReadableSpan, by_id: ById) -> str:
    """The path of the span's node, its own or that of the nearest span around it."""
    paths = (_text(one, semconv.NODE_PATH) for one in (span, *_around(span, by_id)))
    return next((path for path in paths if path), "")


def _within(one: ReadableSpan, node: ReadableSpan, by_id: ById) -> bool:
    """Whether the nearest node around a span is this one; told by parents, or else by path and time."""
    for enclosing in _around(one, by_id):
        if _text(enclosing, semconv.OPERATION) == semconv.INVOKE_NODE:
            return enclosing is node
    inside = _nanoseconds(node.start_time) <= _nanoseconds(one.start_time) <= _nanoseconds(node.end_time)
    return inside and _text(one, semconv.NODE_PATH) == _text(node, semconv.NODE_PATH)


def _model(span: ReadableSpan, common: dict[str, Any]) -> ModelStep:
    # Each part is a text block of its own: what a framework appends to a system message is told from the author's.
    instructions = [
        Message(role="system", text=str(part.get("content", "")))
        for part in _objects(span, semconv.SYSTEM_INSTRUCTIONS)
    ]
    conversation = [_message(one) for one in _objects(span, semconv.INPUT_MESSAGES)]
    replies = [_message(one) for one in _objects(span, semconv.OUTPUT_MESSAGES)]
    reasons = _attribute(span, semconv.FINISH_REASONS) or ()
    return ModelStep(
        **common,
        model=_text(span, semconv.RESPONSE_MODEL) or _text(span, semconv.REQUEST_MODEL),
        messages=(*instructions, *conversation),
        tools=tuple(
            ToolDefinition(
                name=tool["name"], description=tool.get("description", ""), parameters=tool.get("parameters", {})
            )
            for tool in _objects(span, semconv.TOOL_DEFINITIONS)
        ),
        reply=replies[0] if replies else None,
        finish_reason=str(reasons[0]) if reasons else "",
        usage=Usage(
            calls=1,
            input_tokens=_attribute(span, semconv.INPUT_TOKENS) or 0,
            output_tokens=_attribute(span, semconv.OUTPUT_TOKENS) or 0,
        ),
    )


def _tool(span: ReadableSpan, common: dict[str, Any]) -> ToolStep:
    result = _attribute(span, semconv.TOOL_RESULT)
    return ToolStep(
        **common,
        tool=_text(span, semconv.TOOL_NAME),
        call_id=_text(span, semconv.TOOL_CALL_ID),
        arguments=_json(_text(span, semconv.TOOL_ARGUMENTS)),
        result=None if result is None else str(result),
    )


_READERS: Mapping[str, Callable[[ReadableSpan, dict[str, Any]], Step]] = {
    semconv.CHAT: _model,
    semconv.EXECUTE_TOOL: _tool,
}


def _message(described: Mapping[str, Any]) -> Message:
    parts = [part for part in described.get("parts", ()) if isinstance(part, Mapping)]
    answers = [part for part in parts if part.get("type") == "tool_call_response"]
    texts = [str(part.get("content", "")) for part in parts if part.get("type") == "text"]
    texts += [_as_text(part.get("response")) for part in answers]
    return Message(
        role=described.get("role", "user"),
        text="".join(texts),
        reasoning="\n".join(str(part.get("content", "")) for part in parts if part.get("type") == "reasoning"),
        tool_calls=tuple(
            ToolCall(id=part.get("id") or "", name=part.get("name") or "", arguments=part.get("arguments"))
            for part in parts
            if part.get("type") == "tool_call"
        ),
        call_id=str(answers[0].get("id") or "") if answers else "",
        other=tuple(
            str(part.get("modality") or part["type"]) for part in parts if str(part.get("type")) in semconv.NO_WORDS
        ),
    )


def _objects(span: ReadableSpan, name: str) -> list[Mapping[str, Any]]:
    found = _json(_text(span, name))
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def _json(text: str) -> Any:
    """The value that a JSON attribute holds, or its text when it was cut off on the way."""
    try:
        return json.loads(text) if text else None
    except json.JSONDecodeError:
        return text


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _attribute(span: ReadableSpan, name: str) -> Any:
    return (span.attributes or {}).get(name)


def _text(span: ReadableSpan, name: str) -> str:
    value = _attribute(span, name)
    return value if isinstance(value, str) else ""


def _nanoseconds(time: int | None) -> int:
    return time or 0
