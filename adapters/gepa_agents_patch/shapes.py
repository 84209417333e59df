"""A text whose fields are marked: the common form of f-strings, templates and prompts with slots. Knows only texts."""

import re
from collections.abc import Sequence

MARK = "\x00"
"""Stands around a field's number; a text that holds it already can't be handled."""

_MARKED = re.compile(f"{MARK}([0-9]+){MARK}")


def mark(number: int) -> str:
    """A field's place in a marked text."""
    return f"{MARK}{number}{MARK}"


def split(marked: str) -> list[str]:
    """Fixed parts and numbers of fields in turns, beginning and ending with a fixed part."""
    return _MARKED.split(marked)


def fill(marked: str, fields: Sequence[str]) -> str:
    """The text with each field's source in its place."""
    return _MARKED.sub(lambda found: fields[int(found[1])], marked)


def align(marked: str, slots: Sequence[str]) -> dict[str, str] | None:
    """Which slot is which field, when a marked text and one with `slots` in turns (see `pieces`) have one shape.

    From slot name to field's number; None when fixed parts differ, or one name would be two fields.
    """
    ours = split(marked)
    if len(ours) != len(slots) or ours[::2] != list(slots[::2]):
        return None
    named: dict[str, str] = {}
    for name, number in zip(slots[1::2], ours[1::2], strict=True):
        if named.setdefault(name, number) != number:
            return None
    return named if len(set(named.values())) == len(named) else None


def pieces(text: str, slots: Sequence[str]) -> list[str]:
    """A prompt's fixed parts and names of slots in turns. A brace that is no slot is literal."""
    if not slots:
        return [text]
    return re.split(r"\{(" + "|".join(map(re.escape, slots)) + r")\}", text)
