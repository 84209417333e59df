"""Lives and deaths of whole runs, for the crash tests: each life is a process of its own that may be killed for real.

`Nursery` starts one process that imports everything once and forks a child for each life, so a life costs what its run
costs. Every call of the agent and of the reflection model goes to a log beside the journal before it is answered: what
was really paid for, whoever died.
"""

import asyncio
import functools
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from opentelemetry.trace import Tracer

from gepa_agents import Budget, GraphConfig, JournalError, Result, Settings, Task, optimize
from gepa_agents.parts.runs.entries import Entries
from gepa_agents.parts.runs.journal import read
from tests.landscape import Landscape, metric, reflect, suite
from tests.timeless import TIMES

REPOSITORY = Path(__file__).parents[1]
LOG = "calls.log"
WRITES = "writes"


@dataclass(frozen=True)
class World:
    """What a run is given. `settings` that this version does not know are left out."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    budget: Mapping[str, Any] = field(default_factory=lambda: {"rollouts": 48})
    tasks: tuple[int, int, int] = (4, 4, 3)

    @property
    def known(self) -> dict[str, Any]:
        return {name: value for name, value in self.settings.items() if name in Settings.model_fields}

    @property
    def in_flight(self) -> int:
        """Calls that may be under way at once: a rollout on each worker, and each proposal's reflections."""
        settings = Settings(**self.known)
        return settings.concurrency + settings.ahead * settings.rewrites


@dataclass(frozen=True)
class Death:
    """When a life ends early: at a write to the journal, or some seconds after its run began."""

    write: int = 0
    moment: Literal["before", "during", "after"] = "after"
    seconds: float | None = None


@dataclass
class Nursery:
    """Where lives begin; use it as a context manager."""

    hash_seed: str = "random"
    """`PYTHONHASHSEED` of every life."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crashes"],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONHASHSEED": self.hash_seed},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def live(self, folder: Path, world: World, death: Death | None = None, **limits: int) -> int:
        """Run `optimize` in `folder` until its end or its death; the exit code of the process.

        `limits` are those of `resource.setrlimit` (`FSIZE=…`). What it raised stands in `said(folder)`.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"folder": str(folder), "world": vars(world), "death": vars(death or Death()), "limits": limits}
        self._process.stdin.write(json.dumps(order) + "\n")
        return int(self._process.stdout.readline())


def said(folder: Path) -> str:
    """The last line that a life in this folder wrote to its stderr."""
    return (folder / "stderr").read_text().strip().splitlines()[-1]


def paid(folder: Path) -> list[str]:
    """Every call that was really made, by all lives: a rollout's key less its repeat, `reflection`, or `preflight`."""
    return (folder / LOG).read_text().splitlines() if (folder / LOG).exists() else []


def counted(calls: list[str]) -> int:
    """Of these calls, those that count: the preflight, which each life makes again, is outside the budget."""
    return len(calls) - calls.count("preflight")


def writes(folder: Path) -> int:
    """How many writes to the journal the last life in this folder made."""
    return int((folder / WRITES).read_text())


def outcome(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """The decisions to the letter and the result of a finished run, without what a clock says."""
    with read(folder) as journal:
        body = journal.outcome("result")
        assert body is not None, "the run did not finish"
        result = Result.model_validate_json(body).model_dump(
            mode="json", exclude={**TIMES, "spent": {"seconds", "reflection"}, "folder": True}
        )
        return list(journal.decisions()), result


def recorded(folder: Path) -> dict[str, Any]:
    """The calls in the journal, without what a clock says; none when no life got so far as to make one."""
    if not _begun(folder):
        return {}
    with read(folder) as journal:
        return {key: _timeless(json.loads(body)) for key, body in journal.calls()}


def written(folder: Path) -> tuple[list[tuple[str, str]], list[str], list[bool]] | None:
    """All that is in the journal, to tell whether a life wrote anything new."""
    if not _begun(folder):
        return None
    with read(folder) as journal:
        ends = [journal.outcome(name) is not None for name in ("stopped", "result")]
        return list(journal.calls()), list(journal.decisions()), ends


def _begun(folder: Path) -> bool:
    try:
        read(folder).close()
    except JournalError as error:
        if "holds no" not in str(error):
            raise
        return False
    return True


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(item) for key, item in value.items() if key not in ("seconds", "started")}
    return [_timeless(item) for item in value] if isinstance(value, list) else value


class _Logged(Landscape):
    def __init__(self, log: int) -> None:
        super().__init__(delays=True)
        self.log = log

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> dict[str, list[str]]:
        os.write(self.log, f"rollout/{config.candidate.id}/{task.id}\n".encode())
        return await super().run(task, config, tracer)


def _logged(log: int) -> Any:
    async def reflecting(prompt: str) -> str:
        evident = "## Evidence" in prompt
        os.write(log, b"reflection\n" if evident else b"preflight\n")
        await asyncio.sleep(hashlib.sha256(prompt.encode()).digest()[0] / 255 * 0.004)
        return reflect(prompt)

    return reflecting


def _run(folder: Path | None, world: World) -> Result:
    log = os.open(os.devnull if folder is None else folder / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    return optimize(
        _Logged(log),
        suite(*world.tasks),
        metric=metric,
        reflection_lm=_logged(log),
        budget=Budget(**world.budget),
        settings=Settings(**world.known),
        run=folder,
    )


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _doomed(death: Death) -> Callable[[], int]:
    """Let every write to the journal count, and the n-th be the last; says how many there were."""
    writes, put = 0, Entries.put

    @functools.wraps(put)
    def counting(self: Entries, *entry: Any) -> None:
        nonlocal writes
        writes += 1
        if writes == death.write and death.moment == "before":
            _die()
        if writes == death.write and death.moment == "during":
            self._connection.set_progress_handler(_die, 7)  # in the statement, after seven steps of SQLite's machine
        put(self, *entry)
        if writes == death.write:
            _die()

    Entries.put = counting  # type: ignore[method-assign]
    return lambda: writes


def _life(order: dict[str, Any]) -> None:
    import resource  # not on Windows

    folder, death = Path(order["folder"]), Death(**order["death"])
    with (folder / "stderr").open("w") as stderr:
        os.dup2(stderr.fileno(), 2)
    for name, limit in order["limits"].items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limit, limit))
    writes = _doomed(death)
    _run(folder, World(**order["world"]))
    (folder / WRITES).write_text(str(writes()))


def _serve() -> None:
    """Fork a child for each order on stdin, and say its exit code on stdout."""
    _run(None, World())  # What is imported and built late is there before the first fork.
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                _life(order)
                code = 0
            except Exception as error:  # noqa: BLE001 - the exit code says it
                print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            finally:
                os._exit(code)
        if (seconds := order["death"]["seconds"]) is not None:
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    _serve()
