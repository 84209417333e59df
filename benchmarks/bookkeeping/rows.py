"""The same scores for both engines: one row for each candidate, a function of its number alone."""

from collections.abc import Iterator
from random import Random
from typing import Literal

Kind = Literal["binary", "continuous"]

COMPONENTS = ("planner", "solver", "writer")
TEXT = "Say what you know, and how you know it. " * 38
"""1.5 kB, as prompts are."""


def row(number: int, tasks: int, kind: Kind) -> list[float]:
    """Scores of candidate `number` on the val tasks: 0 or 1, so that many tie, or all different."""
    random = Random(f"{kind}/{tasks}/{number}")
    if kind == "continuous":
        return [random.random() for _ in range(tasks)]
    solved = 0.3 + 0.4 * min(1.0, number / 300)
    return [float(random.random() < solved) for _ in range(tasks)]


def changes() -> Iterator[tuple[str, str]]:
    """Component and text of one mutation after the other."""
    number = 0
    while True:
        yield COMPONENTS[number % len(COMPONENTS)], f"{TEXT}{number}"
        number += 1
