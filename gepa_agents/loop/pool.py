"""The pool of candidates that were run on all of val: who descends from whom, and how well each does."""

from collections.abc import Sequence
from dataclasses import dataclass

from gepa_agents.parts.frontier.merge import Descent
from gepa_agents.parts.frontier.pareto import Frontier
from gepa_agents.words.candidate import Candidate


@dataclass(frozen=True)
class Member:
    """A candidate in the pool."""

    number: int
    """0 for the baseline, then in the order of acceptance."""
    candidate: Candidate
    parents: tuple[int, ...]
    scores: tuple[float, ...]
    """One score for each val task, in the suite's order."""

    @property
    def mean(self) -> float:
        """Mean score on val."""
        return sum(self.scores) / len(self.scores)


class Pool:
    """All accepted candidates and their frontier."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self.frontier = Frontier()
        self._attempts: list[int] = []

    def add(self, candidate: Candidate, parents: Sequence[int], scores: Sequence[float]) -> Member:
        """Let a candidate in."""
        number = self.frontier.add(scores)
        member = Member(number, candidate, tuple(parents), tuple(scores))
        self.members.append(member)
        self._attempts.append(max((self._attempts[parent] for parent in parents), default=0))
        return member

    @property
    def best(self) -> Member:
        """The member with the best mean on val; the earliest of equals."""
        return self.members[self.frontier.best]

    def attempts(self, member: Member) -> int:
        """Proposals drawn from this member, and before it from its line."""
        return self._attempts[member.number]

    def attempted(self, member: Member) -> None:
        """Count a proposal drawn from this member."""
        self._attempts[member.number] += 1

    def descents(self) -> list[Descent]:
        """The members as merge sees them."""
        return [Descent(member.candidate, member.parents, member.mean) for member in self.members]
