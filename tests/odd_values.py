"""Values that files hold and nobody expects, and places in real records to put them."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Path = tuple[str | int, ...]

INSIDE = "\0json"
"""A step of a path: into the JSON that a text holds."""

numbers = st.sampled_from([0, -1, 2**63, -(2**63), 2**64, 10**25, 10**400, 0.5, -0.0, 1.7e308, 5e-324, -1e308])
CHARACTERS = ["\0", "a\0b", "\ud800", "\udfff\ud83d", "\u2028", "a\x85b", "\r", "\x1c", "\x1b[2J", "\u202e", "\ufeff"]
SYNTAX = """{ [ {} [] null NaN 1e999 0x1 -5 ` | &a *a << %s {city} ../x [[1,2 {'a':(1,)} {1:2} --- !!int ? # ="""
WORDS = """9999-12-31T23:59:59Z 0001-01-01 2024-02-30 system user tool human ai constructor assistant chat llm
execute_tool invoke_node LLM TOOL generation agent ERROR STATUS_CODE_ERROR CORRECTION pass train baseline password
mail@host.org sk-proj-a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3D4e5F6"""
LONG = ["A" * 5000, "[" * 150 + "]" * 150, "[" * 5000, "\n" * 300, "7" * 5000]
texts = st.sampled_from([*CHARACTERS, *SYNTAX.split(), *WORDS.split(), *LONG, "", " ", "\n", "a\nb\n"])
shapes = st.sampled_from(
    [
        ["human", "x"],
        [["ai", {}]],
        {"role": "user", "content": [None, 1, {"type": "text", "text": 5}]},
        {
            "lc": 1,
            "kwargs": {"content": [{"type": "tool_result", "content": [1]}], "tool_calls": [None, {"name": "x"}]},
        },
        {"parts": [None, {"type": "tool_call"}, {"type": "tool_call_response", "response": {"a": [1]}}]},
        {"generations": [[{"text": 1}]]},
        {"generations": [None]},
        {"function": {"name": {"a": 1}, "parameters": [1]}},
        [{"name": "x", "parameters": {"properties": {"a": None, "b": [], "c": {"type": ["string", None]}}}}],
        {"output": {"type": "tool", "content": {"a": 1}}},
        {"kvlistValue": {"values": [{"key": "a", "value": {"arrayValue": {"values": [None, {"intValue": "x"}]}}}]}},
        {"doubleValue": "NaN"},
        {"intValue": "7" * 5000},
        {"bytesValue": "AA=="},
    ]
)
scalars = st.none() | st.booleans() | numbers | texts | st.text(max_size=6) | st.integers() | st.floats()
values: st.SearchStrategy[Any] = st.recursive(
    scalars | shapes,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts | st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def replaced(value: Any, odds: list[tuple[int, Any]]) -> Any:
    """The value with some of its parts replaced. Each number chooses a place, at any depth, also in JSON in texts."""
    for number, new in odds:
        places = list(_places(value, ()))
        # Small numbers are drawn more often than large ones; spread, they reach all places alike.
        value = _put(value, places[(number * 2654435761 >> 8) % len(places)], new)
    return value


def _places(value: Any, path: Path) -> Iterator[Path]:
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, (*path, number))
    elif isinstance(value, str) and value[:1] in ("{", "["):
        try:
            inner = json.loads(value)
        except (ValueError, RecursionError):
            return
        yield from _places(inner, (*path, INSIDE))


def _put(value: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    step, rest = path[0], path[1:]
    if step == INSIDE:
        return json.dumps(_put(json.loads(value), rest, new))
    if isinstance(value, list):
        return [_put(inner, rest, new) if number == step else inner for number, inner in enumerate(value)]
    return {key: _put(inner, rest, new) if key == step else inner for key, inner in value.items()}
