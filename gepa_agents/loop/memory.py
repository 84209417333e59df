"""What the search tried before, and since when that is known: a step sees only what was decided when it was planned."""

from gepa_agents.ports.reflection import Attempt
from gepa_agents.words.candidate import Candidate

REMEMBERED = 5
"""Earlier attempts at a component that reflection is told of."""


class Memory:
    """Candidates and attempts, each with the number of decisions that had been taken once it was known."""

    def __init__(self) -> None:
        self._tried = {Candidate().id: 0}
        self._attempts: dict[str, list[tuple[int, Attempt]]] = {}

    def tried(self, candidate: Candidate, known: int) -> bool:
        """Whether the candidate had come up by then."""
        return self._tried.get(candidate.id, known + 1) <= known

    def ids(self) -> set[str]:
        """All candidates that came up so far."""
        return set(self._tried)

    def attempts(self, component: str, known: int) -> tuple[Attempt, ...]:
        """The latest attempts at a component that were known by then, the newest last."""
        return tuple(attempt for when, attempt in self._attempts.get(component, []) if when <= known)[-REMEMBERED:]

    def note(self, now: int, candidate: Candidate) -> None:
        """A candidate has come up."""
        self._tried.setdefault(candidate.id, now)

    def attempted(self, now: int, component: str, attempt: Attempt) -> None:
        """A text for a component was tried."""
        self._attempts.setdefault(component, []).append((now, attempt))
