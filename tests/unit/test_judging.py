"""What a metric may answer, and what happens when it answers something else."""

import asyncio
import fractions
import threading

import pytest
from gepa_agents_evaluators import combine

from gepa_agents.loop.judging import judge
from gepa_agents.words.errors import MetricError, ModelUnavailable
from gepa_agents.words.rollout import Rollout, Score
from gepa_agents.words.task import Task

TASK = Task(id="t1", input="x")
ROLLOUT = Rollout(candidate="c", task="t1", output="done")


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        (1, Score(value=1.0)),
        (True, Score(value=1.0)),
        (fractions.Fraction(1, 2), Score(value=0.5)),
        ((0.25, "why"), Score(value=0.25, feedback="why")),
        (Score(value=0.1, objectives={"brevity": 1.0}), Score(value=0.1, objectives={"brevity": 1.0})),
    ],
)
async def test_numbers_and_words_are_scores(answer, score):
    """A number, a number with the reason, or a full score."""
    assert await judge(lambda _task, _rollout: answer, TASK, ROLLOUT) == score


@pytest.mark.parametrize("answer", [10**400, (10**5000, "why"), (10**400, "why"), float("nan"), (float("inf"), "why")])
@pytest.mark.parametrize("around", [lambda metric: metric, lambda metric: combine({"one": metric})])
async def test_a_number_that_is_no_score_is_an_error_of_the_metric(answer, around):
    """Also a whole number that is too large for a float; alone and as a part of several metrics."""
    with pytest.raises(MetricError, match="for task `t1`; a score must be finite"):
        await judge(around(lambda _task, _rollout: answer), TASK, ROLLOUT)


async def test_an_async_metric_is_awaited():
    """Judges that call a model are async functions, or sync ones that return a coroutine."""

    async def metric(task, rollout):
        await asyncio.sleep(0)
        return 0.5, rollout.text

    assert await judge(metric, TASK, ROLLOUT) == Score(value=0.5, feedback="done")
    assert await judge(lambda task, rollout: metric(task, rollout), TASK, ROLLOUT) == Score(value=0.5, feedback="done")


async def test_a_sync_metric_leaves_the_loop_alone():
    """A metric that waits does so in a thread."""
    threads = []

    def metric(task, rollout):
        threads.append(threading.current_thread())
        return 1

    await judge(metric, TASK, ROLLOUT)
    assert threads[0] is not threading.main_thread()


@pytest.mark.parametrize("answer", [None, "0.5", {"score": 1}, (1,), (1, 2), ("why", 1), object()])
async def test_anything_else_is_an_error_that_names_the_task(answer):
    """What is no score is never taken for a low one."""
    with pytest.raises(MetricError, match="for task `t1`; return a number"):
        await judge(lambda _task, _rollout: answer, TASK, ROLLOUT)


@pytest.mark.parametrize("answer", [float("nan"), float("inf"), (float("-inf"), "why")])
async def test_a_score_is_finite(answer):
    """NaN would poison every mean it enters."""
    with pytest.raises(MetricError, match="must be finite"):
        await judge(lambda _task, _rollout: answer, TASK, ROLLOUT)


async def test_a_metric_that_raises_is_named_with_its_line():
    """The sentence says what was raised, on which task, and where."""

    def metric(task, rollout):
        return {}["total"]

    with pytest.raises(MetricError, match=r"raised KeyError: 'total' on task `t1` \(.*test_judging.py:\d+\)"):
        await judge(metric, TASK, ROLLOUT)


async def test_a_judge_that_can_not_judge_says_so_itself():
    """A verdict that can't be read and a model that is out of reach come out as they are."""
    for said in (MetricError("no usable verdict on task `t`"), ModelUnavailable("out of reach")):

        async def broken(task: Task, rollout: Rollout, said: Exception = said) -> float:
            raise said

        with pytest.raises(type(said), match=f"^{said}$"):
            await judge(broken, TASK, ROLLOUT)


def first_message(task, rollout):
    return next(message for message in [] if message)


async def first_message_later(task, rollout):
    return first_message(task, rollout)


@pytest.mark.parametrize("metric", [first_message, first_message_later], ids=["sync", "async"])
async def test_a_next_that_finds_nothing_is_an_error_like_any_other(metric):
    """`StopIteration` can't pass a future or a coroutine; the metric's own line is named all the same."""
    with pytest.raises(MetricError, match=r"the metric raised StopIteration on task `t1` \(.*test_judging.py:\d+\)"):
        await asyncio.wait_for(judge(metric, TASK, ROLLOUT), 5)
