"""Writes down what became of a proposal: the decision, as an event, from the facts gathered on the way."""

from dataclasses import dataclass
from typing import Literal

from gepa_agents.loop.pool import Member, Pool
from gepa_agents.words.events import Accepted, Reason, Rejected

Decision = Accepted | Rejected


@dataclass(frozen=True)
class Tally:
    """What is known of a proposal so far."""

    iteration: int
    origin: Literal["mutation", "merge"]
    parents: tuple[str, ...]
    component: str
    before: float
    after: float | None = None

    def rejected(self, reason: Reason, detail: str, text: str = "") -> Rejected:
        """It came to nothing."""
        return Rejected(
            iteration=self.iteration,
            origin=self.origin,
            parents=self.parents,
            component=self.component,
            reason=reason,
            detail=detail,
            text=text,
            before=self.before,
            after=self.after,
        )

    def accepted(self, member: Member, pool: Pool, text: str = "") -> Accepted:
        """It is in the pool now, as `member`."""
        return Accepted(
            iteration=self.iteration,
            origin=self.origin,
            candidate=member.candidate.id,
            parents=self.parents,
            component=self.component,
            text=text,
            before=self.before,
            after=self.before if self.after is None else self.after,
            val=member.mean,
            best=pool.best.mean,
            frontier=len(pool.frontier),
        )
