"""Killed at any moment and started again, a run ends exactly as the one that nobody disturbed, and knows what it paid.

`benchmarks/crash` does the same at many more moments and prints what it found.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from tests.crashes import Death, Nursery, World, counted, outcome, paid, recorded, said, written

WORLDS = {
    "one at a time": World({"concurrency": 1, "ahead": 1, "rewrites": 1}),
    "many at once": World({"concurrency": 4, "ahead": 4, "rewrites": 4}),
}
"""Add a setting here and it is tried at every death; one that does not exist is left out."""


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """The process that forks each life."""
    with Nursery() as nursery:
        yield nursery


@pytest.fixture(scope="module", params=WORLDS.values(), ids=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    return request.param


@pytest.fixture(scope="module")
def undisturbed(nursery: Nursery, world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that nobody kills."""
    folder = tmp_path_factory.mktemp("undisturbed")
    assert nursery.live(folder, world) == 0
    return folder


def same(folder: Path, undisturbed: Path) -> None:
    """Decisions to the letter, the result, and every paid call are those of the undisturbed run."""
    assert outcome(folder) == outcome(undisturbed)
    assert recorded(folder) == recorded(undisturbed)


def test_the_ledger_is_what_was_really_spent(undisturbed: Path):
    """Without a kill every call of the agent and of the reflection model is in the ledger, once, and nothing else."""
    calls, keys = paid(undisturbed), recorded(undisturbed)
    _, result = outcome(undisturbed)
    made = sorted(call for call in calls if call.startswith("rollout/"))
    assert made == sorted(key.rpartition("/")[0] for key in keys if key.startswith("rollout/"))
    assert len(made) == result["spent"]["rollouts"]
    assert calls.count("reflection") == result["spent"]["reflections"]


def test_a_kill_between_any_two_writes_changes_nothing(
    nursery: Nursery, world: World, undisturbed: Path, tmp_path: Path
):
    """Every life dies right after the first thing it writes that no earlier life has written."""
    write, before = 0, object()

    def death(folder: Path) -> Death:
        nonlocal write, before
        # A life that comes to its end writes its outcome anew: what no other has written comes after that.
        now = written(folder)
        write, before = (write + 1 if now == before else 1), now
        return Death(write=write)

    assert until_the_end(nursery, world, tmp_path, death) > 50
    same(tmp_path, undisturbed)


def test_a_kill_at_any_moment_changes_nothing(nursery: Nursery, world: World, undisturbed: Path, tmp_path: Path):
    """Deaths at random: before, in and after a write, and at times that no write has to do with."""
    random = Random(f"{world}")

    def death(_: Path) -> Death:
        if random.random() < 0.5:
            return Death(seconds=random.uniform(0, 0.1))
        return Death(random.randint(1, 4), random.choice(["before", "during", "after"]))

    assert until_the_end(nursery, world, tmp_path, death) > 10
    same(tmp_path, undisturbed)


def until_the_end(nursery: Nursery, world: World, folder: Path, death: Callable[[Path], Death]) -> int:
    """Live and die until a life comes to its end; the number of deaths. Checks the books after each."""
    kept, spent = 0, 0
    for count in range(500):
        code = nursery.live(folder, world, death(folder))
        calls, now = counted(paid(folder)), len(recorded(folder))
        assert now >= kept, "what was recorded stays"
        lost = (calls - spent) - (now - kept)
        if code == 0:
            assert lost == 0, said(folder)
            return count
        assert code == -9, said(folder)
        assert 0 <= lost <= world.in_flight, "only calls under way are lost"
        kept, spent = now, calls
    raise AssertionError("the run does not come to its end")
