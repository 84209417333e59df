"""What a chat model or a tool is asked, as plain data by which a recorded call is found again.

Everything that reaches the other side counts, and nothing that differs from run to run: no message ids, no ids of tool
calls (they become numbers), no addresses of objects.
"""

import hashlib
import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.tools import BaseTool
from pydantic import BaseModel

from gepa_agents.words.call import Call
from gepa_agents.words.frozen import JsonValue
from gepa_agents_langgraph.messages import ROLES

UNSENT = {"stream", "stream_options", "stream_usage", "tools", "functions"}
"""Parameters that do not change what is answered, or stand elsewhere in the request."""
BESIDE = {"tool_calls", "function_call"}
"""Keys of a message's `additional_kwargs` that repeat what it says elsewhere."""


def of_model(model: BaseChatModel, messages: Sequence[BaseMessage], stop: Any, options: Mapping[str, Any]) -> Call:
    """A call of a chat model."""
    known = model._get_invocation_params(stop=stop, **options)
    names = (known.get("model"), known.get("model_name"), getattr(model, "model_name", None), known.get("_type"))
    name = next((str(one) for one in names if isinstance(one, str) and one), type(model).__name__)
    numbers = _numbers(messages)
    tools = [_digest(tool) for tool in (*(options.get("tools") or ()), *(options.get("functions") or ()))]
    params = {key: content(value) for key, value in known.items() if key not in UNSENT and value is not None}
    request: dict[str, JsonValue] = {"messages": [_message(message, numbers) for message in messages]}
    if tools:
        request["tools"] = cast(JsonValue, tools)
    if params:
        request["params"] = dict(sorted(params.items()))
    return Call(kind="model", name=name, request=request)


def of_tool(tool: BaseTool, given: str | dict[str, Any]) -> Call:
    """A call of a tool: what the model wrote, without what the graph injects."""
    if isinstance(given, str):
        return Call(kind="tool", name=tool.name, request=given)
    handed = injected(tool, given)
    request = {name: content(value) for name, value in given.items() if name not in handed}
    return Call(kind="tool", name=tool.name, request=request, bound=bool(handed))


def injected(tool: BaseTool, given: str | dict[str, Any]) -> dict[str, Any]:
    """Those of a call's arguments that the graph hands in, and no model writes."""
    if isinstance(given, str):
        return {}
    written = _written(tool)
    # What is declared nowhere is the model's own: a tool may take anything.
    return {name: value for name, value in given.items() if name not in written and name in _declared(tool)}


def _written(tool: BaseTool) -> set[str]:
    """The arguments that a model is told of; `tool.args` has the injected ones too in older versions."""
    schema: Any = tool.tool_call_schema
    if isinstance(schema, dict):
        return set(schema.get("properties", {}))
    return set(schema.model_fields if hasattr(schema, "model_fields") else schema.__fields__)


def _declared(tool: BaseTool) -> set[str]:
    fields = getattr(tool.get_input_schema(), "model_fields", {})
    return set(fields) | set(inspect.signature(tool._run).parameters) | _of_function(tool)


def _of_function(tool: BaseTool) -> set[str]:
    function = getattr(tool, "func", None) or getattr(tool, "coroutine", None)
    return set(inspect.signature(function).parameters) if callable(function) else set()


def content(value: Any) -> JsonValue:
    """A value as plain data that is the same in every process; what has no such form is known by its type only."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): content(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [content(one) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted((content(one) for one in value), key=repr)
    if isinstance(value, BaseMessage):
        return _message(value, {})
    if isinstance(value, BaseModel):
        return content(value.model_dump())
    if isinstance(value, type) and issubclass(value, BaseModel):
        return f"<{value.__name__} {_hash(content(value.model_json_schema()))}>"
    return f"<{type(value).__name__}>"


def _message(message: BaseMessage, numbers: Mapping[str, str]) -> JsonValue:
    said: dict[str, JsonValue] = {"role": ROLES.get(message.type, message.type)}
    if message.name:
        said["name"] = message.name
    said["content"] = _numbered(content(message.content), numbers)
    if isinstance(message, AIMessage):
        calls = [*message.tool_calls, *message.invalid_tool_calls]
        if calls:
            said["calls"] = [
                {"id": numbers.get(call["id"] or "", ""), "name": call["name"], "args": content(call["args"])}
                for call in calls
            ]
    if isinstance(message, ToolMessage):
        said["answers"] = numbers.get(message.tool_call_id, "")
        if message.status != "success":
            said["status"] = message.status
    more = {key: content(one) for key, one in message.additional_kwargs.items() if key not in BESIDE}
    if more:
        said["more"] = _numbered(more, numbers)
    return said


def _numbers(messages: Sequence[BaseMessage]) -> dict[str, str]:
    """A number for each id of a tool call, in the order in which they appear."""
    return {name: f"call {number}" for number, name in enumerate(dict.fromkeys(_ids(messages)), start=1)}


def _ids(messages: Sequence[BaseMessage]) -> Iterator[str]:
    for message in messages:
        if isinstance(message, AIMessage):
            yield from (call["id"] for call in (*message.tool_calls, *message.invalid_tool_calls) if call["id"])
        if isinstance(message, ToolMessage):
            yield message.tool_call_id


def _numbered(value: JsonValue, numbers: Mapping[str, str]) -> JsonValue:
    """Plain data with numbers for ids, which vendors also put into blocks."""
    match value:
        case str():
            return numbers.get(value, value)
        case list():
            return [_numbered(one, numbers) for one in value]
        case dict():
            return {key: _numbered(one, numbers) for key, one in value.items()}
        case _:
            return value


def _digest(tool: Any) -> str:
    """An offered tool: its name, and a hash of all that is said about it."""
    function = tool.get("function", tool) if isinstance(tool, Mapping) else tool
    name = function.get("name") if isinstance(function, Mapping) else getattr(function, "name", None)
    return f"{name or 'tool'} {_hash(content(tool))}"


def _hash(value: JsonValue) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]
