"""Aligns several texts at once: what stands in all of them in the same order, and where they differ.

After patience diff (Bram Cohen): runs of tokens that occur once in each text are the anchors; from them everything
that is equal in all texts is taken in. Linear in the length of the texts but for the order of the anchors, so that a
long inserted document costs nothing and repetition in it does no harm.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SHINGLE = 3
"""Tokens in a row that count as something in common; fewer are chance (`, `, `the `)."""
START, END = "<start>", "<end>"
"""Stand for the ends of a text, which are anchors too; no token reads like them."""
TOKEN = re.compile(r"\w+|\s|[^\w\s]")

Positions = tuple[int, ...]
"""One position in each text."""


def tokenised(text: str) -> list[str]:
    """Words, blanks and marks, with the ends of the text as tokens of their own."""
    return [START, *TOKEN.findall(text), END]


def numbered(tokens: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The shingles of a text and where they start; the whole text when it is shorter than one."""
    for at in range(max(len(tokens) - SHINGLE + 1, 1)):
        yield at, tuple(tokens[at : at + SHINGLE])


@dataclass(frozen=True)
class Part:
    """Tokens that stand in every text."""

    tokens: tuple[str, ...]
    gap: int
    """How many tokens differ between the part before and this one, where they are most."""

    touched_before: bool
    """Whether something other than a blank stands right before it in one of the texts."""
    touched_after: bool
    """The same, right after it."""

    @property
    def text(self) -> str:
        """The tokens as they stand."""
        return "".join(self.tokens)


def aligned(texts: Sequence[str]) -> list[Part]:
    """The parts that all texts share, in order, with something different between any two of them.

    The first part starts every text and the last one ends it; they may be empty. Equal texts give one part.
    """
    edged = [tokenised(text) for text in texts]
    ends = tuple(len(tokens) - 1 for tokens in edged)
    parts: list[Part] = []
    covered: Positions = tuple(0 for _ in edged)
    for anchor in [tuple(0 for _ in edged), *_anchors(edged), ends]:
        if any(at < until for at, until in zip(anchor, covered, strict=True)):
            continue  # part of the block before, or at odds with it
        first = _grown(edged, anchor, covered, -1)
        last = _grown(edged, anchor, tuple(end + 1 for end in ends), 1)
        gap = max(at - until for at, until in zip(first, covered, strict=True))
        tokens = edged[0][first[0] : last[0]]
        parts.append(
            Part(
                tokens=tuple(token for token in tokens if token not in (START, END)),
                gap=gap,
                touched_before=_touched(edged, tuple(at - 1 for at in first)),
                touched_after=_touched(edged, last),
            )
        )
        covered = last
    return parts


def _touched(texts: Sequence[Sequence[str]], positions: Positions) -> bool:
    return any(0 <= at < len(tokens) and not tokens[at].isspace() for tokens, at in zip(texts, positions, strict=True))


def _anchors(texts: Sequence[Sequence[str]]) -> list[Positions]:
    """Where the shingles stand that occur once in each text, as far as they come in the same order."""
    places = [_unique(tokens) for tokens in texts]
    common = set(places[0]).intersection(*places[1:])
    found = sorted(tuple(place[shingle] for place in places) for shingle in common)
    for text in range(1, len(texts)):
        found = _increasing(found, text)
    return found


def _unique(tokens: Sequence[str]) -> dict[tuple[str, ...], int]:
    times = Counter(shingle for _, shingle in numbered(tokens))
    return {shingle: at for at, shingle in numbered(tokens) if times[shingle] == 1}


def _increasing(found: Sequence[Positions], text: int) -> list[Positions]:
    """The longest subsequence whose positions in that text increase."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int | None] = []
    for number, positions in enumerate(found):
        at = bisect_left(tails, positions[text])
        before.append(ends[at - 1] if at else None)
        tails[at : at + 1] = [positions[text]]
        ends[at : at + 1] = [number]
    chain: list[Positions] = []
    link = ends[-1] if ends else None
    while link is not None:
        chain.append(found[link])
        link = before[link]
    return chain[::-1]


def _grown(texts: Sequence[Sequence[str]], start: Positions, limit: Positions, step: int) -> Positions:
    """From `start`, as far as all texts go on alike: to the end of the block (step 1), or back to its start (-1)."""
    at = start
    while True:
        near = at if step > 0 else tuple(one - 1 for one in at)
        if any(one >= bound if step > 0 else one < bound for one, bound in zip(near, limit, strict=True)):
            return at
        if len({tokens[one] for tokens, one in zip(texts, near, strict=True)}) > 1:
            return at
        at = tuple(one + step for one in at)
