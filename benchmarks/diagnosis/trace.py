"""A labelled trace: a case, and which faults it has by something else than the checks that are measured.

Knows nothing of where it comes from.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from gepa_agents import Rollout, Score, Task, Trajectory
from gepa_agents.words.case import Case

Origin = Literal["recorded", "synthetic"]
Half = Literal["tuning", "held out"]


@dataclass(frozen=True)
class Trace:
    """One case with its labels."""

    id: str
    origin: Origin
    """`recorded`: a run of a real model. `synthetic`: made by a program, with or without a seeded fault."""
    cohort: str
    """Runs of the same agent on comparable tasks: what an outlier is measured against."""
    case: Case
    labels: dict[str, bool] = field(default_factory=dict[str, bool])
    """By name of a check: whether the trace has that fault. A check that is missing is not judged on this trace."""

    @property
    def half(self) -> Half:
        """Which half it is in, by the hash of its task's template, else of its task: what is alike is on one side."""
        kin = self.case.task.metadata.get("template", self.case.task.id)
        return "tuning" if hashlib.sha256(f"{self.origin}/{kin}".encode()).digest()[0] % 2 else "held out"


def case(task: Task, trajectory: Trajectory, output: str, score: float) -> Case:
    """A case of a run that was recorded elsewhere."""
    rollout = Rollout(
        candidate="recorded", task=task.id, output=output, trajectory=trajectory, score=Score(value=score)
    )
    return Case(task=task, rollout=rollout)
