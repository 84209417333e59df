"""A metric that changed under a run is noticed when it says something else, and only then."""

import functools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gepa_agents import Budget, JournalMismatch, MetricError, Result, Rollout, Score, Settings, Task, optimize
from gepa_agents.parts.runs.fingerprint import fingerprint
from tests.landscape import Landscape, metric, reflect, suite

TASKS = suite(train=4, val=4, test=3)


def run(folder: Path, judge: Callable[[Task, Rollout], object]) -> Result:
    return optimize(
        Landscape(),
        TASKS,
        metric=judge,
        reflection_lm=reflect,
        budget=Budget(rollouts=60),
        settings=Settings(max_iterations=2),
        run=folder,
    )


def test_a_metric_that_scores_otherwise_is_refused_on_a_finished_run(tmp_path: Path):
    """It is not the old result that comes back: task, both scores and the way out are named."""

    def stricter(task: Task, rollout: Rollout) -> Score:
        return metric(task, rollout).model_copy(update={"value": -1.0})

    run(tmp_path, metric)
    with pytest.raises(
        JournalMismatch,
        match=r"the metric changed since this run began. Of task `t\d+` it said .*\"value\":0.0.* and says "
        r".*\"value\":-1.0.* now; use another run folder, or put the metric back",
    ):
        run(tmp_path, stricter)
    run(tmp_path, metric)


def test_other_words_for_the_same_score_are_refused(tmp_path: Path):
    """Feedback is what reflection learns from, so it counts as well."""
    run(tmp_path, metric)
    with pytest.raises(JournalMismatch, match="the metric changed"):
        run(tmp_path, lambda task, rollout: metric(task, rollout).model_copy(update={"feedback": "Be brief."}))


def test_a_metric_that_was_tidied_up_goes_on(tmp_path: Path):
    """Other code that says the same: it is asked again about a few rollouts once, and then known."""
    asked = []

    def tidied(task: Task, rollout: Rollout) -> Score:
        asked.append(task.id)
        return metric(task, rollout)

    first = run(tmp_path, metric)
    assert run(tmp_path, tidied).best == first.best
    assert 0 < len(asked) <= 20
    asked.clear()
    run(tmp_path, tidied)
    assert asked == []


def test_a_metric_that_was_mended_goes_on(tmp_path: Path):
    """As the error promised: what it scored before it failed keeps its score, the rest is scored now."""

    def broken(task: Task, rollout: Rollout) -> Score:
        if task.id == TASKS.val[-1].id:
            raise KeyError("oops")
        return metric(task, rollout)

    with pytest.raises(MetricError, match="mend it and run the same command again"):
        run(tmp_path, broken)
    assert run(tmp_path, metric).best == run(tmp_path / "straight", metric).best


def test_a_fingerprint_is_of_what_is_run():
    """Names, constants, nested functions and called functions count; comments, layout and values do not."""

    def made(source: str) -> object:
        space: dict[str, object] = {"__name__": "made"}
        exec(compile(source, "made.py", "exec"), space)
        return space["judge"]

    plain = fingerprint(made("def judge(t, r): return helper(t)\ndef helper(t): return 1"))
    same = "# why\n\ndef judge(t, r):\n    return helper(t)  # because\n\nKEY = 3\n\ndef helper(t):\n    return 1"
    assert fingerprint(made(same)) == plain
    for other in (
        "def judge(t, r): return helper(t)\ndef helper(t): return 2",
        "def judge(t, r): return helper(r)\ndef helper(t): return 1",
        "def judge(t, r): return [helper(t) for _ in r]\ndef helper(t): return 1",
        "def judge(t, r): return -helper(t)\ndef helper(t): return 1",
    ):
        assert fingerprint(made(other)) != plain
    recursive = made("def judge(t, r): return other(t)\ndef other(t): return judge(t, 1)")
    assert fingerprint(recursive)


class Judge:
    """A metric that is an object."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __call__(self, task: Task, rollout: Rollout) -> float:
        return 1.0

    def judge(self, task: Task, rollout: Rollout) -> float:
        return 0.0


def test_objects_methods_and_partials_have_the_fingerprint_of_their_code():
    """What they were made with is no part of it; what has no code of Python's has none."""
    assert fingerprint(Judge("a")) == fingerprint(Judge("b")) != fingerprint(Judge("a").judge)
    assert fingerprint(functools.partial(metric, "x")) == fingerprint(metric)
    assert fingerprint(max) == fingerprint(functools.partial(max, 1)) == ""


def test_a_fingerprint_is_the_same_in_every_process():
    """Whatever the hash seed, for a set among the constants too."""
    script = (
        "from gepa_agents.parts.runs.fingerprint import fingerprint\n"
        "print(fingerprint(lambda t, r: t in {'a', 'b', 'c', 'd'} and (lambda: r in {'x', 'y', 'z'})()))"
    )
    prints = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(prints) == 1


class Ruled:
    """A metric whose rubric is a value, as a judge's is."""

    def __init__(self, rubric: str, value: float = 0.0) -> None:
        self.made_of = (rubric, metric)
        self._value = value

    async def __call__(self, task: Task, rollout: Rollout) -> Score:
        return metric(task, rollout).model_copy(update={"value": self._value})


def test_an_object_says_itself_what_decides_its_scores(tmp_path: Path):
    """Another rubric is another metric, though the code is the same; the same rubric is the same."""
    assert fingerprint(Ruled("kind")) == fingerprint(Ruled("kind", value=1.0)) != fingerprint(Ruled("brief"))
    run(tmp_path, Ruled("kind"))
    with pytest.raises(JournalMismatch, match="the metric changed"):
        run(tmp_path, Ruled("brief", value=1.0))


def test_half_a_character_in_its_words_is_no_change(tmp_path: Path):
    """The journal holds a replacement for it, and is what the metric is compared with."""

    def cut(task: Task, rollout: Rollout) -> Score:
        return metric(task, rollout).model_copy(update={"feedback": "cut off \ud83d"})

    def cut_again(task: Task, rollout: Rollout) -> Score:
        half = "\ud83d"
        return metric(task, rollout).model_copy(update={"feedback": f"cut off {half}"})

    assert run(tmp_path, cut_again).best == run(tmp_path, cut).best
