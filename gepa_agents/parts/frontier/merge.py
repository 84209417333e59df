"""Merge: system-aware crossover of two lineages at their common ancestor (GEPA, Algorithms 3 and 4, appendix F).

Knows candidates, parentage and mean scores. Every choice is made over sorted lists, so that the outcome depends on
the generator alone, never on the order of a set.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random

from gepa_agents.words.candidate import Candidate


@dataclass(frozen=True)
class Descent:
    """A pool member as merge sees it."""

    candidate: Candidate
    parents: tuple[int, ...]
    """Numbers of its parents in the pool."""
    mean: float
    """Mean score on val."""


@dataclass(frozen=True)
class Merge:
    """A child of two candidates that takes over what each of them changed since their common ancestor."""

    child: Candidate
    one: int
    other: int
    ancestor: int
    taken: tuple[str, ...]
    """Components that the child has from `other` instead of `one`."""


def propose(pool: Sequence[Descent], frontier: Sequence[int], tried: frozenset[str], random: Random) -> Merge | None:
    """A merge of two candidates on the frontier; None when no pair has complementary changes.

    `tried` holds the ids of candidates that need no second try.
    """
    ancestry = [_ancestors(pool, number) for number in range(len(pool))]
    pairs = [
        (one, other)
        for one, other in combinations(sorted(frontier), 2)
        if one not in ancestry[other] and other not in ancestry[one]
    ]
    random.shuffle(pairs)
    for one, other in pairs:
        common = sorted(ancestry[one] & ancestry[other])
        common = [a for a in common if pool[a].mean <= min(pool[one].mean, pool[other].mean)]
        random.shuffle(common)
        for ancestor in common:
            merge = _combine(pool, one, other, ancestor, random)
            if merge is not None and merge.child.id not in tried:
                return merge
    return None


def _ancestors(pool: Sequence[Descent], number: int) -> frozenset[int]:
    found: set[int] = set()
    open_ = list(pool[number].parents)
    while open_:
        parent = open_.pop()
        if parent not in found:
            found.add(parent)
            open_.extend(pool[parent].parents)
    return frozenset(found)


def _combine(pool: Sequence[Descent], one: int, other: int, ancestor: int, random: Random) -> Merge | None:
    texts: dict[str, str] = {}
    taken: list[str] = []
    complementary = False
    a, i, j = (pool[number].candidate.texts for number in (ancestor, one, other))
    for name in sorted({*a, *i, *j}):
        ours, theirs, old = i.get(name), j.get(name), a.get(name)
        take = False
        if ours != theirs and old in (ours, theirs):
            complementary = True
            take = old == ours
        elif ours != theirs:
            take = _better(pool[other].mean, pool[one].mean, random)
        text = theirs if take else ours
        if take:
            taken.append(name)
        if text is not None:
            texts[name] = text
    if not complementary:
        return None
    parents = (pool[one].candidate.id, pool[other].candidate.id)
    return Merge(Candidate(texts, parents), one, other, ancestor, tuple(taken))


def _better(mean: float, than: float, random: Random) -> bool:
    return mean > than if mean != than else random.random() < 0.5


def subsample(one: Sequence[float], other: Sequence[float], size: int, random: Random) -> list[int]:
    """Val tasks on which a merged child is tried first: evenly those where one, the other, or neither parent is better.

    The official engine's way (5 tasks, stratified); returns at most `size` positions, sorted.
    """
    better: Mapping[str, list[int]] = {"one": [], "other": [], "neither": []}
    for position, (a, b) in enumerate(zip(one, other, strict=True)):
        better["one" if a > b else "other" if b > a else "neither"].append(position)
    share = -(-size // 3)
    chosen: list[int] = []
    for positions in better.values():
        chosen += random.sample(positions, min(share, len(positions), size - len(chosen)))
    rest = [position for position in range(len(one)) if position not in chosen]
    chosen += random.sample(rest, min(size - len(chosen), len(rest)))
    return sorted(chosen)
