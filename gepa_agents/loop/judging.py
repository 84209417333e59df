"""Asks the user's metric, and takes only scores for an answer."""

import asyncio
import inspect
import math
import traceback
from numbers import Real

from gepa_agents.ports.metric import Metric
from gepa_agents.ports.thread import described, in_thread, raised
from gepa_agents.words.errors import GepaError, MetricError
from gepa_agents.words.rollout import Rollout, Score
from gepa_agents.words.task import Task


async def judge(metric: Metric, task: Task, rollout: Rollout) -> Score:
    """The metric's score of a rollout.

    A sync metric runs in a thread, so that one which waits for a model holds nothing up. Raises `MetricError` when the
    metric raises or returns something else than a number, a number with words, or a `Score`; a `GepaError` of the
    metric's own, such as a judge's model that does not answer, comes out as it is.
    """
    try:
        if inspect.iscoroutinefunction(metric):
            answer = await metric(task, rollout)
        else:
            answer = await in_thread(metric, task, rollout)
            if inspect.isawaitable(answer):
                answer = await answer
    except GepaError:
        raise  # of a judge that has no verdict, or no recording: it says itself what to do
    except (Exception, asyncio.CancelledError) as error:
        if stopping(error):
            raise
        own = raised(error)
        frame = traceback.extract_tb(own.__traceback__)[-1]
        raise MetricError(
            f"the metric raised {described(own)} on task `{task.id}` ({frame.filename}:{frame.lineno}); "
            "mend it and run the same command again, the rollout is kept"
        ) from error
    return _score(answer, task)


def stopping(error: BaseException) -> bool:
    """Whether it says that this task is being cancelled; one that the user's own code let out is an error of theirs."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


def _score(answer: object, task: Task) -> Score:
    if isinstance(answer, Score):
        return answer
    match answer:
        case Real() as number:
            feedback = ""
        case (Real() as number, str() as feedback):
            pass
        case _:
            raise MetricError(
                f"the metric returned {answer!r} for task `{task.id}`; "
                "return a number, (number, 'why'), or gepa_agents.Score"
            )
    try:
        value = float(number)
    except OverflowError:  # Python's whole numbers have no end
        value = math.inf
    try:
        return Score(value=value, feedback=feedback)
    except ValueError as error:
        raise MetricError(f"the metric returned {value} for task `{task.id}`; a score must be finite") from error
