"""Merge: system-aware crossover of two lineages at their common ancestor (GEPA, Algorithms 3 and 4, appendix F).

Knows candidates, parentage and mean scores. Every choice is made over sorted lists, so that the outcome depends on
the generator alone, never on the order of a set.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice
from math import isqrt
from random import Random

from gepa_agents.words.candidate import Candidate

PAIRS = 1000
"""So many pairs are drawn at most: all that a frontier of 45 candidates has, so only larger ones can be left without a
merge that would have been possible."""
TRIES = 1000
"""So many times at most a pair is put together over one of its common ancestors."""


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
    both: tuple[str, ...] = ()
    """Components that both changed, each in its own way; the child has the text of whichever has the better mean."""

    @property
    def key(self) -> str:
        """What tells it from other merges: the child as it is, or the pair when texts have yet to be combined."""
        return "+".join(self.child.parents) if self.both else self.child.id


def propose(pool: Sequence[Descent], frontier: Sequence[int], tried: AbstractSet[str], random: Random) -> Merge | None:
    """A merge of two candidates on the frontier; None when none was found.

    In the pool parents stand before their children. `tried` holds the ids of candidates, and the keys of merges, that
    need no second try. Pairs are drawn until one fits, at most `PAIRS` of them and `TRIES` of their ancestors: below
    that, a None says that no pair has changes to combine.
    """
    for one, other, ancestor in islice(_lineages(pool, sorted(frontier), random), TRIES):
        merge = _combine(pool, one, other, ancestor, random)
        if merge is not None and merge.key not in tried:
            return merge
    return None


def _lineages(pool: Sequence[Descent], frontier: Sequence[int], random: Random) -> Iterator[tuple[int, int, int]]:
    """Pairs of which neither descends from the other, each with its common ancestors that are no better than both."""
    ancestry = _ancestry(pool)
    pairs = len(frontier) * (len(frontier) - 1) // 2
    for drawn in random.sample(range(pairs), min(pairs, PAIRS)):
        one, other = (frontier[place] for place in _pair(drawn))
        if ancestry[other] >> one & 1 or ancestry[one] >> other & 1:
            continue
        if pool[one].candidate.id == pool[other].candidate.id:
            continue
        least = min(pool[one].mean, pool[other].mean)
        common = [number for number in _numbers(ancestry[one] & ancestry[other]) if pool[number].mean <= least]
        random.shuffle(common)
        for ancestor in common:
            yield one, other, ancestor


def _ancestry(pool: Sequence[Descent]) -> list[int]:
    """For each candidate its ancestors, as an integer in which bit n stands for candidate n."""
    ancestry: list[int] = []
    for descent in pool:
        ancestors = 0
        for parent in descent.parents:
            ancestors |= ancestry[parent] | 1 << parent
        ancestry.append(ancestors)
    return ancestry


def _pair(number: int) -> tuple[int, int]:
    """Pair `number` of (0, 1), (0, 2), (1, 2), (0, 3), …"""
    other = (1 + isqrt(1 + 8 * number)) // 2
    return number - other * (other - 1) // 2, other


def _numbers(bits: int) -> Iterator[int]:
    """The bits that are set, lowest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _combine(pool: Sequence[Descent], one: int, other: int, ancestor: int, random: Random) -> Merge | None:
    texts: dict[str, str] = {}
    taken: list[str] = []
    both: list[str] = []
    complementary = False
    a, i, j = (pool[number].candidate.texts for number in (ancestor, one, other))
    for name in sorted({*a, *i, *j}):
        ours, theirs, old = i.get(name), j.get(name), a.get(name)
        take = False
        if ours != theirs and old in (ours, theirs):
            complementary = True
            take = old == ours
        elif ours != theirs:
            both.append(name)
            take = _better(pool[other].mean, pool[one].mean, random)
        text = theirs if take else ours
        if take:
            taken.append(name)
        if text is not None:
            texts[name] = text
    if not both and (not complementary or texts in (i, j)):
        return None
    parents = (pool[one].candidate.id, pool[other].candidate.id)
    return Merge(Candidate(texts, parents), one, other, ancestor, tuple(taken), tuple(both))


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
