"""What a graph takes and gives, read from its schemas without running it: for templates of tasks that it accepts."""

import dataclasses
import types
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

from langchain_core.messages import BaseMessage
from pydantic import BaseModel

from gepa_agents.words.frozen import JsonValue
from gepa_agents_langgraph.loading import AnyGraph
from gepa_agents_langgraph.structure import structure

DEEPEST = 5
"""Levels of records within records; a type may hold itself."""


@dataclass(frozen=True)
class Key:
    """One key of a state or of a context."""

    name: str
    kind: str
    """Its type, in a word or two."""
    required: bool
    example: JsonValue
    """A value of that type, to be replaced; None where the type tells nothing."""


@dataclass(frozen=True)
class Shape:
    """A graph from outside."""

    nodes: Mapping[str, bool]
    """Paths of its nodes, and whether a chat model is in reach of the node's code."""
    is_state: bool
    """Whether its input is a state with keys; a functional workflow takes anything."""
    inputs: tuple[Key, ...]
    """Keys of its input, as far as they are known."""
    outputs: tuple[str, ...]
    """Keys of what it returns; empty where that is no state."""
    context: tuple[Key, ...]
    """Keys of its runtime context; empty without one."""


def shape(graph: AnyGraph) -> Shape:
    """Read a compiled graph."""
    builder = getattr(graph, "builder", None)
    schema = getattr(builder, "input_schema", None)
    channels = graph.output_channels
    return Shape(
        nodes={name: code.model for name, code in structure(graph).code.items()},
        is_state=builder is not None,
        inputs=tuple(_keys(schema, 0)) if schema is not None else (),
        outputs=() if isinstance(channels, str) else tuple(channels),
        context=tuple(_keys(getattr(graph, "context_schema", None), 0)),
    )


def _keys(schema: object, depth: int) -> Iterator[Key]:
    """The keys of a TypedDict, a dataclass or a pydantic model; of another type none are known."""
    if not isinstance(schema, type) or depth > DEEPEST:
        return
    required = _required(schema)
    if required is None:
        return
    try:
        hints = get_type_hints(schema, include_extras=True)
    except (NameError, TypeError):  # written for type checkers, not to be evaluated
        hints = dict.fromkeys(getattr(schema, "__annotations__", {}), Any)
    for name, hint in hints.items():
        if not name.startswith("_"):
            kind, example = _example(hint, name, depth)
            yield Key(name, kind, name in required and not _may_be_none(hint), example)


def _required(schema: Any) -> Collection[str] | None:
    """Names of the keys that must be given; None when the type has no keys."""
    if hasattr(schema, "__required_keys__"):
        return frozenset(schema.__required_keys__)
    if issubclass(schema, BaseModel):
        return {name for name, field in schema.model_fields.items() if field.is_required()}
    if dataclasses.is_dataclass(schema):
        missing = dataclasses.MISSING
        fields = dataclasses.fields(schema)
        return {field.name for field in fields if field.default is missing and field.default_factory is missing}
    return None


def _example(hint: Any, name: str, depth: int) -> tuple[str, JsonValue]:
    """What a type is called, and a value of it."""
    hint = _bare(hint)
    if _of_messages(hint) or (name == "messages" and (get_origin(hint) or hint) is list):
        return "messages", [{"role": "user", "content": "what a user says"}]
    if get_origin(hint) in (Union, types.UnionType):
        return _example(next(one for one in get_args(hint) if one is not type(None)), name, depth)
    if get_origin(hint) is Literal:
        return _one_of(get_args(hint))
    kind = get_origin(hint) or hint
    if not isinstance(kind, type):
        return "anything", None
    if issubclass(kind, Enum):
        return _one_of([one.value for one in kind])
    plain: dict[type, tuple[str, JsonValue]] = {
        str: ("text", f"a text for {name}"),
        bool: ("true or false", False),  # before int, which it is one of
        int: ("whole number", 0),
        float: ("number", 0.0),
    }
    for one, told in plain.items():
        if issubclass(kind, one):
            return told
    if issubclass(kind, (list, tuple, set, frozenset)):
        return "list", []
    if issubclass(kind, dict) or _required(kind) is not None:
        return "object", {key.name: key.example for key in _keys(kind, depth + 1) if key.required}
    return kind.__name__, None


def _one_of(values: Sequence[object]) -> tuple[str, JsonValue]:
    first = next((value for value in values if isinstance(value, (str, int, float))), None)
    return "one of " + ", ".join(map(str, values)), first


def _bare(hint: Any) -> Any:
    """The type without what qualifies it."""
    while get_origin(hint) in (Annotated, Required, NotRequired):
        hint = get_args(hint)[0]
    return hint


def _may_be_none(hint: Any) -> bool:
    hint = _bare(hint)
    return get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint)


def _of_messages(hint: Any, depth: int = 0) -> bool:
    """Whether the type is a list of chat messages."""
    hint = _bare(hint)
    if isinstance(hint, type) and issubclass(hint, BaseMessage):
        return depth > 0
    return depth < DEEPEST and any(_of_messages(one, depth + 1) for one in get_args(hint))
