"""Kills whole runs with SIGKILL, starts them again, and counts what was lost.

    python -m benchmarks.crash                    # every write, and 200 random moments; some minutes
    python -m benchmarks.crash --moments 1000     # more random moments
    python -m benchmarks.crash --search "8 workers, 4 proposals"

Each death gets a run of its own, which is then continued to its end and compared with the run that nobody killed:
decisions to the letter, the result, every call in the journal, and the ledger against the calls that were really made.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from shutil import rmtree

from tests.crashes import Death, Nursery, World, counted, outcome, paid, recorded, said, writes

SEARCHES = {
    "1 worker, 1 proposal": World({"concurrency": 1, "ahead": 1, "rewrites": 1}, {"rollouts": 60}, (4, 4, 3)),
    "8 workers, 1 proposal": World({"concurrency": 8, "ahead": 1}, {"rollouts": 60}, (4, 4, 3)),
    "8 workers, 4 proposals": World({"concurrency": 8, "ahead": 4, "rewrites": 4}, {"rollouts": 60}, (4, 4, 3)),
}


@dataclass
class Toll:
    """What the deaths of one kind cost."""

    deaths: int = 0
    survived: int = 0
    """Runs that were over before their death came."""
    lost: int = 0
    worst: int = 0
    """Calls that were paid for and lost in one death; those under way, if all is well."""
    different: int = 0
    """Runs that did not end as the undisturbed one."""


def die(nursery: Nursery, world: World, undisturbed: Path, death: Death, toll: Toll) -> None:
    """One death, and the run that goes on from there."""
    folder = Path(tempfile.mkdtemp(prefix="crash-"))
    code = nursery.live(folder, world, death)
    if code == 0:
        toll.survived += 1
    else:
        assert code == -9, said(folder)
        toll.deaths += 1
        lost = counted(paid(folder)) - len(recorded(folder))
        toll.lost, toll.worst = toll.lost + lost, max(toll.worst, lost)
        assert nursery.live(folder, world) == 0, said(folder)
        again = counted(paid(folder)) - len(recorded(folder))
        same = outcome(folder) == outcome(undisturbed) and recorded(folder) == recorded(undisturbed)
        if not same or again != lost:
            toll.different += 1
            print(f"    {death}: another end, see {folder}")
            return
    rmtree(folder)


def every_write(number: int) -> Iterator[Death]:
    """In each write to the journal, and right after it."""
    for write in range(1, number + 1):
        yield Death(write, "during")
        yield Death(write, "after")


def moments(seconds: float) -> Iterator[Death]:
    """At random times of the run."""
    random = Random(0)
    while True:
        yield Death(seconds=random.uniform(0, seconds))


def lasting(nursery: Nursery, world: World) -> float:
    """Seconds of an undisturbed run, once everything is imported."""
    folder, begun = Path(tempfile.mkdtemp(prefix="crash-")), time.monotonic()
    assert nursery.live(folder, world) == 0, said(folder)
    seconds = time.monotonic() - begun
    rmtree(folder)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=200, help="random moments for each search")
    parser.add_argument("--search", choices=SEARCHES, help="only this one")
    given = parser.parse_args()
    moments_each = given.moments
    print(
        f"{'search':24} {'killed':28} {'deaths':>6} {'lost':>5} {'most':>5} {'in flight':>9} {'other end':>9} {'s':>5}"
    )
    with Nursery() as nursery:
        for name, world in SEARCHES.items():
            if given.search not in (None, name):
                continue
            undisturbed = Path(tempfile.mkdtemp(prefix="crash-"))
            assert nursery.live(undisturbed, world) == 0, said(undisturbed)
            seconds = lasting(nursery, world)
            number = writes(undisturbed)
            kinds: dict[str, Callable[[], Iterator[Death]]] = {
                f"at {moments_each} random moments": partial(moments, seconds),
                f"in and after each of {number} writes": partial(every_write, number),
            }
            for kind, deaths in kinds.items():
                toll, begun = Toll(), time.monotonic()
                for death in deaths():
                    die(nursery, world, undisturbed, death, toll)
                    if kind.startswith("at") and toll.deaths == moments_each:
                        break
                print(
                    f"{name:24} {kind:28} {toll.deaths:6} {toll.lost:5} {toll.worst:5} {world.in_flight:9} "
                    f"{toll.different:9} {time.monotonic() - begun:5.0f}",
                    flush=True,
                )
            rmtree(undisturbed)


if __name__ == "__main__":
    main()
