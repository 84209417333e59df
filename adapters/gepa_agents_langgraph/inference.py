"""Infers a prompt template from the texts that it produced: what all share is fixed, what differs is a slot.

An f-string leaves no trace of its fields, so they are read off several samples. Also tells apart the prompts that one
node issues. Knows only texts.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from gepa_agents_langgraph.patterns import Pattern

TOKEN = re.compile(r"\w+|\s|[^\w\s]")
WORD = re.compile(r"\w")
OPENERS = ("(", "[", "{", "<", ">", '"', "'", "`", "=", ":", "#", "“")
"""What an author puts before a field without a space."""
SHINGLE = 3
"""Tokens in a row that must be shared for a token to count as fixed; less is chance (`, `, `the `)."""
ALIKE = 0.5
"""Share of common fixed shingles above which two texts come from one prompt."""
ANCHOR = 4
"""Letters and digits that a fixed part needs to stand beside a slot; what has fewer belongs to the slot."""

Shingles = frozenset[tuple[str, ...]]


def infer(samples: Iterable[str]) -> Pattern:
    """The pattern that produced the samples. One sample, or several equal ones, make a text without slots."""
    texts = sorted(set(samples))
    if len(texts) == 1:
        return Pattern(texts[0])
    tokens = [_tokens(text) for text in texts]
    common = frozenset.intersection(*map(_shingles, tokens))
    masked = [_mask(one, common) for one in tokens]
    fixed = masked[0]
    for one in masked[1:]:
        fixed = _align(fixed, one)
    parts = _anchored(_parts(fixed))
    pattern = _pattern(parts, texts)
    if all(pattern.match(text) is not None for text in texts):
        return pattern
    # The alignment took fixed parts out of order; the ends alone are certain.
    return _pattern(_anchored([parts[0], parts[-1]]) if len(parts) > 1 else ["", ""], texts)


@dataclass(frozen=True)
class Sample:
    """A text that a node sent to its model."""

    run: int
    """Number of the trajectory: values differ between runs, fixed parts don't."""
    text: str


def cluster(samples: Sequence[Sample]) -> list[list[str]]:
    """The texts grouped by the prompt they came from, in order of first appearance, whatever was filled in.

    Texts are compared by what they share with other runs: an inserted document is long, but it is of one run.
    """
    texts = list(dict.fromkeys(sample.text for sample in samples))
    shingles = {text: _shingles(_tokens(text)) for text in texts}
    fixed = _recurring(samples, shingles)
    groups: list[tuple[Shingles, list[str]]] = []
    for text in texts:
        own = frozenset(shingles[text] & fixed) or shingles[text]
        best = max(groups, key=lambda group: _alike(group[0], own), default=None)
        if best is not None and _alike(best[0], own) > ALIKE:
            best[1].append(text)
        else:
            groups.append((own, [text]))
    return [members for _, members in groups]


def _recurring(samples: Sequence[Sample], shingles: dict[str, Shingles]) -> Shingles:
    """Shingles seen in several runs, or in several texts when there is one run."""
    seen: Counter[tuple[str, ...]] = Counter()
    by_run: dict[int, set[tuple[str, ...]]] = {}
    for sample in samples:
        by_run.setdefault(sample.run, set()).update(shingles[sample.text])
    for found in shingles.values() if len(by_run) == 1 else by_run.values():
        seen.update(found)
    return frozenset(shingle for shingle, times in seen.items() if times > 1)


def _alike(one: Shingles, other: Shingles) -> float:
    return len(one & other) / max(len(one | other), 1)


def _tokens(text: str) -> list[str]:
    return TOKEN.findall(text)


def _shingles(tokens: Sequence[str]) -> Shingles:
    edged = ["\x02", *tokens, "\x03"]
    return frozenset(tuple(edged[at : at + SHINGLE]) for at in range(max(len(edged) - SHINGLE + 1, 1)))


Gap = int
"""Stands for tokens that differ between samples; each gap is unlike any other."""


def _mask(tokens: Sequence[str], common: Shingles) -> list[str | Gap]:
    edged = ["\x02", *tokens, "\x03"]
    kept = [False] * len(edged)
    for at in range(len(edged) - SHINGLE + 1):
        if tuple(edged[at : at + SHINGLE]) in common:
            kept[at : at + SHINGLE] = [True] * SHINGLE
    masked: list[str | Gap] = []
    for number, (token, keep) in enumerate(zip(edged[1:-1], kept[1:-1], strict=True)):
        if keep:
            masked.append(token)
        elif not masked or isinstance(masked[-1], str):
            masked.append(number)
    return masked


def _align(fixed: Sequence[str | Gap], sample: Sequence[str | Gap]) -> list[str | Gap]:
    """The tokens that both share in order, with a gap wherever either has something else."""
    # Gaps of one side must not equal those of the other, so they are told apart by sign.
    left = [-1 - token if isinstance(token, int) else token for token in fixed]
    aligned: list[str | Gap] = []
    at_left = at_right = 0
    for block in SequenceMatcher(None, left, sample, autojunk=False).get_matching_blocks():
        if block.a > at_left or block.b > at_right:
            aligned.append(len(aligned))
        aligned.extend(sample[block.b : block.b + block.size])
        at_left, at_right = block.a + block.size, block.b + block.size
    return aligned


def _parts(fixed: Iterable[str | Gap]) -> list[str]:
    parts = [""]
    for token in fixed:
        if isinstance(token, int):
            parts.append("")
        else:
            parts[-1] += token
    return parts


def _anchored(parts: Sequence[str]) -> list[str]:
    """The parts without what values share by chance: half words beside a slot, and parts too short to tell."""
    if len(parts) == 1:
        return list(parts)
    last = len(parts) - 1
    trimmed = [_trim(part, left=at > 0, right=at < last) for at, part in enumerate(parts)]
    kept = [part if _anchors(part) else "" for part in trimmed]
    return [kept[0], *(part for part in kept[1:-1] if part), kept[-1]]


def _trim(part: str, left: bool, right: bool) -> str:
    """Give the slot what touches it without a space and has letters: of `on 2026-{…}`, `2026-` is a value's."""
    if right:
        chunk = re.search(r"\S*\Z", part)
        if chunk and WORD.search(chunk[0]) and not chunk[0].endswith(OPENERS):
            part = part[: chunk.start()]
    if left:
        chunk = re.match(r"\S*", part)
        if chunk and WORD.match(chunk[0][:1]):
            part = part[chunk.end() :]
    return part


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
