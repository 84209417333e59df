"""JSON from anybody: parsed without surprises, cleaned, and looked into without trust in its shape."""

import base64
import binascii
import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime

from gepa_agents.words.frozen import JsonValue

Object = dict[str, JsonValue]


class NotJson(Exception):
    """The text is no JSON; the message says where."""


def parsed(text: bytes | str) -> JsonValue:
    """The value of a JSON text, with NaN, infinities and halves of surrogate pairs made harmless. Raises `NotJson`."""
    try:
        value: JsonValue = json.loads(text, parse_constant=_nothing, parse_float=_finite)
    except RecursionError as error:
        raise NotJson("it is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at column {error.colno}") from error
    except UnicodeDecodeError as error:
        raise NotJson(f"it is not UTF-8 (byte {error.start})") from error
    except ValueError as error:  # an integer with thousands of digits
        raise NotJson(str(error).splitlines()[0]) from error
    escape = b"\\ud" if isinstance(text, bytes) else "\\ud"
    return _cleaned(value) if escape in text.lower() else value  # type: ignore[operator]


def loaded(value: JsonValue) -> JsonValue:
    """The value of a text that is JSON; what is no text, or no JSON (as when it was cut off), stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        return parsed(value)
    except NotJson:
        return value


def opened(value: JsonValue) -> JsonValue:
    """The object or list that a text holds; anything else stays as it is: a text may well read `42`, and be a text."""
    return loaded(value) if isinstance(value, str) and value[:1] in ("{", "[") else value


def opened_object(value: JsonValue) -> JsonValue:
    """An object that stands in a text, as models write arguments; anything else stays as it is."""
    found = opened(value)
    return found if isinstance(found, dict) else value


def objects(value: JsonValue) -> Iterator[Object]:
    """The objects in a list; nothing when it is no list."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def inside(value: JsonValue, *path: str) -> JsonValue:
    """What stands below keys, one after the other; None where one is missing."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def said(value: JsonValue) -> str:
    """A value as a text for people: itself, or its JSON; empty for None."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def number(value: JsonValue) -> float | None:
    """A finite number, true and false as 1 and 0; None for what is none."""
    if not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def identity(value: JsonValue, size: int) -> str:
    """An id as lower-case hex digits. OTLP/JSON writes hex; some writers use protobuf's base64, told by its length."""
    if not isinstance(value, str):
        return ""
    if len(value) == -(-size // 3) * 4:
        try:
            return base64.b64decode(value, validate=True).hex()
        except (binascii.Error, ValueError):
            return value
    return value.lower()


def nanoseconds(value: JsonValue) -> int:
    """A time in ISO 8601 as nanoseconds of the Unix epoch; without a zone it is UTC; 0 for what is no time."""
    if not isinstance(value, str):
        return 0
    try:
        moment = datetime.fromisoformat(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return 0
    return max((since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000, 0)


def _nothing(name: str) -> None:
    del name  # NaN and Infinity are no JSON


def _finite(text: str) -> float | None:
    found = float(text)
    return found if math.isfinite(found) else None


def _cleaned(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {str(_cleaned(key)): _cleaned(item) for key, item in value.items()}
    return value
