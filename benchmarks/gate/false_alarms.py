"""How often `evaluate --baseline` calls a candidate worse that is none, and how often a loss exceeds what it warned of.

Invented tasks and scores, no model. `python benchmarks/gate/false_alarms.py [trials]` prints the table of the README.
"""

import sys
from collections.abc import Callable
from random import Random

from gepa_agents.parts.statistics.intervals import paired
from gepa_agents.parts.statistics.unseen import unseen_loss

Scores = tuple[list[float], list[float]]


def flaky(share: float) -> Callable[[Random, int], Scores]:
    """Tasks that succeed always, but for a share that succeeds every other time, with either configuration."""

    def made(random: Random, tasks: int) -> Scores:
        chances = [0.5 if random.random() < share else 1.0 for _ in range(tasks)]
        before, after = ([float(random.random() < chance) for chance in chances] for _ in range(2))
        return before, after

    return made


def graded(random: Random, tasks: int) -> Scores:
    """Tasks of any difficulty, scored by a judge whose mark wanders by 0.2."""
    levels = [random.random() for _ in range(tasks)]
    before, after = ([min(1.0, max(0.0, random.gauss(level, 0.2))) for level in levels] for _ in range(2))
    return before, after


def lost(share: float) -> Callable[[Random, int], Scores]:
    """A share of all tasks is lost outright with the new configuration; the others are solved by both."""

    def made(random: Random, tasks: int) -> Scores:
        return [1.0] * tasks, [float(random.random() >= share) for _ in range(tasks)]

    return made


def main(trials: int) -> None:
    """Print both tables."""
    random = Random(0)
    print("| the same configuration twice | 8 tasks | 20 tasks | 50 tasks |\n|---|---|---|---|")
    worlds = (("one task in ten is flaky", flaky(0.1)), ("every second task is flaky", flaky(0.5)), ("graded", graded))
    for name, world in worlds:
        cells = []
        for tasks in (8, 20, 50):
            alarms = sum(paired(*world(random, tasks)).high < 0 for _ in range(trials))
            cells.append(f"{alarms / trials:.1%}")
        print(f"| {name} | {' | '.join(cells)} |")
    print("\n| tasks lost outright | 8 tasks | 20 tasks | 50 tasks |\n|---|---|---|---|")
    for share in (0.05, 0.1, 0.2, 0.3):
        cells = []
        for tasks in (8, 20, 50):
            worse = beyond = 0
            for _ in range(trials):
                before, after = lost(share)(random, tasks)
                found = paired(before, after).high < 0
                worse += found
                beyond += not found and unseen_loss(before, after) < share
            cells.append(f"{worse / trials:.1%}, {beyond / trials:.1%}")
        print(f"| {share:.0%} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
