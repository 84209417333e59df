"""What other rollouts of the same agent looked like: what outliers and missing tools are judged by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import quantiles

from gepa_agents.parts.feedback import acting
from gepa_agents.parts.feedback.calls import calls
from gepa_agents.words.case import Case

SOLVED = 1.0
"""The score from which on a case counts as solved, where nobody says another: scores are between 0 and 1 by convention.
"""
ENOUGH = 8
"""Rollouts from which on quartiles say something."""


@dataclass(frozen=True)
class Spread:
    """How a quantity is spread over the cohort."""

    median: float
    fence: float
    """Third quartile and three times the distance between the quartiles (Tukey's outer fence)."""

    def beyond(self, value: float) -> bool:
        """Far out by the fence, and at least twice the median."""
        return value > self.fence and value > 2 * self.median > 0


@dataclass(frozen=True)
class Cohort:
    """What is known of other rollouts; an empty one knows nothing, and nothing is judged by it."""

    tokens: Spread | None = None
    turns: Spread | None = None
    """Model calls of a rollout."""
    seconds: Spread | None = None
    needed: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """By id of a task that was solved: the tools that every solution called with success.

    A single solution may have looked up more than it took; so tools that only look things up count from two on."""
    solved: float = SOLVED
    """The score from which on a case counts as solved."""

    @classmethod
    def of(cls, cases: Sequence[Case], solved: float = SOLVED) -> "Cohort":
        """What these cases have in common; of any candidates, and of any number of tries at a task."""
        trajectories = [case.rollout.trajectory for case in cases if case.rollout.fault is None]
        solutions: dict[str, list[frozenset[str]]] = {}
        for case in cases:
            if _reaches(case, solved):
                used = frozenset(call.tool for call in calls(case.rollout.trajectory) if call.run and not call.failed)
                solutions.setdefault(case.task.id, []).append(used)
        return cls(
            tokens=_spread([float(one.usage.tokens) for one in trajectories]),
            turns=_spread([float(sum(1 for _ in one.models())) for one in trajectories]),
            seconds=_spread([one.seconds for one in trajectories]),
            needed={task: _common(used) for task, used in solutions.items()},
            solved=solved,
        )

    def satisfied(self, case: Case) -> bool:
        """Whether the metric was satisfied."""
        return _reaches(case, self.solved)


def _reaches(case: Case, solved: float) -> bool:
    return case.rollout.score is not None and case.rollout.score.value >= solved


def _common(solutions: Sequence[frozenset[str]]) -> frozenset[str]:
    shared = frozenset.intersection(*solutions)
    return shared if len(solutions) > 1 else frozenset(filter(acting.acts, shared))


def _spread(values: Sequence[float]) -> Spread | None:
    if len(values) < ENOUGH:
        return None
    low, median, high = quantiles(values, n=4)
    return Spread(median=median, fence=high + 3 * (high - low))
