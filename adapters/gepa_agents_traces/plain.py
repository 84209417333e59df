"""JSON from anybody: parsed without surprises, cleaned, and looked into without trust in its shape."""

import base64
import binascii
import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime

from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.nesting import DEEPEST, too_deep

Object = dict[str, JsonValue]


class NotJson(Exception):
    """The text is no JSON; the message says why, and `line` on which of its lines, counted from 1."""

    def __init__(self, why: str, line: int = 1) -> None:
        super().__init__(why)
        self.line = line


def parsed(text: bytes | str) -> JsonValue:
    """The value of a JSON text, with NaN, infinities and halves of surrogate pairs made harmless. Raises `NotJson`,
    also for what is nested too deeply to be written and read again."""
    try:
        written = text if isinstance(text, str) else text.decode()
        value: JsonValue = json.loads(written, parse_constant=_nothing, parse_float=_finite)
    except RecursionError as error:
        raise NotJson("it is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at column {error.colno}", error.lineno) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise NotJson(f"it is not UTF-8 (byte {error.start})", line) from error
    except ValueError as error:  # an integer with thousands of digits
        raise NotJson(str(error).splitlines()[0]) from error
    # Counting is cheap: most texts have fewer brackets than they might have levels.
    if written.count("[") + written.count("{") > DEEPEST and too_deep(value):
        raise NotJson("it is nested too deeply")
    return _cleaned(value) if "\\ud" in written or "\\uD" in written else value


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
    """An id of `size` bytes as lower-case hex digits. OTLP/JSON writes hex; some writers use protobuf's base64, told by
    what it decodes to."""
    if not isinstance(value, str):
        return ""
    if len(value) == -(-size // 3) * 4:
        try:
            decoded = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            decoded = b""
        if len(decoded) == size:
            return decoded.hex()
    return value.lower()


def nanoseconds(value: JsonValue) -> int:
    """A time in ISO 8601 as nanoseconds of the Unix epoch; without a zone it is UTC; 0 for what is no time, and for
    years that 64 bits don't reach, as the 9999 that stands for "never"."""
    if not isinstance(value, str):
        return 0
    try:
        moment = datetime.fromisoformat(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return 0
    return bounded((since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000)


def bounded(number: int) -> int:
    """A time or a count that a 64-bit integer holds; 0 for any other."""
    return number if 0 <= number < 2**63 else 0


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
