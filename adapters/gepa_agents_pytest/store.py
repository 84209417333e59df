"""Rollouts that the processes of one test session share: each is made once, and what it cost is counted once.

One folder for one gepa.toml and candidate, a file for each rollout. It lives in pytest's temporary folder, which is
new for each session, and readable to its owner alone.
"""

import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from filelock import AsyncFileLock, FileLock

from gepa_agents import GepaError, Rollout, Usage


class Stopped(GepaError):
    """The suite can't be evaluated; every further test on it says the same."""


class Store:
    """The rollouts of one suite."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._costs = folder / "costs.jsonl"
        self._reason = folder / "stopped.txt"

    async def once(self, task: str, repeat: int, make: Callable[[], Awaitable[Rollout]]) -> Rollout:
        """The rollout, made by whoever comes first; the others wait for it.

        A `GepaError` of `make` stops the suite: it is raised as `Stopped` from here on, so that nothing more is spent.
        """
        name = hashlib.sha256(f"{repeat} {task}".encode()).hexdigest()[:24]
        file = self._folder / f"{name}.json"
        # Its owner's death frees the lock: what it did not finish is made again.
        async with AsyncFileLock(self._folder / f"{name}.lock"):
            if file.exists():
                return Rollout.model_validate_json(file.read_text(encoding="utf-8"))
            self._go_on()
            try:
                rollout = await make()
            except OverLimit:
                raise
            except GepaError as error:
                self._stop(str(error))
                raise Stopped(str(error)) from error
            self._book(rollout)
            _write(file, rollout.model_dump_json())
        return rollout

    def costs(self) -> tuple[Usage, ...]:
        """What each rollout so far cost, judges included."""
        with self._accounts():
            lines = self._costs.read_text(encoding="utf-8").splitlines() if self._costs.exists() else []
        return tuple(Usage.model_validate_json(line) for line in lines)

    def _go_on(self) -> None:
        if self._reason.exists():
            raise Stopped(self._reason.read_text(encoding="utf-8"))

    def _stop(self, reason: str) -> None:
        _write(self._reason, reason)

    def _book(self, rollout: Rollout) -> None:
        with self._accounts(), self._costs.open("a", encoding="utf-8") as costs:
            costs.write(f"{cost(rollout).model_dump_json()}\n")

    def _accounts(self) -> FileLock:
        return FileLock(f"{self._costs}.lock")


class OverLimit(GepaError):
    """What may be spent is spent; another test may have a higher limit."""


def cost(rollout: Rollout) -> Usage:
    """What a rollout cost, its judge included."""
    return rollout.usage + rollout.score.usage if rollout.score else rollout.usage


def _write(file: Path, text: str) -> None:
    """Whole or not at all, whenever the process dies."""
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)
