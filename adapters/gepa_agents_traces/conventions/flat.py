"""Attributes whose names spell a path (`llm.input_messages.0.message.role`), put back into lists and objects."""

from gepa_agents.words.frozen import JsonValue
from gepa_agents_traces.plain import Object
from gepa_agents_traces.span import Attributes


def nested(attributes: Attributes, prefix: str) -> JsonValue:
    """What stands below `prefix`: a value that is there as a whole, or what its flattened parts make; None for nothing.

    Lists may have gaps, where an instrumentation left something out.
    """
    if prefix in attributes:
        return attributes[prefix]
    tree: Object = {}
    for name, value in attributes.items():
        if name.startswith(f"{prefix}."):
            _put(tree, name[len(prefix) + 1 :].split("."), value)
    return _listed(tree) if tree else None


def _put(tree: Object, path: list[str], value: JsonValue) -> None:
    for key in path[:-1]:
        below = tree.setdefault(key, {})
        if not isinstance(below, dict):
            return  # a value, and parts of it, under one name
        tree = below
    tree.setdefault(path[-1], value)


def _listed(value: JsonValue) -> JsonValue:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdecimal() and key.isascii() for key in value):
        return [_listed(value[key]) for key in sorted(value, key=lambda key: (len(key), key))]
    return {key: _listed(below) for key, below in value.items()}
