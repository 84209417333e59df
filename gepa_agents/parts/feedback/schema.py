"""Checks a tool's arguments against its JSON schema, as far as models get them wrong: required, type, enum.

Not a full validator: what it does not know (formats, patterns, bounds) it lets pass, so what it reports is wrong.
"""

from collections.abc import Iterator, Mapping

from gepa_agents.words.frozen import JsonValue

Schema = Mapping[str, JsonValue]
DEEPEST = 8
"""Levels of nesting that are looked into; schemas may refer to themselves."""


def mismatches(schema: Schema, value: JsonValue) -> Iterator[str]:
    """What is wrong with the arguments, in words."""
    yield from _object(schema, value, schema, "", 0) if isinstance(value, dict) else iter(())


def _mismatches(schema: JsonValue, value: JsonValue, root: Schema, path: str, depth: int) -> Iterator[str]:
    schema = _resolved(schema, root)
    if not isinstance(schema, dict) or depth > DEEPEST:
        return
    choices = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(choices, list):
        problems = [list(_mismatches(choice, value, root, path, depth + 1)) for choice in choices]
        if all(problems):
            yield min(problems, key=len)[0]
        return
    allowed = schema.get("enum")
    if isinstance(allowed, list) and value not in allowed:
        yield f"`{path}` must be one of {', '.join(map(repr, allowed[:12]))}"
    elif not _is(schema.get("type"), value):
        kinds = schema["type"]
        yield f"`{path}` must be of type {' or '.join(map(str, kinds)) if isinstance(kinds, list) else kinds}"
    elif isinstance(value, dict):
        yield from _object(schema, value, root, path, depth)
    elif isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from _mismatches(schema["items"], item, root, f"{path}[{index}]", depth + 1)


def _object(schema: Schema, value: Mapping[str, JsonValue], root: Schema, path: str, depth: int) -> Iterator[str]:
    prefix = f"{path}." if path else ""
    properties, required = schema.get("properties"), schema.get("required")
    for key in required if isinstance(required, list) else ():
        if isinstance(key, str) and key not in value:
            yield f"`{prefix}{key}` is missing"
    if not isinstance(properties, dict):
        return
    for key, part in value.items():
        if key in properties:
            yield from _mismatches(properties[key], part, root, f"{prefix}{key}", depth + 1)
        elif schema.get("additionalProperties") is False:
            yield f"there is no argument `{prefix}{key}`"


def _resolved(schema: JsonValue, root: Schema) -> JsonValue:
    """The schema that a local reference (`#/$defs/Name`) names; one step is enough for what tools declare."""
    reference = schema.get("$ref") if isinstance(schema, dict) else None
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return schema
    found: JsonValue = dict(root)
    for part in reference[2:].split("/"):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _is(kinds: JsonValue, value: JsonValue) -> bool:
    """Whether a value is of a JSON schema type, or of one of several; of an unknown type it always is.

    A number or boolean written as a text counts as one: pydantic, which most tools check with, takes it too.
    """
    if isinstance(kinds, list):
        return any(_is(kind, value) for kind in kinds)
    match kinds:
        case "string":
            return isinstance(value, str)
        case "integer":
            number = _number(value)
            return number is not None and number.is_integer()
        case "number":
            return _number(value) is not None
        case "boolean":
            return isinstance(value, bool) or (isinstance(value, str) and value.casefold() in ("true", "false"))
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
        case "null":
            return value is None
        case _:
            return True


def _number(value: JsonValue) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
