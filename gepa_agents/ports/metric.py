"""The port to the user's judgement: a function of a task and a rollout."""

from collections.abc import Awaitable
from typing import Protocol

from gepa_agents.words.rollout import Rollout, Score
from gepa_agents.words.task import Task

Scored = float | tuple[float, str] | Score
"""What a metric may return: a number, a number with the reason in words, or a full `Score`."""


class Metric(Protocol):
    """Judges one rollout; sync or async. Its words are what reflection learns from: say why, not only how much."""

    def __call__(self, task: Task, rollout: Rollout, /) -> Scored | Awaitable[Scored]: ...
