"""What the fixture `agent_suite` hands to a test: a suite's rollouts and what they add up to."""

from dataclasses import dataclass

from gepa_agents import Evaluation
from gepa_agents.testing.trajectory import AgentRun


@dataclass(frozen=True)
class SuiteRun:
    """One configuration, evaluated on the tasks of a suite."""

    name: str
    """File, candidate and split, for people."""
    evaluation: Evaluation
    """Mean score with its interval, scores by task, failures, tokens, money, latency."""
    runs: tuple[AgentRun, ...]
    """All runs: the tasks in their order, repeat after repeat."""

    @property
    def score(self) -> float:
        """The mean score over tasks."""
        return self.evaluation.mean

    def run(self, task: str, repeat: int = 0) -> AgentRun:
        """The run of a task by its id; `KeyError` when there is none."""
        for run in self.runs:
            if (run.rollout.task, run.rollout.repeat) == (task, repeat):
                return run
        raise KeyError(f"{task}, repeat {repeat}")
