"""What the search has come by so far, and since when that is known: a step sees only what was decided when it was
planned, so that what it does is the same whichever steps are under way beside it."""

from collections.abc import Iterable
from dataclasses import dataclass

from gepa_agents.ports.reflection import Attempt
from gepa_agents.words.candidate import Candidate

REMEMBERED = 5
"""Earlier attempts at a component that reflection is told of."""


@dataclass(frozen=True)
class Run:
    """A candidate was run on a train task."""

    candidate: Candidate
    task: str
    value: float


class Memory:
    """Candidates, attempts and runs on train, each with the number of decisions that had been taken when it came in."""

    def __init__(self) -> None:
        self._tried = {Candidate().id: 0}
        self._attempts: dict[str, list[tuple[int, Attempt]]] = {}
        self._runs: dict[str, list[tuple[int, Run]]] = {}
        self._runs_of: dict[str, list[tuple[int, Run]]] = {}

    def tried(self, candidate: Candidate, known: int) -> bool:
        """Whether the candidate had come up by then."""
        return self._tried.get(candidate.id, known + 1) <= known

    def ids(self) -> set[str]:
        """All candidates that came up so far."""
        return set(self._tried)

    def attempts(self, component: str, known: int) -> tuple[Attempt, ...]:
        """The latest attempts at a component by then, the newest last."""
        return tuple(attempt for when, attempt in self._attempts.get(component, []) if when <= known)[-REMEMBERED:]

    def runs(self, task: str, known: int) -> list[Run]:
        """The runs on a train task by then, in the order in which they came in; each candidate once."""
        return list({run.candidate.id: run for when, run in self._runs.get(task, []) if when <= known}.values())

    def runs_of(self, candidate: Candidate, known: int) -> list[Run]:
        """The runs of a candidate on train by then, in the order in which they came in."""
        return [run for when, run in self._runs_of.get(candidate.id, []) if when <= known]

    def note(self, now: int, candidate: Candidate) -> None:
        """A candidate has come up."""
        self._tried.setdefault(candidate.id, now)

    def attempted(self, now: int, component: str, attempt: Attempt) -> None:
        """A text for a component was tried."""
        self._attempts.setdefault(component, []).append((now, attempt))

    def ran(self, now: int, runs: Iterable[Run]) -> None:
        """Candidates were run on train tasks."""
        for run in runs:
            self._runs.setdefault(run.task, []).append((now, run))
            self._runs_of.setdefault(run.candidate.id, []).append((now, run))
