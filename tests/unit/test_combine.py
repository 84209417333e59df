"""Several metrics as one: values, weights, feedback, objectives, costs, and what is refused."""

import asyncio
from typing import Any

import pytest
from gepa_agents_evaluators import combine, from_evaluator

from gepa_agents import Budget, ConfigError, MetricError, Rollout, Score, Settings, Task, Usage, evaluate, optimize
from tests.landscape import Landscape, metric, reflect, suite

TASK = Task(id="t1", input="x")
ROLLOUT = Rollout(candidate="0" * 12, task="t1", output="a few words")


def right(task: Task, rollout: Rollout) -> tuple[float, str]:
    """A sync metric with a reason."""
    return 0.25, "It is wrong."


async def short(task: Task, rollout: Rollout) -> Score:
    """An async one with objectives, feedback by component, and a bill."""
    return Score(
        value=1.0, objectives={"words": -3.0}, by_component={"writer": "Short."}, usage=Usage(calls=1, usd=0.5)
    )


def sure(task: Task, rollout: Rollout) -> Any:
    """A sync one that hands out a coroutine."""
    return short(task, rollout)


async def test_each_metric_is_an_objective_and_one_of_them_counts() -> None:
    """Their own objectives stand under their names, feedback too; what they cost adds up."""
    score = await combine({"right": right, "short": short, "sure": sure}, value="right")(TASK, ROLLOUT)
    assert score == Score(
        value=0.25,
        feedback="right: It is wrong.",
        by_component={"writer": "Short.\nShort."},
        objectives={"right": 0.25, "short": 1.0, "sure": 1.0, "short.words": -3.0, "sure.words": -3.0},
        usage=Usage(calls=2, usd=1.0),
    )


async def test_without_a_name_the_mean_counts_or_the_weighted_one() -> None:
    """Metrics without a weight weigh nothing."""
    parts = {"right": right, "short": short}
    assert (await combine(parts)(TASK, ROLLOUT)).value == 0.625
    assert (await combine(parts, weights={"right": 2, "short": 1})(TASK, ROLLOUT)).value == 0.5
    assert (await combine(parts, weights={"short": 1})(TASK, ROLLOUT)).value == 1.0


@pytest.mark.parametrize(
    ("metrics", "more", "said"),
    [
        ({}, {}, "there are no metrics"),
        ({"score": right}, {}, "`score` is the name of the value itself"),
        ({"a": right}, {"value": "b"}, "there is no metric `b` among a"),
        ({"a": right}, {"weights": {"b": 1}}, "there is no metric `b` among a"),
        ({"a": right}, {"weights": {"a": 0}}, "one of them is above it"),
        ({"a": right, "b": right}, {"weights": {"a": 1, "b": -1}}, "weights are from zero up"),
        ({"a": right}, {"value": "a", "weights": {"a": 1}}, "not both"),
    ],
)
def test_what_can_not_be_combined_is_said_at_once(metrics: Any, more: Any, said: str) -> None:
    """Before any rollout."""
    with pytest.raises(ConfigError, match=said):
        combine(metrics, **more)


async def test_a_next_that_finds_nothing_fails_the_whole() -> None:
    """`StopIteration` in a part or in an evaluator comes out, and nobody waits for it for ever."""

    def first(task: Task, rollout: Rollout) -> float:
        return next(iter(()))

    def evaluator(outputs: str) -> float:
        return next(iter(()))

    for judge in (combine({"right": right, "first": first}), from_evaluator(evaluator)):
        with pytest.raises(RuntimeError) as caught:
            await asyncio.wait_for(judge(TASK, ROLLOUT), 5)
        assert isinstance(caught.value.__cause__, StopIteration)


async def test_a_part_that_is_no_score_fails_the_whole() -> None:
    """It is named with the task; what a part raises comes out."""
    with pytest.raises(MetricError, match="the metric returned 'good' for task `t1`"):
        await combine({"a": right, "b": lambda task, rollout: "good"})(TASK, ROLLOUT)  # type: ignore[dict-item,return-value]

    def broken(task: Task, rollout: Rollout) -> float:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await combine({"a": right, "b": broken})(TASK, ROLLOUT)


def test_the_parts_steer_a_search_as_objectives() -> None:
    """A run whose frontier is made of them; every rollout has both."""

    def brief(task: Task, rollout: Rollout) -> float:
        return -float(len(rollout.text))

    tasks = suite(train=4, val=4, test=3)
    both = combine({"quality": metric, "brevity": brief}, value="quality")
    result = optimize(
        Landscape(),
        tasks,
        metric=both,
        reflection_lm=reflect,
        budget=Budget(rollouts=60),
        settings=Settings(max_iterations=2, frontier="both", objectives=("brevity",)),
    )
    assert result.candidates
    evaluation = evaluate(Landscape(), tasks.test, metric=both)
    assert all(one.score and set(one.score.objectives) >= {"quality", "brevity"} for one in evaluation.rollouts)
