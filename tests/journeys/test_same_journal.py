"""The same seed gives the same journal, whatever the number of workers and however Python hashes its strings."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.crashes import Nursery, World, outcome, recorded

SEARCHES: Mapping[str, Mapping[str, Any]] = {
    "one proposal": {},
    "many proposals ahead": {"ahead": 4},
    "one rewrite": {"ahead": 4, "rewrites": 1},
    "round robin and whole val": {"ahead": 2, "component_choice": "round_robin", "val_block": None},
}
"""Add a setting here and it is held to the law; one that does not exist is left out."""


@pytest.fixture(scope="module")
def nurseries() -> Iterator[Mapping[str, Nursery]]:
    """A process for each hash seed, which forks the lives."""
    with ExitStack() as opened:
        yield {seed: opened.enter_context(Nursery(seed)) for seed in ("0", "1", "4242")}


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_workers_and_hash_seeds_change_nothing(
    nurseries: Mapping[str, Nursery], tmp_path: Path, search: Mapping[str, Any]
):
    """Decisions byte for byte, the result, and every paid call: for one worker and many, and any hash seed."""
    found = []
    for hash_seed, workers in [("0", 1), ("0", 16), ("1", 16), ("4242", 3)]:
        folder = tmp_path / f"{hash_seed}-{workers}"
        folder.mkdir()
        world = World({**search, "concurrency": workers}, {"rollouts": 100}, (6, 10, 4))
        assert nurseries[hash_seed].live(folder, world) == 0
        found.append((outcome(folder), recorded(folder)))
    assert len(found[0][0][0]) > 5, "there is something to decide"
    assert all(other == found[0] for other in found[1:])
