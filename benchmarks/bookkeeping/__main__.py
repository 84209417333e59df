"""What an engine's own bookkeeping costs: `python -m benchmarks.bookkeeping`; see README.md beside this file."""

import argparse
import multiprocessing
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from time import monotonic

from benchmarks.bookkeeping.cells import cell, price
from benchmarks.bookkeeping.meter import Cell
from benchmarks.bookkeeping.rollout import Price
from benchmarks.bookkeeping.rows import Kind

CANDIDATES = (10, 100, 300, 1000)
TASKS = (50, 500, 2000, 10000)
KINDS: tuple[Kind, ...] = ("binary", "continuous")
ENGINES = ("ours", "official", "official, run_dir")
MOST = 600_000
"""Candidates times tasks up to which the official engine is measured: beyond, a cell takes minutes."""


def main() -> None:
    """Measure cell by cell, each in a process of its own, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bookkeeping", description=__doc__)
    parser.add_argument("--candidates", type=int, nargs="+", default=CANDIDATES)
    parser.add_argument("--tasks", type=int, nargs="+", default=TASKS)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=ENGINES)
    parser.add_argument("--rollouts", type=int, default=1000, help="for the price of one")
    given = parser.parse_args()
    began = monotonic()
    cells = []
    # A process for each cell, one after the other: memory and clocks are its own.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as pool:
        print(prices(pool.submit(price, given.rollouts).result()), flush=True)
        for kind in given.kinds:
            for tasks in given.tasks:
                for candidates in given.candidates:
                    for engine in given.engines:
                        if engine == "ours" or candidates * tasks <= MOST:
                            cells.append(pool.submit(cell, engine, candidates, tasks, kind).result())
                            print(".", end="", file=sys.stderr, flush=True)
    print(f"\n{table(cells)}\n\n{monotonic() - began:.0f} seconds in all")


def prices(measured: Iterable[Price]) -> str:
    """As Markdown."""
    lines = ["| one rollout | CPU ms | clock ms | KiB on disk |", "|---|---|---|---|"]
    lines += [f"| {one.way} | {one.cpu:.2f} | {one.wall:.2f} | {one.disk:.1f} |" for one in measured]
    return "\n".join(lines)


def table(cells: Sequence[Cell]) -> str:
    """As Markdown: a row for each size, the engines side by side."""
    lines = [
        "CPU ms of an iteration that accepts / one that does not, MiB of memory, KiB written by one that accepts\n",
        "| scores | val tasks | candidates | ours | official | official, run_dir | ratio | memory | written |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    sizes = list(dict.fromkeys((one.kind, one.tasks, one.candidates) for one in cells))
    for size in sizes:
        known = {one.engine: one for one in cells if (one.kind, one.tasks, one.candidates) == size}
        mine, theirs = known.get(ENGINES[0]), known.get(ENGINES[2])
        ratio = "–"
        if mine is not None and theirs is not None:
            ratio = f"{theirs.accepted / mine.accepted:,.0f} / {theirs.rejected / mine.rejected:,.0f}"
        lines.append(
            f"| {' | '.join(map(str, size))} | {' | '.join(_times(known.get(engine)) for engine in ENGINES)} | "
            f"{ratio} | "
            f"{_pair(mine and mine.memory, theirs and theirs.memory)} | "
            f"{_pair(mine and mine.written, theirs and theirs.written)} |"
        )
    return "\n".join(lines)


def _times(one: Cell | None) -> str:
    return "–" if one is None else f"{one.accepted:,.1f} / {one.rejected:,.1f}"


def _pair(mine: float | None, theirs: float | None) -> str:
    return " / ".join("–" if value is None else f"{value:,.1f}" for value in (mine, theirs))


if __name__ == "__main__":
    main()
