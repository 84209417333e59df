"""Infers a prompt template from the texts that it produced: what all share is fixed, what differs is a slot.

An f-string leaves no trace of its fields, so they are read off several samples. Knows only texts.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence

from gepa_agents_langgraph.alignment import Part, aligned
from gepa_agents_langgraph.patterns import Pattern

WORD = re.compile(r"\w")
ENDING = re.compile(r"\A(?: *[.?!]+| +(?=[,;:]))")
"""All values may be questions, say; then the mark is theirs."""
OPENERS = ("(", "[", "{", "<", ">", '"', "'", "`", "=", ":", "#", "“")
"""What an author puts before a field without a space."""
ANCHOR = 4
"""Letters and digits that a fixed part needs to stand beside a slot; what has fewer belongs to the slot."""


def infer(samples: Iterable[str]) -> Pattern:
    """The pattern that produced the samples. One sample, or several equal ones, make a text without slots."""
    texts = sorted(set(samples))
    if len(texts) == 1:
        return Pattern(texts[0])
    parts = _anchored(aligned(texts), len(texts))
    pattern = _pattern(parts, texts)
    if all(pattern.match(text) is not None for text in texts):
        return pattern
    # A value holds a fixed part of its own template; the ends alone are certain.
    return _pattern([parts[0], parts[-1]], texts)


def _anchored(parts: Sequence[Part], samples: int) -> list[str]:
    """The parts without what values share by chance: half words beside a slot, and parts too short to tell."""
    if len(parts) == 1:
        return [parts[0].text]
    last = len(parts) - 1
    kept: list[str] = []
    for at, part in enumerate(parts):
        text = _trim(part, first=at == 0, last=at == last)
        inner = 0 < at < last
        if not _anchors(text) or (inner and _by_chance(part, parts[at + 1].gap, samples)):
            text = ""
        if text or not inner:
            kept.append(text)
    return kept


def _by_chance(part: Part, after: int, samples: int) -> bool:
    """Whether values of that length may share the part: the longer they are and the fewer, the more they share."""
    said = sum(one == "\n" or not one.isspace() for one in part.tokens)
    return said < 1 + math.log2(max(part.gap + after, 4) / 4) / (samples - 1)


def _trim(part: Part, first: bool, last: bool) -> str:
    """Give the slot what may be its value's: half a word (`2026-` of `on 2026-{…}`), and how a sentence ends."""
    text = part.text
    if not last and part.touched_after:
        chunk = re.search(r"\S*\Z", text)
        if chunk and WORD.search(chunk[0]) and not chunk[0].endswith(OPENERS):
            text = text[: chunk.start()]
    if not first:
        chunk = re.match(r"\S*", text)
        if chunk and part.touched_before and WORD.match(chunk[0][:1]):
            text = text[chunk.end() :]
        text = ENDING.sub("", text)
    return text


def _anchors(part: str) -> bool:
    return sum(map(len, WORD.findall(part))) >= ANCHOR


def _pattern(parts: Sequence[str], texts: Sequence[str]) -> Pattern:
    names = list(_names(len(parts) - 1, texts))
    slotted = "".join(part + (f"{{{name}}}") for part, name in zip(parts, names, strict=False))
    return Pattern(slotted + parts[-1], tuple(names))


def _names(count: int, texts: Sequence[str]) -> Iterator[str]:
    """`slot_1`, `slot_2`, …, or names that no text has in braces already."""
    stem = "slot"
    while any(f"{{{stem}_" in text for text in texts):
        stem += "_"
    return (f"{stem}_{number}" for number in range(1, count + 1))
