"""LangChain's and LangGraph's values as plain data that a file can hold, and back: messages, commands, documents.

What is plain stays as it is; everything else is an object with the key `!`. Nothing else is ever rebuilt: a file must
not decide what code runs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from langchain_core.documents import Document
from langchain_core.messages import BaseMessage, BaseMessageChunk, messages_from_dict
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langgraph.types import Command, Send

from gepa_agents.words.frozen import JsonValue

TAG = "!"


@dataclass(frozen=True)
class Around:
    """What surrounds a tool's call, and may stand in its answer: it is another one when the call is replayed."""

    call_id: str | None = None
    """The id of the call that is answered."""
    messages: Sequence[BaseMessage] = ()
    """Those that the graph handed in, with its state."""

    @classmethod
    def of(cls, given: object, call_id: str | None) -> "Around":
        """What surrounds a call with these arguments, injected ones included."""
        return cls(call_id, list(_messages(given)))


def _messages(value: object) -> Iterator[BaseMessage]:
    if isinstance(value, BaseMessage):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _messages(one)
    elif isinstance(value, list):
        for one in value:
            yield from _messages(one)
    elif type(value).__name__ == "ToolRuntime":  # in newer versions of LangGraph only
        yield from _messages(getattr(value, "state", None))


class Unheld(TypeError):
    """A value that has no form in a file; the message is its type."""


NOWHERE = Around()


def held(value: Any, around: Around = NOWHERE) -> JsonValue:
    """A value as plain data, in which what is `around` is only pointed at. Raises `Unheld`."""

    def inner(one: Any) -> JsonValue:
        return held(one, around)

    match value:
        case str() if type(value) is str:
            return {TAG: "call id"} if around.call_id and value == around.call_id else value
        case None | bool() | int() | float() if type(value) in (type(None), bool, int, float):
            return cast(JsonValue, value)
        case list() if type(value) is list:
            return [inner(one) for one in value]
        case tuple() if type(value) is tuple:
            return {TAG: "tuple", "items": [inner(one) for one in value]}
        case Mapping() if type(value) is dict:
            if TAG not in value and all(type(key) is str for key in value):
                return {key: inner(one) for key, one in value.items()}
            return {TAG: "dict", "items": [[inner(key), inner(one)] for key, one in value.items()]}
        case BaseMessage() if value.id and (place := _place(value, around)) is not None:
            return {TAG: "given message", "number": place}
        case BaseMessage():
            return {TAG: "message", **cast(dict[str, JsonValue], inner(message(value)))}
        case Document():
            found = {"page_content": value.page_content, "metadata": value.metadata, "id": value.id}
            return {TAG: "document", **{key: inner(one) for key, one in found.items()}}
        case Send():
            return {TAG: "send", "node": value.node, "arg": inner(value.arg)}
        case Command():
            names = ("graph", "update", "resume", "goto")
            return {TAG: "command", **{name: inner(getattr(value, name)) for name in names}}
    raise Unheld(type(value).__qualname__)


def _place(message: BaseMessage, around: Around) -> int | None:
    return next((number for number, known in enumerate(around.messages) if known.id == message.id), None)


def given(value: JsonValue, around: Around = NOWHERE) -> Any:
    """The value again, with what is `around` it now."""

    def inner(one: JsonValue) -> Any:
        return given(one, around)

    if isinstance(value, list):
        return [inner(one) for one in value]
    if not isinstance(value, dict):
        return value
    if TAG not in value:
        return {key: inner(one) for key, one in value.items()}
    fields: dict[str, Any] = {key: inner(one) for key, one in value.items() if key != TAG}
    make: dict[JsonValue, Callable[[], Any]] = {
        "call id": lambda: around.call_id,
        "given message": lambda: around.messages[fields["number"]],
        "tuple": lambda: tuple(fields["items"]),
        "dict": lambda: dict(fields["items"]),
        "message": lambda: from_message(fields),
        "document": lambda: Document(**fields),
        "send": lambda: Send(fields["node"], fields["arg"]),
        "command": lambda: Command(**fields),
    }
    return make[value[TAG]]()


def message(value: BaseMessage) -> dict[str, Any]:
    """A message: its type, and those of its fields that are not at their default."""
    fields = value.model_dump(exclude_defaults=True, exclude={"type"})
    return {"type": value.type, "data": fields}


def from_message(value: Mapping[str, Any]) -> BaseMessage:
    """The message again."""
    return messages_from_dict([{"type": value["type"], "data": dict(value["data"])}])[0]


def result(value: ChatResult) -> JsonValue:
    """What a chat model generated."""
    generations: list[JsonValue] = [generation(one) for one in value.generations]
    return {"generations": generations, **({"output": loose(value.llm_output)} if value.llm_output else {})}


def generation(value: ChatGeneration) -> dict[str, JsonValue]:
    """One generation, or one chunk of a stream."""
    info = {"info": loose(value.generation_info)} if value.generation_info else {}
    return {**cast(dict[str, JsonValue], loose(message(value.message))), **info}


def loose(value: Any) -> JsonValue:
    """A value as plain data, whatever it is: what has no form becomes its text. For what vendors put beside answers."""
    if type(value) is list or type(value) is tuple:
        return [loose(one) for one in value]
    if isinstance(value, Mapping):
        return {str(key): loose(one) for key, one in value.items()}
    try:
        return held(value)
    except Unheld:
        return str(value)


def from_result(value: Any) -> ChatResult:
    """What a chat model generated, also when it was recorded as a stream."""
    if "chunks" in value:
        chunks = from_chunks(value)
        if not chunks:
            return ChatResult(generations=[])
        whole = sum(chunks[1:], chunks[0]) if len(chunks) > 1 else chunks[0]
        said = from_message({"type": "ai", "data": _whole(whole.message)})
        return ChatResult(generations=[ChatGeneration(message=said, generation_info=whole.generation_info)])
    generations = [
        ChatGeneration(message=from_message(one), generation_info=one.get("info")) for one in value["generations"]
    ]
    return ChatResult(generations=generations, llm_output=value.get("output"))


def from_chunks(value: Any) -> list[ChatGenerationChunk]:
    """The chunks of a stream; one, when the answer was recorded whole."""
    if "chunks" in value:
        return [
            ChatGenerationChunk(message=cast(BaseMessageChunk, from_message(one)), generation_info=one.get("info"))
            for one in value["chunks"]
        ]
    first = from_result(value).generations[0]
    data = message(first.message)["data"]
    said = from_message({"type": "AIMessageChunk", "data": {**data, "chunk_position": "last"}})
    return [ChatGenerationChunk(message=cast(BaseMessageChunk, said), generation_info=first.generation_info)]


def _whole(merged: BaseMessage) -> dict[str, Any]:
    data = message(merged)["data"]
    return {key: one for key, one in data.items() if key not in ("tool_call_chunks", "chunk_position")}
