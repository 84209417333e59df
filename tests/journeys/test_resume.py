"""Killed at any moment and started again, a run ends exactly as the one that nobody disturbed."""

import subprocess
import sys
from pathlib import Path

import pytest

from gepa_agents import Result
from gepa_agents.parts.runs.journal import read

REPOSITORY = Path(__file__).parents[2]

RUN = """
import os, signal, sys
from pathlib import Path
from gepa_agents import Budget, Settings, optimize
from gepa_agents.parts.runs.journal import Journal
from tests.landscape import Landscape, metric, reflect, suite

folder, kill_at, before = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "before"
log = open(folder / "runs.log", "a")
writes = 0

def dying(write):
    def wrapper(*args):
        global writes
        writes += 1
        if writes == kill_at and before:
            os.kill(os.getpid(), signal.SIGKILL)
        write(*args)
        if writes == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
    return wrapper

for verb in ("record", "decide", "conclude"):
    setattr(Journal, verb, dying(getattr(Journal, verb)))

class Logged(Landscape):
    async def run(self, task, config, tracer):
        log.write(f"{config.candidate.id} {task.id}\\n"); log.flush()
        return await super().run(task, config, tracer)

optimize(Logged(delays=True), suite(), metric=metric, reflection_lm=reflect, budget=Budget(rollouts=150),
         settings=Settings(concurrency=4), run=folder)
"""


def start(folder: Path, kill_at: int = 0, moment: str = "after") -> int:
    """Run in a process of its own, which kills itself at its n-th write to the journal; returns the exit code."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-c", RUN, str(folder), str(kill_at), moment]
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode


def outcome(folder: Path) -> tuple[list[str], dict]:
    """The decisions and the result of a finished run, without what a clock says."""
    with read(folder) as journal:
        body = journal.outcome("result")
        assert body is not None
        result = Result.model_validate_json(body).model_dump(
            exclude={"spent": {"seconds", "reflection"}, "folder": True}
        )
        return list(journal.decisions()), result


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that nobody kills."""
    folder = tmp_path_factory.mktemp("runs") / "undisturbed"
    assert start(folder) == 0
    return folder


@pytest.mark.parametrize(
    ("kill_at", "moment"),
    [
        (1, "before"),
        (2, "after"),
        (13, "after"),
        (21, "before"),
        (22, "before"),
        (120, "before"),
        (230, "after"),
    ],
)
def test_a_killed_run_ends_as_the_undisturbed_one(undisturbed: Path, tmp_path: Path, kill_at: int, moment: str):
    """`kill -9` before or after a write, then the same command: same decisions, same result, nothing paid twice."""
    assert start(tmp_path, kill_at, moment) == -9
    kept = _kept(tmp_path)
    assert start(tmp_path) == 0
    assert outcome(tmp_path) == outcome(undisturbed)
    made = (tmp_path / "runs.log").read_text().splitlines()
    lost = len(made) - len(set(made))
    assert lost <= 4, "only calls under way at the kill may be made again"
    assert kept <= _kept(tmp_path)


def test_a_run_that_is_killed_again_and_again_comes_to_its_end(undisturbed: Path, tmp_path: Path):
    """Every process lives for ninety writes only; the last one finishes what the others paid for."""
    for _ in range(40):
        code = start(tmp_path, kill_at=90)
        if code == 0:
            break
        assert code == -9
    assert code == 0
    assert outcome(tmp_path) == outcome(undisturbed)


def _kept(folder: Path) -> set[str]:
    with read(folder) as journal:
        return {key for key, _ in journal.calls("rollout/")}
