"""The pool: the candidates that joined the search, who descends from whom, and how well each does on val."""

from array import array
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from math import fsum

from gepa_agents.parts.frontier.merge import Descent
from gepa_agents.parts.frontier.objectives import SCORE, Measures, columns
from gepa_agents.parts.frontier.pareto import Frontier
from gepa_agents.words.candidate import Candidate
from gepa_agents.words.settings import Settings

SHARED = 0.5
"""How much of its gain on the tasks that a child was run on it is expected to have on the others."""
Found = Mapping[int, Mapping[str, float]]
"""What rollouts on val count for: objectives, the score among them, by the task's position."""


@dataclass(frozen=True)
class Member:
    """A candidate in the pool."""

    number: int
    """0 for the baseline, then in the order of acceptance."""
    candidate: Candidate
    parents: tuple[int, ...]
    scores: Sequence[float]
    """One score for each val task, in the suite's order. On tasks that it was not run on it is taken to do as its
    (better) parent was known to do when it joined: the frontier has nobody gain where nobody looked."""
    expected: Sequence[float]
    """The same, as far as can be told: on tasks that it was not run on it is expected to do as well as its parent was,
    and better by half of what it gained on the parent elsewhere. Children are measured by this."""
    known: AbstractSet[int]
    """Positions of the val tasks that it was run on."""
    measures: Measures
    """Its further objectives; where it was not run, its parent's."""
    flags: tuple[str, ...] = ()
    """What a person should look at before using its texts, those that it inherited included."""

    @cached_property
    def mean(self) -> float:
        """Mean score on val, as far as it is known or expected."""
        return fsum(self.expected) / len(self.expected)

    @property
    def complete(self) -> bool:
        """Whether it was run on all of val."""
        return len(self.known) == len(self.scores)

    def learned(self, found: Found) -> "Member":
        """The member as it is once more is known of it."""
        scores, expected = array("d", self.scores), array("d", self.expected)
        for position, objectives in found.items():
            scores[position] = expected[position] = objectives[SCORE]
        known = self.known | found.keys()
        return replace(self, scores=scores, expected=expected, known=known, measures=self.measures.updated(found))


class Pool:
    """All accepted candidates and their frontier."""

    def __init__(self, settings: Settings) -> None:
        """`settings` say what the columns of the frontier are."""
        self.members: list[Member] = []
        self.frontier = Frontier()
        self._settings = settings
        self._attempts: list[int] = []
        self._top: list[float] = []
        self._range = float("inf"), float("-inf")
        self._val: frozenset[int] = frozenset()

    def add(self, candidate: Candidate, parents: Sequence[Member], found: Found, flags: Sequence[str] = ()) -> Member:
        """Let a candidate in, with what was found on val; the baseline, without parents, was run on all of it."""
        # More may be known of its parents than when it was planned.
        parents = [self.members[parent.number] for parent in parents]
        better = max(parents, key=lambda parent: parent.mean, default=None)
        if better is None:
            self._val, self._top = frozenset(found), [float("-inf")] * len(found)
        member = Member(
            number=len(self.members),
            candidate=candidate,
            parents=tuple(parent.number for parent in parents),
            scores=better.scores if better else [0.0] * len(found),
            expected=self._expected(better, found) if better else [0.0] * len(found),
            known=frozenset(),
            measures=better.measures if better else Measures(len(found)),
            flags=tuple(dict.fromkeys([*(flag for parent in parents for flag in parent.flags), *flags])),
        )
        member = self._seen(member, found)
        self.members.append(member)
        self._attempts.append(max((self._attempts[parent.number] for parent in parents), default=0))
        self.frontier.add(columns(member.scores, member.measures, self._settings), member.mean)
        return member

    def extend(self, number: int, found: Found) -> Member:
        """More is known of a member now."""
        self.members[number] = member = self._seen(self.members[number], found)
        self.frontier.revise(number, columns(member.scores, member.measures, self._settings), member.mean)
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

    def _expected(self, parent: Member, found: Found) -> list[float]:
        """What to expect of a child that gained so much on a parent, before it is known where it was run."""
        gain = fsum(known[SCORE] - parent.expected[position] for position, known in found.items()) / len(found)
        (low, high), more = self._range, SHARED * gain
        rows = (score + more for score in parent.expected)
        return [low if score < low else high if score > high else score for score in rows]

    def _seen(self, member: Member, found: Found) -> Member:
        scores = {position: objectives[SCORE] for position, objectives in found.items()}
        for position, score in scores.items():
            self._top[position] = max(self._top[position], score)
        low, high = self._range
        self._range = min([low, *scores.values()]), max([high, *scores.values()])
        member = member.learned(found)
        if not member.complete:
            return member
        return replace(member, known=self._val, expected=member.scores)  # kept once, they are large
