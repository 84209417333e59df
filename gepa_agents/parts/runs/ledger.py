"""The ledger: everything a run pays for, against its budget. Knows amounts, not what they were spent on.

A call is owed from the moment it was paid for, and booked when the step that asked for it is decided. Calls end in an
order that depends on timing, steps are decided in an order that does not: so what is booked is the same at any
concurrency. What is owed keeps the budget from being overrun meanwhile: a later step then waits for its turn, and no
step is refused a call for what a later one spent. What a run with a smaller budget paid for, and this one may never ask
for again, is sunk.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

from gepa_agents.parts.runs.turn import NotYet, Turn
from gepa_agents.words.errors import BudgetError, GepaError
from gepa_agents.words.settings import Budget
from gepa_agents.words.usage import Usage

Kind = Literal["rollout", "reflection"]


class _Sum(NamedTuple):
    """Calls added up."""

    rollouts: int = 0
    usage: Usage = Usage()

    def plus(self, kind: Kind, usage: Usage) -> "_Sum":
        return _Sum(self.rollouts + (kind == "rollout"), self.usage + usage)

    def plus_all(self, calls: Iterable[tuple[Kind, Usage]]) -> "_Sum":
        total = self
        for kind, usage in calls:
            total = total.plus(kind, usage)
        return total


class Ledger:
    """Spending so far and what the budget still covers."""

    def __init__(self, budget: Budget, reserve: int = 0) -> None:
        """`reserve` rollouts are kept back from the search, for what comes after it."""
        self.budget = budget
        """What may be spent."""
        self._reserve = reserve
        self._booked: set[str] = set()
        self._owed: dict[str, tuple[Kind, Usage]] = {}
        self._owing = _Sum()
        self._sunk: dict[str, tuple[Kind, Usage]] = {}
        self._sunken = _Sum()
        self._held: GepaError | None = None
        self.rollouts = 0
        """Rollouts booked."""
        self.task = Usage()
        """Tokens and money of the rollouts, judges included."""
        self.reflections = 0
        """Calls of the reflection model booked."""
        self.reflection = Usage()
        """Tokens and money of the reflection model."""
        self.preflight = Usage()
        """Tokens and money of the call that tried the reflection model out; outside the budget, because a resumed run
        makes it again and must still decide as the uninterrupted one."""

    @property
    def usage(self) -> Usage:
        """Tokens and money booked, of all models together."""
        return self.task + self.reflection

    @property
    def paid(self) -> tuple[int, Usage]:
        """Rollouts, and tokens and money of all models: booked, owed and sunk together."""
        owing, sunken = self._owing, self._sunken
        return self.rollouts + owing.rollouts + sunken.rollouts, self.usage + owing.usage + sunken.usage

    def owe(self, kind: Kind, key: str, usage: Usage) -> None:
        """A call was paid for, or read from the journal where it was paid for; the second time it changes nothing."""
        if key not in self._booked and key not in self._owed:
            self._owed[key] = kind, usage
            if key not in self._sunk:
                self._owing = self._owing.plus(kind, usage)

    def sink(self, kind: Kind, key: str, usage: Usage) -> None:
        """A call was paid for by an earlier run that this one goes on from: it is spent, until a step books it."""
        if key not in self._booked and key not in self._sunk:
            self._sunk[key] = kind, usage
            self._sum_up()

    def knows(self, key: str) -> bool:
        """Whether a call is owed or booked."""
        return key in self._booked or key in self._owed

    def booked(self, key: str) -> bool:
        """Whether a call is booked: what is owed depends on timing, this does not."""
        return key in self._booked

    def release(self, rollouts: int) -> None:
        """So many rollouts are no longer kept back: what they were for comes now."""
        self._reserve -= rollouts

    def book(self, keys: Iterable[str]) -> str | None:
        """Book owed calls in this order, each once; says why the budget ended before the last of them, if it did.

        All are booked, because all were paid for. With one worker the later ones would not have started, so a run
        that hears a reason here stops, at any concurrency.
        """
        overspent = None
        for key in keys:
            if key in self._booked:
                continue
            overspent = overspent or self._exhausted(self.rollouts, self.usage)
            kind, usage = self._owed.pop(key)
            self._booked.add(key)
            self._sunk.pop(key, None)
            if kind == "rollout":
                self.rollouts += 1
                self.task += usage
            else:
                self.reflections += 1
                self.reflection += usage
        self._sum_up()
        return overspent

    def close(self) -> None:
        """Book what is still owed: steps that were under way when the run stopped had paid for it."""
        self.book(sorted(self._owed))

    def shortage(self, rollouts: int, reflections: int, seconds: float) -> str | None:
        """Why a step of the search is not covered, in one sentence; None when it is.

        The step, and those under way, may make so many rollouts and reflection calls, `seconds` into the run. Tokens
        and money are foreseen from the averages so far, and the closing test stays covered.
        """
        budget, ahead = self.budget, rollouts + self._reserve
        spent, usage = self.rollouts + self._sunken.rollouts, self.usage + self._sunken.usage
        if budget.rollouts is not None and spent + ahead > budget.rollouts:
            return f"{spent} of {budget.rollouts} rollouts are used, the next step may need {rollouts}" + (
                f" and {self._reserve} are kept for the closing test" if self._reserve else ""
            )
        if budget.tokens is not None:
            tokens = self._foreseen(self.task.tokens, self.reflection.tokens, ahead, reflections)
            if usage.tokens + tokens > budget.tokens:
                return f"{usage.tokens} of {budget.tokens} tokens are used, the next step needs about {tokens:.0f}"
        if budget.usd is not None:
            usd = self._foreseen(self.task.usd, self.reflection.usd, ahead, reflections)
            if usage.usd + usd > budget.usd:
                return f"${usage.usd:.2f} of ${budget.usd:.2f} are spent, the next step needs about ${usd:.2f}"
        if budget.seconds is not None:
            pace = seconds / spent if spent else 0.0
            if seconds + pace * self._reserve >= budget.seconds:
                return f"{seconds:.0f} of {budget.seconds:.0f} seconds have passed"
        return None

    def admit(self, turn: Turn | None = None, before: Iterable[str] = ()) -> None:
        """Let one more call begin, or raise why not: the last line against overspending, where `shortage` foresaw
        too little.

        `BudgetError` when the budget is used, by what is booked and owed. But for the call of a step whose `turn` has
        come only by what is booked and what the step asked for `before` this call; where it has not, that is `NotYet`
        known. While the ledger is `held`, the reason for that.
        """
        if self._held is not None:
            raise self._held
        reason = self._exhausted(*self.paid)
        if reason is not None and turn is not None:
            if not turn.come.is_set():
                raise NotYet(turn)
            own = (self._owed[key] for key in {*turn.spent, *before} if key in self._owed and key not in self._sunk)
            total = _Sum(self.rollouts, self.usage).plus_all([*self._sunk.values(), *own])
            reason = self._exhausted(*total)
        if reason is not None:
            raise BudgetError(reason)

    @contextmanager
    def held(self, reason: GepaError) -> Iterator[None]:
        """Let no call begin meanwhile, but raise `reason`; those under way are paid for and end on their own."""
        self._held = reason
        try:
            yield
        finally:
            self._held = None

    def _exhausted(self, rollouts: int, usage: Usage) -> str | None:
        budget = self.budget
        if budget.rollouts is not None and rollouts >= budget.rollouts:
            return f"all {budget.rollouts} rollouts are used"
        if budget.tokens is not None and usage.tokens >= budget.tokens:
            return f"all {budget.tokens} tokens are used"
        if budget.usd is not None and usage.usd >= budget.usd:
            return f"all ${budget.usd:.2f} are spent"
        return None

    def _sum_up(self) -> None:
        self._owing = _Sum().plus_all(self._owed[key] for key in self._owed if key not in self._sunk)
        self._sunken = _Sum().plus_all(self._sunk.values())

    def _foreseen(self, task: float, reflection: float, rollouts: int, reflections: int) -> float:
        each_rollout = task / self.rollouts if self.rollouts else 0.0
        each_reflection = reflection / self.reflections if self.reflections else 0.0
        return each_rollout * rollouts + each_reflection * reflections
