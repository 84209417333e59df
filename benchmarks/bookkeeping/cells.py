"""One measurement each, in a folder that is gone afterwards; in a module of its own, so that a new process finds it."""

import asyncio
import tempfile
from pathlib import Path

from benchmarks.bookkeeping import official, ours, rollout
from benchmarks.bookkeeping.meter import Cell
from benchmarks.bookkeeping.rollout import Price
from benchmarks.bookkeeping.rows import Kind


def cell(engine: str, candidates: int, tasks: int, kind: Kind) -> Cell:
    """Measure one engine at one size."""
    with tempfile.TemporaryDirectory() as folder:
        if engine == "ours":
            return asyncio.run(ours.measure(candidates, tasks, kind, Path(folder), iterations=10))
        return official.measure(candidates, tasks, kind, Path(folder) if "run_dir" in engine else None, iterations=2)


def price(rollouts: int) -> list[Price]:
    """Measure rollouts."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(rollout.measure(rollouts, Path(folder)))
