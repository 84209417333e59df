"""A graph's outcome as plain data that a journal can keep: messages as chat turns, models as objects."""

import dataclasses
import math
from collections.abc import Mapping, Sequence, Set
from datetime import date, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from pydantic import BaseModel

from gepa_agents.words.frozen import JsonValue
from gepa_agents_langgraph.messages import ROLES

DEEPEST = 50
"""Levels of nesting after which a value is shown as a text; it may contain itself."""
TEXTUAL = (date, time, UUID, PurePath, Decimal)
"""What reads best as its `str`."""


def plain(value: Any, depth: int = 0) -> JsonValue:
    """`value` as plain data. What has no such form becomes its `repr`."""
    if value is None or (isinstance(value, (bool, int, str)) and not isinstance(value, Enum)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, Enum):
        return plain(value.value, depth + 1)
    if isinstance(value, TEXTUAL):
        return str(value)
    if depth > DEEPEST:
        return repr(value)
    if isinstance(value, BaseMessage):
        return _message(value, depth)
    fields = _fields(value)
    if fields is not None:
        return {str(key): plain(held, depth + 1) for key, held in fields.items()}
    if isinstance(value, Set):
        return [plain(held, depth + 1) for held in sorted(value, key=repr)]
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
        return [plain(held, depth + 1) for held in value]
    return repr(value)


def _fields(value: Any) -> Mapping[Any, Any] | None:
    if isinstance(value, Mapping):
        return value
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return None


def _message(message: BaseMessage, depth: int) -> dict[str, JsonValue]:
    turn: dict[str, JsonValue] = {"role": ROLES.get(message.type, message.type), "content": str(message.text)}
    if message.name:
        turn["name"] = message.name
    if isinstance(message, AIMessage) and message.tool_calls:
        turn["tool_calls"] = [
            {"id": call["id"], "name": call["name"], "args": plain(call["args"], depth + 1)}
            for call in message.tool_calls
        ]
    if isinstance(message, ToolMessage):
        turn["tool_call_id"] = message.tool_call_id
        turn["status"] = message.status
    return turn
