"""The pool: the candidates that joined the search, who descends from whom, and how well each does on val."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
    """One score for each val task, in the suite's order. On tasks that it was not run on it is taken to do as its
    (better) parent does, so a mean leans towards the parent's by as much as is not known yet."""
    known: frozenset[int]
    """Positions of the val tasks that it was run on."""

    @property
    def mean(self) -> float:
        """Mean score on val, as far as it is known."""
        return sum(self.scores) / len(self.scores)

    @property
    def complete(self) -> bool:
        """Whether it was run on all of val."""
        return len(self.known) == len(self.scores)


class Pool:
    """All accepted candidates and their frontier."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self.frontier = Frontier()
        self._attempts: list[int] = []
        self._top: list[float] = []

    def add(self, candidate: Candidate, parents: Sequence[Member], scores: Mapping[int, float]) -> Member:
        """Let a candidate in, with its scores by position of the val task; the baseline, without parents, has all."""
        row = list(max(parents, key=lambda parent: parent.mean).scores) if parents else [0.0] * len(scores)
        for position, score in scores.items():
            row[position] = score
        number = self.frontier.add(row)
        member = Member(number, candidate, tuple(parent.number for parent in parents), tuple(row), frozenset(scores))
        self.members.append(member)
        self._attempts.append(max((self._attempts[parent.number] for parent in parents), default=0))
        self._raise(scores)
        return member

    def extend(self, number: int, scores: Mapping[int, float]) -> Member:
        """More is known of a member now."""
        member = self.members[number]
        row = [scores.get(position, score) for position, score in enumerate(member.scores)]
        member = replace(member, scores=tuple(row), known=member.known | scores.keys())
        self.members[number] = member
        self.frontier.revise(number, row)
        self._raise(scores)
        return member

    @property
    def best(self) -> Member:
        """The member with the best mean on val; the earliest of equals."""
        return self.members[self.frontier.best]

    @property
    def top(self) -> tuple[float, ...]:
        """The best score that was ever seen on each val task."""
        return tuple(self._top)

    def attempts(self, member: Member) -> int:
        """Proposals drawn from this member, and before it from its line."""
        return self._attempts[member.number]

    def attempted(self, member: Member) -> None:
        """Count a proposal drawn from this member."""
        self._attempts[member.number] += 1

    def descents(self) -> list[Descent]:
        """The members as merge sees them."""
        return [Descent(member.candidate, member.parents, member.mean) for member in self.members]

    def _raise(self, scores: Mapping[int, float]) -> None:
        self._top = self._top or [float("-inf")] * len(self.members[0].scores)
        for position, score in scores.items():
            self._top[position] = max(self._top[position], score)
