"""Compares rules of choosing, stopping and accepting: `python -m benchmarks.choice FOLDER`; see README.md beside this.

Without a folder of recorded matrices, only what is simulated is printed.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from statistics import fmean

from benchmarks.choice import acceptance, landscapes, simulated, stopping, winner
from benchmarks.choice.matrices import Matrix, load
from benchmarks.search.families import FAMILIES

BLOCKS = (4, 8, 16, 32)
SIZES = ((5, 30), (5, 100), (20, 30), (20, 100), (60, 30), (60, 100))
"""Candidates and val tasks of the simulated pools."""


def main() -> None:
    """Print what the command line asks for."""
    options = _options()
    wanted = options.tables.split(",")
    matrices = load(options.folder) if options.folder else []
    if matrices and "winner" in wanted:
        _winner("Recorded runs", {m.name: _splits(m, options.draws) for m in matrices})
    if "simulated" in wanted:
        for kind in simulated.KINDS:
            cases = {f"{n} × {v}": simulated.pools(kind, n, v, options.pools, 0) for n, v in SIZES}
            _winner(f"Simulated pools, {kind.name} (candidates × val tasks)", cases)
    if "landscapes" in wanted:
        _landscapes(options.seeds, options.budget)
    if matrices and "stopping" in wanted:
        _stopping(matrices, options.draws)
    if matrices and "acceptance" in wanted:
        _acceptance(matrices, max(1, options.draws // 10))


def _splits(matrix: Matrix, draws: int) -> Iterable[winner.Case]:
    random = Random(0)
    return (winner.split(matrix, random) for _ in range(draws))


def _winner(title: str, pools: Mapping[str, Iterable[winner.Case]]) -> None:
    names = ["plain", *(f"re-check {passes:g}" for passes in winner.ALLOWANCES[1:])]
    bias = ["optimism of the mean", *(f"optimism {passes:g}" for passes in winner.ALLOWANCES)]
    spent = [f"spent {passes:g}" for passes in winner.ALLOWANCES[1:]]
    rows = []
    every = []
    for name, cases in pools.items():
        found = winner.average(iter(cases))
        every.append(found)
        rows.append((name, found))
    rows.append(("mean", {name: fmean(one[name] for one in every) for name in every[0]}))
    heading = ["", "an average one", *names, "the best", *bias, *spent]
    lines = [[name, *(f"{found[key]:.3f}" for key in ("any", *names, "best", *bias, *spent))] for name, found in rows]
    _table(title + ": true value of who is chosen, optimism, val passes spent", heading, lines)


def _landscapes(seeds: int, budget: int) -> None:
    keys = ["leader", "without", "re-check", "best", "leader's mean", "optimism without", "optimism re-check"]
    keys.append("rollouts re-check")
    every = {family: list(landscapes.searches(family, seeds, budget)) for family in FAMILIES}
    every["mean"] = [one for found in every.values() for one in found]
    lines = [[family, *(f"{fmean(one[key] for one in found):.3f}" for key in keys)] for family, found in every.items()]
    _table(f"Searches of {budget} rollouts, {seeds} worlds a family: true quality of who is chosen", ["", *keys], lines)
    for key in ("without", "re-check"):
        gains = [one[key] - one["leader"] for one in every["mean"]]
        better, worse = sum(gain > 1e-9 for gain in gains), sum(gain < -1e-9 for gain in gains)
        print(f"{key} over leader: better in {better}, worse in {worse} of {len(gains)} searches")


def _stopping(matrices: Sequence[Matrix], draws: int) -> None:
    for block in BLOCKS:
        lines = []
        for name, rule in stopping.rules():
            found = [stopping.passes(matrix, rule, block, draws, Random(0)) for matrix in matrices]
            lines.append(
                [
                    name,
                    f"{fmean(one.saved for one in found):.2f}",
                    f"{min(one.saved for one in found):.2f} to {max(one.saved for one in found):.2f}",
                    f"{fmean(one.better_lost for one in found):.3f}",
                    f"{max(one.better_lost for one in found):.3f}",
                    f"{fmean(one.loss for one in found):.4f}",
                    f"{fmean(one.worse_kept for one in found):.2f}",
                ]
            )
        heading = ["rule", "saved", "over the runs", "better lost", "at most", "gain lost", "worse run to the end"]
        _table(f"Val passes in blocks of {block}", heading, lines)


def _acceptance(matrices: Sequence[Matrix], draws: int) -> None:
    lines = []
    for name, rule in acceptance.rules():
        found = acceptance.rates(matrices, rule, draws, 0)
        rates = [f"{found.accepted[kind]:.2f}" for kind in ("better", "equal", "worse")]
        lines.append([name, *rates, f"{fmean(found.tasks.values()):.1f}", f"{found.price:.0f}"])
    heading = ["rule", "better accepted", "equal", "worse", "tasks", "rollouts for a better child"]
    _table("Acceptance on a minibatch", heading, lines)


def _table(title: str, heading: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    print(f"\n### {title}\n")
    for line in (heading, ["---"] * len(heading), *lines):
        print("| " + " | ".join(line) + " |", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.choice", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="recorded matrices, a JSON file each")
    parser.add_argument("--tables", default="winner,stopping,acceptance,simulated,landscapes")
    parser.add_argument("--draws", type=int, default=200, help="random splits, or val sets, of each recorded run")
    parser.add_argument("--pools", type=int, default=30, help="simulated pools of each kind and size")
    parser.add_argument("--seeds", type=int, default=10, help="worlds of each family")
    parser.add_argument("--budget", type=int, default=300, help="rollouts of a search")
    return parser.parse_args()


if __name__ == "__main__":
    main()
