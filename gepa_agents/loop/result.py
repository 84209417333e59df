"""What a run ends with."""

from pathlib import Path

from gepa_agents.words.candidate import Candidate
from gepa_agents.words.component import Anatomy
from gepa_agents.words.events import Stopped, Tested
from gepa_agents.words.frozen import Frozen
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.usage import Usage


class Scores(Frozen):
    """A candidate of the pool and how it did on val."""

    number: int
    """0 for the baseline, then in the order of acceptance."""
    config: GraphConfig
    parents: tuple[int, ...]
    val: tuple[float, ...]
    """One score for each val task, in the suite's order."""
    on_frontier: bool

    @property
    def mean(self) -> float:
        """Mean score on val."""
        return sum(self.val) / len(self.val)


class Spent(Frozen):
    """The ledger at the end."""

    rollouts: int
    task: Usage
    """Tokens and money of the agent's models and of judges."""
    reflections: int
    reflection: Usage
    """Tokens and money of the reflection model, the preflight call included."""
    seconds: float

    @property
    def usage(self) -> Usage:
        """Tokens and money of all models together."""
        return self.task + self.reflection


class Result(Frozen):
    """The outcome of `optimize`."""

    best: GraphConfig
    """The tuned configuration: best mean on val. Empty of texts when nothing beat the agent as it stands."""
    candidates: tuple[Scores, ...]
    """All accepted candidates, the baseline first."""
    anatomy: Anatomy
    test: Tested | None
    """Baseline against tuned on the test split; None when nothing beat the baseline or the budget ran out."""
    stopped: Stopped
    spent: Spent
    folder: Path | None
    """The run folder; None for a run in memory."""

    @property
    def improved(self) -> bool:
        """Whether the interval of the difference on test lies above zero."""
        return self.test is not None and self.test.low > 0

    @property
    def baseline_val(self) -> float:
        """The baseline's mean on val."""
        return self.candidates[0].mean

    @property
    def best_val(self) -> float:
        """The tuned candidate's mean on val: optimistic, since it was chosen for it. `test` is the honest figure."""
        candidate = Candidate(self.best.texts).id
        return next(scores.mean for scores in self.candidates if scores.config.candidate.id == candidate)
