"""A text whose fields are marked: the common form of f-strings, templates and prompts with slots. Knows only texts."""

import re
from collections.abc import Sequence

MARK = "\x00"
"""Stands around a field's number; a text that holds it already can't be handled."""

_SLOT = f"(?:[^{MARK}]|{MARK}[0-9]+{MARK})+"
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


def carry(marked: str, own: Sequence[str], tuned: Sequence[str]) -> str | None:
    """The marked text of a prompt with other fixed parts; both prompts in fixed parts and slots (see `pieces`).

    A slot may be a field and some text around it, as far as it was seen to vary. None when `marked` is not the own
    prompt, or could be divided into its slots in two ways.
    """
    slots = _slots(marked, own)
    if slots is None or not set(tuned[1::2]) <= set(slots):
        return None
    parts = list(tuned)
    parts[1::2] = [slots[name] for name in tuned[1::2]]
    return "".join(parts)


def _slots(marked: str, own: Sequence[str]) -> dict[str, str] | None:
    """What each slot is in the marked text; every slot has a field, and no fixed part has one."""
    found = [_divided(marked, own, _SLOT + more) for more in ("?", "")]
    if found[0] is None or found[0] != found[1]:
        return None
    named: dict[str, str] = {}
    for name, slot in zip(own[1::2], found[0], strict=True):
        if MARK not in slot or named.setdefault(name, slot) != slot:
            return None
    return named


def _divided(marked: str, own: Sequence[str], slot: str) -> tuple[str, ...] | None:
    pattern = f"({slot})".join(map(re.escape, own[::2]))
    match = re.fullmatch(pattern, marked)
    return None if match is None else match.groups()


def pieces(text: str, slots: Sequence[str]) -> list[str]:
    """A prompt's fixed parts and names of slots in turns. A brace that is no slot is literal."""
    if not slots:
        return [text]
    return re.split(r"\{(" + "|".join(map(re.escape, slots)) + r")\}", text)
