"""`python -m benchmarks.blame`: how often the component that is at fault is blamed first, beside round-robin."""

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import sqrt

from benchmarks.blame.scenes import World, world
from gepa_agents import Case
from gepa_agents.parts.feedback.blame import Blame, blame


def first(world: World, peers: Sequence[Case], blind: bool) -> float:
    """The chance that the culprit is rewritten first: 1, 0, or a share where several are blamed alike."""
    cases = [_blinded(case) for case in world.cases] if blind else world.cases
    found: Mapping[str, Blame] = blame(world.components, cases, solved=1.0, peers=peers)
    most = max((one.points for one in found.values()), default=0.0)
    leaders = [name for name, one in found.items() if one.points == most]
    return (world.culprit in leaders) / len(leaders)


def _blinded(case: Case) -> Case:
    """The case without what is expected, as for a metric that judges without a gold answer."""
    return case.model_copy(update={"task": case.task.model_copy(update={"expected": None})})


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", default="1000-1599")
    low, high = map(int, options.parse_args().seeds.split("-"))
    worlds = [one for one in map(world, range(low, high + 1)) if any(_failed(case) for case in one.cases)]
    columns = {
        "blame": lambda one: first(one, (), False),
        "and a solved run": lambda one: first(one, [case for case in one.solved if not _failed(case)], False),
        "no gold answer": lambda one: first(one, (), True),
        "no gold, a solved run": lambda one: first(one, [case for case in one.solved if not _failed(case)], True),
        "round-robin": lambda one: 1 / len(one.components),
    }
    rows: dict[str, list[World]] = defaultdict(list)
    for one in worlds:
        rows[one.shape].append(one)
    print(f"{len(worlds)} worlds; share in which the culprit is blamed first\n")
    print("| graph | worlds |", " | ".join(columns), "|")
    print("|---|---|" + "---|" * len(columns))
    for shape, group in [*sorted(rows.items()), ("**all**", worlds)]:
        cells = [[column(one) for one in group] for column in columns.values()]
        print(f"| {shape} | {len(group)} |", " | ".join(map(_cell, cells)), "|")


def _failed(case: Case) -> bool:
    return case.rollout.score is not None and case.rollout.score.value < 1


def _cell(values: Sequence[float]) -> str:
    """Mean and its 95 % interval (Wilson); for chances that are all the same kind of draw, no more than a guide."""
    n, p, z = len(values), sum(values) / len(values), 1.96
    middle, spread = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return f"{p:.2f} [{(middle - spread) / (1 + z * z / n):.2f}, {(middle + spread) / (1 + z * z / n):.2f}]"


if __name__ == "__main__":
    main()
