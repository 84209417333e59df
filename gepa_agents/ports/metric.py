"""The port to the user's judgement: a function of a task and a rollout."""

from collections.abc import Awaitable
from typing import Protocol

from gepa_agents.words.errors import MetricError
from gepa_agents.words.rollout import Rollout, Score
from gepa_agents.words.task import Task
from gepa_agents.words.usage import Usage

Scored = float | tuple[float, str] | Score
"""What a metric may return: a number, a number with the reason in words, or a full `Score`."""


class Metric(Protocol):
    """Judges one rollout; sync or async. Its words are what reflection learns from: say why, not only how much."""

    def __call__(self, task: Task, rollout: Rollout, /) -> Scored | Awaitable[Scored]: ...


class NoVerdict(MetricError):
    """A metric that asks a model got no usable verdict of it, and paid for what it got."""

    def __init__(self, message: str, usage: Usage) -> None:
        """`usage`: what asking cost; booked with the rollout."""
        super().__init__(message)
        self.usage = usage
