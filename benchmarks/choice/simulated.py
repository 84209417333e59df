"""Simulated pools whose truth is known: candidates that descend from each other, on tasks of different difficulty.

A child differs from its parent in ability as a whole and task by task, so siblings are alike and each has tasks of its
own; it is in the pool because it beat its parent on three tasks, as in a real search. A rollout scores 1 with the
probability of its candidate and task; a graded score is the mean of four such draws.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp
from random import Random
from statistics import fmean

from benchmarks.choice.winner import Case


@dataclass(frozen=True)
class Kind:
    """A kind of pool."""

    name: str
    step: float
    """Spread of a child's ability around its parent's, in logits."""
    own: float
    """Spread of a child's ability on single tasks around its parent's."""
    sharpness: float
    """How much of a score is settled by candidate and task: 3 is nearly no luck in a rollout, 0.5 mostly luck."""
    draws: int = 1


KINDS = (
    Kind("large steps", step=0.4, own=0.6, sharpness=1),
    Kind("small steps", step=0.1, own=0.3, sharpness=1),
    Kind("little luck", step=0.15, own=0.5, sharpness=3),
    Kind("much luck", step=0.4, own=0.3, sharpness=0.5),
    Kind("graded", step=0.3, own=0.6, sharpness=1, draws=4),
)


def pools(kind: Kind, candidates: int, val: int, number: int, seed: int) -> Iterator[Case]:
    """So many pools of a kind; there are twice as many fresh tasks as val tasks."""
    for one in range(number):
        yield _pool(kind, candidates, val, Random(f"{kind.name}/{candidates}/{val}/{seed}/{one}"))


def _pool(kind: Kind, candidates: int, val: int, random: Random) -> Case:
    tasks = 3 * val + 200  # those beyond val and fresh make the truth broader than what is looked at
    ease = random.gauss(0.5, 0.5)
    logits = [[random.gauss(ease, 2) for _ in range(tasks)]]
    chances = [_chances(logits[0], kind)]
    while len(logits) < candidates:
        noisy = [fmean(row) + random.gauss(0, 0.04) for row in chances]
        parent = random.randrange(len(logits)) if random.random() < 0.3 else noisy.index(max(noisy))
        step = random.gauss(-0.05, kind.step)
        child = [one + step + random.gauss(0, kind.own) for one in logits[parent]]
        likely = _chances(child, kind)
        minibatch = random.sample(range(tasks), 3)
        before = sum(_score(chances[parent][task], kind, random) for task in minibatch)
        if sum(_score(likely[task], kind, random) for task in minibatch) > before:
            logits.append(child)
            chances.append(likely)
    seen = [[_score(chance, kind, random) for chance in row[: 3 * val]] for row in chances]
    return Case([row[:val] for row in seen], [row[val:] for row in seen], [fmean(row) for row in chances])


def _chances(logits: list[float], kind: Kind) -> list[float]:
    return [1 / (1 + exp(-kind.sharpness * one)) for one in logits]


def _score(chance: float, kind: Kind, random: Random) -> float:
    return sum(random.random() < chance for _ in range(kind.draws)) / kind.draws
