"""A case: a task and what became of it; what evidence is told from and what checks look at."""

from gepa_agents.words.frozen import Frozen
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.task import Task


class Case(Frozen):
    """A task and what became of it."""

    task: Task
    rollout: Rollout
