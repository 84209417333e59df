"""What a step of the search found out, and how that is written down as a decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from gepa_agents.loop.memory import Run
from gepa_agents.loop.pool import Found, Member, Pool
from gepa_agents.parts.reflection.reflect import Failure
from gepa_agents.ports.reflection import Proposal
from gepa_agents.words.candidate import Candidate
from gepa_agents.words.events import Accepted, Confirmed, Reason, Rejected

Decision = Accepted | Rejected | Confirmed


@dataclass(frozen=True)
class Tally:
    """What is known of a proposal so far."""

    iteration: int
    known: int
    """Decisions that had been taken when it was planned."""
    origin: Literal["mutation", "merge"]
    parents: tuple[Member, ...]
    component: str = ""
    why: str = ""
    """Why this component."""
    texts: Mapping[str, str] = field(default_factory=dict[str, str])
    flags: tuple[str, ...] = ()
    before: float | None = None
    after: float | None = None

    def rejected(self, reason: Reason, detail: str) -> Rejected:
        """It came to nothing."""
        return Rejected(
            iteration=self.iteration,
            known=self.known,
            origin=self.origin,
            parents=self._ids(),
            component=self.component,
            why=self.why,
            reason=reason,
            detail=detail,
            texts=dict(self.texts),
            before=self.before,
            after=self.after,
        )

    def accepted(self, member: Member, pool: Pool) -> Accepted:
        """It is in the pool now, as `member`."""
        return Accepted(
            iteration=self.iteration,
            known=self.known,
            origin=self.origin,
            candidate=member.candidate.id,
            parents=self._ids(),
            component=self.component,
            why=self.why,
            texts=dict(self.texts),
            flags=self.flags,
            before=self.before or 0.0,
            after=self.after or 0.0,
            val=member.mean,
            tasks=len(member.known),
            best=pool.best.mean,
            leader=pool.best.candidate.id,
            frontier=len(pool.frontier),
        )

    def _ids(self) -> tuple[str, ...]:
        return tuple(parent.candidate.id for parent in self.parents)


@dataclass(frozen=True)
class Outcome:
    """What a step came to, before it is decided on."""

    tally: Tally
    refused: tuple[Reason, str] | None = None
    """Why it came to nothing; None for a child that did well."""
    diagnoses: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the reflection model said went wrong, by component."""
    runs: tuple[Run, ...] = ()
    """Of the parent and the child, on train."""
    answered: bool | None = None
    """Whether the reflection model gave a usable text; None where it was not asked."""
    child: Candidate | None = None
    found: Found = field(default_factory=dict[int, Mapping[str, float]])
    """What the child's rollouts on val count for."""
    confirmed: Member | None = None
    """The member that was run on the rest of val, where that was the step."""

    @property
    def parent(self) -> Member:
        """The parent that it is measured by: the better one, for a merge."""
        return max(self.tally.parents, key=lambda parent: parent.mean)

    def about(self, component: str, why: str) -> "Outcome":
        """What is to be rewritten, and why."""
        return replace(self, tally=replace(self.tally, component=component, why=why))

    def wrote(self, texts: Mapping[str, str], answers: Mapping[str, Proposal]) -> "Outcome":
        """New texts came back from the reflection model, in these answers by component."""
        flags = tuple(flag for answer in answers.values() for flag in answer.flags)
        diagnoses = {name: answer.diagnosis for name, answer in answers.items()}
        tally = replace(self.tally, texts=texts, flags=flags)
        return replace(self, tally=tally, diagnoses=diagnoses, answered=True)

    def rewritten(self, texts: Mapping[str, str]) -> "Outcome":
        """A person wrote some of the texts anew: what was found out about the others holds no longer."""
        why = f"{self.tally.why}; edited by a person" if self.tally.why else "edited by a person"
        return replace(self, tally=replace(self.tally, texts=texts, why=why, flags=()), child=None, found={})

    def tried(self, child: Candidate, after: float, runs: tuple[Run, ...], before: float | None = None) -> "Outcome":
        """The child was run, with this mean; `before` is its parents', where that was not known yet."""
        tally = replace(self.tally, after=after, before=self.tally.before if before is None else before)
        return replace(self, tally=tally, child=child, runs=self.runs + runs)

    def refuse(self, reason: Reason, detail: str) -> "Outcome":
        """It comes to nothing."""
        return replace(self, refused=(reason, detail))

    def failed(self, failure: Failure) -> "Outcome":
        """The reflection gave no usable text."""
        # A model that leaves the text as it is has nothing to add; that is an answer.
        return replace(self, answered=failure.unchanged).refuse(failure.reason, failure.detail)
