"""The ledger: everything a run pays for, against its budget. Knows amounts, not what they were spent on."""

from collections.abc import Sequence

from gepa_agents.words.settings import Budget
from gepa_agents.words.usage import Usage


class Ledger:
    """Spending so far and what the budget still covers. A step asks `shortage` first and books what it really used."""

    def __init__(self, budget: Budget, reserve: int = 0) -> None:
        """`reserve` rollouts are kept back from the search, for the closing test."""
        self._budget = budget
        self._reserve = reserve
        self.rollouts = 0
        """Rollouts paid for."""
        self.task = Usage()
        """Tokens and money of the rollouts, judges included."""
        self.reflections = 0
        """Calls of the reflection model."""
        self.reflection = Usage()
        """Tokens and money of the reflection model."""
        self.preflight = Usage()
        """Tokens and money of the call that tried the reflection model out; outside the budget, because a resumed run
        makes it again and must still decide as the uninterrupted one."""

    @property
    def usage(self) -> Usage:
        """Tokens and money that count against the budget, of all models together."""
        return self.task + self.reflection

    def rollout(self, usage: Usage) -> None:
        """Book one rollout."""
        self.rollouts += 1
        self.task += usage

    def reflected(self, usage: Usage) -> None:
        """Book one call of the reflection model."""
        self.reflections += 1
        self.reflection += usage

    def shortage(self, rollouts: int, reflections: int, seconds: float) -> str | None:
        """Why a step of the search is not covered, in one sentence; None when it is.

        The step may make so many rollouts and reflection calls, `seconds` into the run. Tokens and money are
        foreseen from the averages so far, and the closing test stays covered.
        """
        budget, ahead = self._budget, rollouts + self._reserve
        if budget.rollouts is not None and self.rollouts + ahead > budget.rollouts:
            return f"{self.rollouts} of {budget.rollouts} rollouts are used, the next step may need {rollouts}" + (
                f" and {self._reserve} are kept for the closing test" if self._reserve else ""
            )
        if budget.tokens is not None:
            tokens = self._foreseen(self.task.tokens, self.reflection.tokens, ahead, reflections)
            if self.usage.tokens + tokens > budget.tokens:
                return f"{self.usage.tokens} of {budget.tokens} tokens are used, the next step needs about {tokens:.0f}"
        if budget.usd is not None:
            usd = self._foreseen(self.task.usd, self.reflection.usd, ahead, reflections)
            if self.usage.usd + usd > budget.usd:
                return f"${self.usage.usd:.2f} of ${budget.usd:.2f} are spent, the next step needs about ${usd:.2f}"
        if budget.seconds is not None:
            pace = seconds / self.rollouts if self.rollouts else 0.0
            if seconds + pace * self._reserve >= budget.seconds:
                return f"{seconds:.0f} of {budget.seconds:.0f} seconds have passed"
        return None

    def exhausted(self, ahead: Sequence[Usage] = ()) -> str | None:
        """Why not one more call may start, in one sentence; None when it may.

        `ahead` are rollouts that ended but are not booked yet. The last line against overspending, where `shortage`
        foresaw too little.
        """
        budget, usage = self._budget, sum(ahead, self.usage)
        if budget.rollouts is not None and self.rollouts + len(ahead) >= budget.rollouts:
            return f"all {budget.rollouts} rollouts are used"
        if budget.tokens is not None and usage.tokens >= budget.tokens:
            return f"all {budget.tokens} tokens are used"
        if budget.usd is not None and usage.usd >= budget.usd:
            return f"all ${budget.usd:.2f} are spent"
        return None

    def _foreseen(self, task: float, reflection: float, rollouts: int, reflections: int) -> float:
        each_rollout = task / self.rollouts if self.rollouts else 0.0
        each_reflection = reflection / self.reflections if self.reflections else 0.0
        return each_rollout * rollouts + each_reflection * reflections
