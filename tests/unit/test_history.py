"""Reading a run folder: everything that happened, while it happens and afterwards."""

from pathlib import Path

import pytest

from gepa_agents import Accepted, Baseline, Budget, Candidate, History, JournalError, Settings, TaskSuite, optimize
from tests.landscape import Landscape, metric, reflect, suite


def run(folder: Path, observer=None, tasks: TaskSuite | None = None, **options):
    """One optimization of the landscape in `folder`."""
    return optimize(
        Landscape(),
        tasks or suite(),
        metric=metric,
        reflection_lm=reflect,
        budget=Budget(rollouts=200),
        settings=Settings(seed=1, **options),
        run=folder,
        observer=observer,
    )


def test_a_finished_run_is_all_there(tmp_path: Path):
    """Result, decisions with what they had cost by then, each rollout, and what the reflection model read and wrote."""
    result = run(tmp_path)
    with History.open(tmp_path) as history:
        decisions = list(history.decisions())
        rollouts = list(history.rollouts())
        reflections = list(history.reflections())
        assert history.finished() == history.result
        assert history.result is not None
        assert history.result.best == result.best
        about = history.about
        of_baseline = list(history.rollouts(Candidate().id))
        assert history.rollout(Candidate().id, suite().val[0].id) in of_baseline
        assert history.rollout(Candidate().id, "no such task") is None
        first = next(decision for decision in decisions if isinstance(decision, Accepted))
        asked = [one for one in reflections if one.iteration == first.iteration]
        assert list(history.reflections(first.iteration)) == asked
    assert len(rollouts) == result.spent.rollouts
    assert {rollout.candidate for rollout in of_baseline} == {Candidate().id}
    assert isinstance(decisions[0], Baseline)
    assert [decision.rollouts for decision in decisions] == sorted(decision.rollouts for decision in decisions)
    assert decisions[0].rollouts == len(suite().val)
    assert decisions[-1].rollouts <= result.spent.rollouts
    assert decisions[-1].usage.tokens <= result.spent.usage.tokens
    assert any(text in one.answer.text for one in asked for text in first.texts.values())
    assert "## Evidence" in asked[0].prompt
    assert len(reflections) == result.spent.reflections
    assert about is not None
    assert (about.suite, about.anatomy, about.reflection_lm) == (suite(), result.anatomy, "tests.landscape.reflect")
    assert {"python", "gepa-agents", "pydantic"} <= set(about.versions)


def test_fewer_iterations_than_were_decided_take_nothing_back(tmp_path: Path):
    """The result goes with the decisions that stand beside it, and no proposal is added; more iterations go on."""
    first = run(tmp_path, max_iterations=5)
    again = run(tmp_path, max_iterations=2)
    assert again.stopped.detail == "5 iterations are done"
    assert again.candidates == first.candidates
    with History.open(tmp_path) as history:
        assert len(list(history.decisions())) == 1 + 5
        assert history.result == again
    run(tmp_path, max_iterations=7)
    with History.open(tmp_path) as history:
        assert len(list(history.decisions())) == 1 + 7


def test_a_run_is_read_while_it_goes_on(tmp_path: Path):
    """Each decision can be read from the folder at the moment when the observer is told of it."""
    seen = []

    def look(event):
        if event.event == "accepted":
            with History.open(tmp_path) as history:
                seen.append(list(history.decisions())[-1] == event)
                assert history.result is None
                assert history.about is not None
                with pytest.raises(JournalError, match="holds no result yet"):
                    history.finished()

    run(tmp_path, look)
    assert seen
    assert all(seen)


def test_tasks_are_kept_masked(tmp_path: Path):
    """A secret in a task's input does not come into the folder by way of what the run was about."""
    secret = "sk-proj-" + "Ab3dEf6hIj9kLm2n" * 3
    tasks = [task.model_copy(update={"input": f"{task.input} key {secret}"}) for task in suite().val]
    run(tmp_path, tasks=suite().model_copy(update={"val": tuple(tasks)}), max_iterations=1)
    with History.open(tmp_path) as history:
        assert history.about is not None
        assert "sk-proj-" not in history.about.model_dump_json()
        assert [task.id for task in history.about.suite.val] == [task.id for task in suite().val]
