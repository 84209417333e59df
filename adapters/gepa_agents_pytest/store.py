"""Rollouts that the processes of one test session share: each is made once, and what it cost is counted once.

One folder for one gepa.toml and candidate, a file for each rollout. It lives in pytest's temporary folder, which is
new for each session, and readable to its owner alone.
"""

import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from filelock import AsyncFileLock, FileLock

from gepa_agents import GepaError, Rollout, Usage

ROUNDING = 1e-9
"""Dollars that sums of equal costs may be off by."""


class Stopped(GepaError):
    """The suite can't be evaluated; every further test on it says the same."""


class Store:
    """The rollouts of one suite."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._costs = folder / "costs.txt"
        self._reason = folder / "stopped.txt"

    async def once(
        self, task: str, repeat: int, make: Callable[[], Awaitable[Rollout]], max_usd: float | None = None
    ) -> Rollout:
        """The rollout, made by whoever comes first; the others wait for it.

        A `GepaError` of `make` stops the suite: it is raised as `Stopped` from here on, so that nothing more is spent.
        Raises `OverLimit` when so many dollars do not cover one more rollout.
        """
        name = hashlib.sha256(f"{repeat} {task}".encode()).hexdigest()[:24]
        file, way = self._folder / f"{name}.json", self._folder / f"{name}.way"
        # Its owner's death frees the lock: what it did not finish is made again.
        async with AsyncFileLock(self._folder / f"{name}.lock"):
            if file.exists():
                return Rollout.model_validate_json(file.read_text(encoding="utf-8"))
            if self._reason.exists():
                raise Stopped(self._reason.read_text(encoding="utf-8"))
            async with self._alone(max_usd):
                return await self._made(file, way, make, max_usd)

    async def _made(
        self, file: Path, way: Path, make: Callable[[], Awaitable[Rollout]], max_usd: float | None
    ) -> Rollout:
        self._set_out(way, max_usd)
        try:
            rollout = await make()
            self._book(rollout)
        except GepaError as error:
            _write(self._reason, str(error))
            raise Stopped(str(error)) from error
        finally:
            _gone(way)
        _write(file, rollout.model_dump_json())
        return rollout

    @asynccontextmanager
    async def _alone(self, max_usd: float | None) -> AsyncIterator[None]:
        """Under a cap, one rollout goes first, alone: by what it costs the others are foreseen."""
        if max_usd is None or self._costs.exists():
            yield
            return
        first = AsyncFileLock(self._folder / "first.lock")
        async with first:
            if not self._costs.exists():
                if self._reason.exists():
                    raise Stopped(self._reason.read_text(encoding="utf-8"))
                yield
                return
        yield

    def _set_out(self, way: Path, max_usd: float | None) -> None:
        """Note that a rollout is under way, unless money does not cover it: it is foreseen to cost what others did."""
        with self._accounts():
            costs = self._booked()
            spent = sum(costs)
            ahead = 1 + sum(1 for _ in self._folder.glob("*.way"))
            foreseen = spent / len(costs) * ahead if costs else 0.0
            if max_usd is not None and (spent >= max_usd or spent + foreseen > max_usd + ROUNDING):
                made = f"{len(costs)} rollout{'' if len(costs) == 1 else 's'}"
                raise OverLimit(
                    f"max_usd does not cover all of the suite: {made} cost ${spent:.4f} of ${max_usd:.4f}, and no "
                    "further one was started; give more, or fewer tasks"
                )
            way.touch()

    def _booked(self) -> list[float]:
        lines = self._costs.read_text(encoding="utf-8").splitlines() if self._costs.exists() else []
        return [float(line) for line in lines]

    def _book(self, rollout: Rollout) -> None:
        with self._accounts(), self._costs.open("a", encoding="utf-8") as costs:
            costs.write(f"{cost(rollout).usd!r}\n")

    def _accounts(self) -> FileLock:
        return FileLock(f"{self._costs}.lock")


class OverLimit(GepaError):
    """What may be spent is spent; another test may have a higher limit."""


def cost(rollout: Rollout) -> Usage:
    """What a rollout cost, its judge included."""
    return rollout.usage + rollout.score.usage if rollout.score else rollout.usage


def _gone(file: Path) -> None:
    file.unlink()


def _write(file: Path, text: str) -> None:
    """Whole or not at all, whenever the process dies."""
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)
