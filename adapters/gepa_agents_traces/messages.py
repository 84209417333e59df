"""Messages in the shapes of LangChain, OpenAI, Anthropic, the GenAI conventions and OpenInference, as our `Message`."""

from collections.abc import Iterator, Sequence
from typing import Literal

from gepa_agents.words import semconv
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import Message, ToolCall, ToolDefinition
from gepa_agents_traces.plain import Object, inside, objects, opened_object, said

Role = Literal["system", "user", "assistant", "tool"]

ROLES: dict[str, Role] = {
    **dict.fromkeys(("system", "developer", "SystemMessage", "SystemMessageChunk"), "system"),
    **dict.fromkeys(("user", "human", "HumanMessage", "HumanMessageChunk"), "user"),
    **dict.fromkeys(("assistant", "ai", "model", "AIMessage", "AIMessageChunk"), "assistant"),
    **dict.fromkeys(("tool", "function", "ToolMessage", "FunctionMessage"), "tool"),
}


def message(value: JsonValue) -> Message | None:
    """A message in any shape; None for what is none."""
    if isinstance(value, str):
        return Message(role="user", text=value)
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], str):
        return Message(role=ROLES[value[0]], text=value[1]) if value[0] in ROLES else None
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("parts"), list):
        return _of_parts(value)
    held = _held(value)
    role = _role(value, held)
    return None if role is None else _of_content(role, held)


def messages(value: JsonValue) -> Iterator[Message]:
    """The messages in a list; what is none is left out."""
    for item in value if isinstance(value, list) else ():
        found = message(item)
        if found is not None:
            yield found


def reply(value: JsonValue) -> Message | None:
    """What a model answered: a message, a list of them, or LangChain's `generations`."""
    generations = inside(value, "generations")
    if isinstance(generations, list) and generations:
        first = generations[0]
        generation = first[0] if isinstance(first, list) and first else first
        found = message(inside(generation, "message"))
        text = inside(generation, "text")
        if found is None and isinstance(text, str):
            return Message(role="assistant", text=text)
        return found
    if isinstance(value, list):
        return next(messages(value), None)
    found = message(value)
    return found.model_copy(update={"role": "assistant"}) if found is not None and isinstance(value, str) else found


def definitions(value: JsonValue) -> Iterator[ToolDefinition]:
    """The tools that were offered to a model, in the shapes of OpenAI, Anthropic and Gemini."""
    for tool in objects(value):
        declared = tool.get("function_declarations")
        if isinstance(declared, list):
            yield from definitions(declared)
            continue
        function = tool.get("function", tool)
        if isinstance(function, dict) and function.get("name"):
            schema = function.get("parameters") or function.get("input_schema")
            yield ToolDefinition(
                name=said(function["name"]),
                description=said(function.get("description")),
                parameters=schema if isinstance(schema, dict) else {},
            )


def is_definition(value: JsonValue) -> bool:
    """Whether a value that stands among messages is a tool that was offered."""
    return inside(value, "type") == "function" and isinstance(inside(value, "function", "name"), str)


def _held(value: Object) -> Object:
    """The message inside its wrapping: `{"lc": 1, "kwargs": …}`, `{"type": …, "data": …}`, `{"message": …}`."""
    for key in ("kwargs", "data", "message"):
        held = value.get(key)
        if isinstance(held, dict):
            return held
    return value


def _role(value: Object, held: Object) -> Role | None:
    kind = value.get("id")
    names = (held.get("role"), held.get("type"), value.get("type"), kind[-1] if isinstance(kind, list) and kind else "")
    return next((ROLES[name] for name in names if isinstance(name, str) and name in ROLES), None)


def _of_content(role: Role, held: Object) -> Message:
    content = held.get("content")
    blocks: list[JsonValue] = content if isinstance(content, list) else [content]
    blocks = [*blocks, *(inside(block, "message_content") for block in objects(held.get("contents")))]
    extra = held.get("additional_kwargs")
    thought = [said(inside(holder, "reasoning_content")) for holder in (held, extra)]
    thought += [_thought(block) for block in objects(blocks)]
    made = [*_calls(held.get("tool_calls")), *_calls(held.get("invalid_tool_calls"))]
    made = made or [*_calls(inside(extra, "tool_calls"))]
    made += [] if made else [*_calls([one for one in objects(blocks) if one.get("type") == "tool_use"])]
    results = [block for block in objects(blocks) if block.get("type") == "tool_result"]
    call = held.get("tool_call_id") or next((block.get("tool_use_id") for block in results), None)
    return Message(
        role="tool" if results else role,
        text="".join(map(_text, blocks)),
        reasoning="\n".join(one for one in thought if one),
        tool_calls=tuple(made),
        call_id=said(call),
        other=_other(blocks) or (() if made or {"content", "contents"} & held.keys() else (semconv.UNRECORDED,)),
    )


def _no_words(parts: Sequence[Object]) -> Iterator[str]:
    """What the parts of a message hold besides words."""
    for part in parts:
        kind = said(part.get("type"))
        if kind in semconv.NO_WORDS:
            yield said(part.get("modality")) or kind
        elif kind == "text" and "content" not in part:
            yield semconv.UNRECORDED
    if not parts:
        yield semconv.UNRECORDED


def _other(blocks: Sequence[JsonValue]) -> tuple[str, ...]:
    kinds = (said(block.get("type")) for block in objects(list(blocks)))
    return tuple(semconv.MEDIA[kind] for kind in kinds if kind in semconv.MEDIA)


def _text(block: JsonValue) -> str:
    if isinstance(block, str):
        return block
    kind = inside(block, "type")
    if kind == "tool_result":
        content = inside(block, "content")
        return "".join(map(_text, content)) if isinstance(content, list) else said(content)
    return said(inside(block, "text")) if kind in (None, "text", "output_text", "input_text") else ""


def _thought(block: Object) -> str:
    if block.get("type") not in ("reasoning", "thinking"):
        return ""
    summary = "".join(said(item.get("text")) for item in objects(block.get("summary")))
    return said(block.get("reasoning")) or said(block.get("thinking")) or said(block.get("text")) or summary


def _calls(value: JsonValue) -> Iterator[ToolCall]:
    for item in objects(value):
        inner = item.get("tool_call")
        call = inner if isinstance(inner, dict) else item
        function = call.get("function")
        named = function if isinstance(function, dict) else call
        if isinstance(named.get("name"), str):
            arguments = next((named[key] for key in ("args", "arguments", "input") if key in named), None)
            yield ToolCall(id=said(call.get("id")), name=said(named["name"]), arguments=opened_object(arguments))


def _of_parts(value: Object) -> Message:
    """A message by the GenAI conventions."""
    parts = list(objects(value.get("parts")))
    answers = [part for part in parts if part.get("type") == "tool_call_response"]
    texts = [said(part.get("content")) for part in parts if part.get("type") == "text"]
    texts += [said(part.get("response", part.get("result"))) for part in answers]
    return Message(
        role=ROLES.get(said(value.get("role")), "user"),
        text="".join(texts),
        reasoning="\n".join(said(part.get("content")) for part in parts if part.get("type") == "reasoning"),
        tool_calls=tuple(
            ToolCall(
                id=said(part.get("id")),
                name=said(part.get("name")),
                arguments=opened_object(part.get("arguments")),
            )
            for part in parts
            if part.get("type") == "tool_call"
        ),
        call_id=said(answers[0].get("id")) if answers else "",
        other=tuple(_no_words(parts)),
    )
