"""What a run will take, before anything is paid for."""

from gepa_agents.words.frozen import Frozen
from gepa_agents.words.settings import Settings
from gepa_agents.words.suite import TaskSuite


class Estimate(Frozen):
    """Rollouts that the parts of a run need."""

    baseline: int
    """The agent as it stands on val."""
    rejected: int
    """At most, for a proposal that comes to nothing: parent and child on a minibatch."""
    accepted: int
    """At most, for a proposal that joins the pool: the same, and val; and once more what a reviewer makes of it."""
    recheck: int
    """Kept back for telling the contenders apart, before the closing test."""
    test: int
    """Baseline and tuned on test."""

    @property
    def floor(self) -> int:
        """The smallest budget that lets one proposal through."""
        return self.baseline + self.accepted + self.reserve

    @property
    def reserve(self) -> int:
        """What is kept back from the search for what comes after it."""
        return self.recheck + self.test

    def proposals(self, rollouts: int) -> tuple[int, int]:
        """How many proposals so many rollouts pay for, at least (all accepted) and at most (all rejected)."""
        left = max(rollouts - self.baseline - self.reserve, 0)
        return left // self.accepted, left // self.rejected


def estimate(suite: TaskSuite, settings: Settings, *, edits: bool = False) -> Estimate:
    """What a run on this suite takes under these settings; `edits` when a reviewer may edit proposals."""
    minibatch, val = min(settings.minibatch, len(suite.train)), len(suite.val)
    rejected = 2 * minibatch
    return Estimate(
        baseline=val,
        rejected=rejected,
        accepted=rejected + val + (minibatch + val if edits else 0),
        recheck=settings.recheck or 0,
        test=2 * len(suite.test),
    )
