"""Reads TOML, and refuses what the language allows and nobody has a use for. Doesn't know what a file should say."""

import math
import tomllib
from collections.abc import Iterator

from gepa_agents.words.nesting import too_deep

Path = tuple[str, ...]


class Unreadable(Exception):
    """A text is no TOML; the message says why, in words that go on a sentence."""


def document(text: str) -> dict[str, object]:
    """The tables of a text. Raises `Unreadable`, also for nesting and numbers beyond what Python reads."""
    try:
        found: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        raise Unreadable(said[:1].lower() + said[1:]) from error
    except ValueError as error:
        raise Unreadable("a number has too many digits") from error
    except RecursionError as error:
        raise Unreadable("it is nested too deeply") from error
    if too_deep(found):
        raise Unreadable("it is nested too deeply")
    return found


def unusable(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Where a document holds what no table takes, and what to do: null characters, numbers that are none."""
    match value:
        case dict():
            for key, inner in value.items():
                yield from unusable(key, (*path, key))
                yield from unusable(inner, (*path, key))
        case list():
            for number, inner in enumerate(value):
                yield from unusable(inner, (*path, str(number)))
        case str() if "\0" in value:
            yield path, "it holds a null character; take it out"
        case int() if not -(2**63) <= value < 2**63:
            yield path, "a number of more than 64 bits; write a smaller one"
        case float() if not math.isfinite(value):
            yield path, f"{value} is no number to work with; write one, or leave the key out"
        case _:
            pass
