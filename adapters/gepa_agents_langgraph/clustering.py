"""Tells apart the prompts that one node issues, whatever was filled into them. Knows only texts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gepa_agents_langgraph.alignment import tokenised

SHINGLE = 5
"""Tokens in a row by which texts are compared: three words and the blanks between them."""
ALIKE = 0.5
"""Share of what two texts have in common, from which on they come from one prompt."""

Shingle = tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """A text that a node sent to its model."""

    run: int
    """Number of the trajectory: values differ between runs, fixed parts don't."""
    text: str


def cluster(samples: Sequence[Sample]) -> list[list[str]]:
    """The texts grouped by the prompt they came from, in order of first appearance.

    What stands in many runs weighs most: an inserted document is long, but it is of one run.
    """
    texts = list(dict.fromkeys(sample.text for sample in samples))
    shingles = {text: _shingles(text) for text in texts}
    weights = _weights(samples, shingles)
    groups: list[tuple[frozenset[Shingle], list[str]]] = []
    for text in texts:
        own = frozenset(shingle for shingle in shingles[text] if shingle in weights) or shingles[text]
        best, likeness = None, ALIKE
        for shared, members in groups:
            found = _alike(shared, own, weights)
            if found > likeness:
                best, likeness = members, found
        if best is None:
            groups.append((own, [text]))
        else:
            best.append(text)
    return [members for _, members in groups]


def _shingles(text: str) -> frozenset[Shingle]:
    tokens = tokenised(text)
    return frozenset(tuple(tokens[at : at + SHINGLE]) for at in range(max(len(tokens) - SHINGLE + 1, 1)))


def _weights(samples: Sequence[Sample], shingles: Mapping[str, frozenset[Shingle]]) -> dict[Shingle, int]:
    """How much a shingle says: the square of the further runs (of the further texts, in one run) that have it."""
    by_run: dict[int, set[Shingle]] = {}
    for sample in samples:
        by_run.setdefault(sample.run, set()).update(shingles[sample.text])
    several = by_run.values() if len(by_run) > 1 else shingles.values()
    seen = Counter(shingle for found in several for shingle in found)
    return {shingle: (times - 1) ** 2 for shingle, times in seen.items() if times > 1}


def _alike(one: frozenset[Shingle], other: frozenset[Shingle], weights: Mapping[Shingle, int]) -> float:
    common = sum(weights.get(shingle, 1) for shingle in one & other)
    return common / max(sum(weights.get(shingle, 1) for shingle in one | other), 1)
