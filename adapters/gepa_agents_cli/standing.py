"""Where a run stands, folded from its events, and each event in words. Knows nothing of terminals."""

from collections import Counter
from dataclasses import dataclass, field

from gepa_agents.words.events import (
    Accepted,
    Baseline,
    Confirmed,
    Event,
    Progress,
    Proposed,
    Reason,
    Rejected,
    Stopped,
    Tested,
)
from gepa_agents.words.settings import Budget
from gepa_agents.words.usage import Usage

REASONS: dict[Reason, str] = {
    "no_better": "no better on the minibatch",
    "val": "no better on val",
    "reflection": "no usable answer from the reflection model",
    "guard": "the text broke a rule",
    "seen": "tried before",
    "perfect": "nothing to learn here",
    "review": "refused in review",
}


@dataclass
class Standing:
    """What the person watching wants to know at any moment."""

    budget: Budget | None = None
    iteration: int = 0
    candidates: int = 0
    """Size of the pool, the baseline included."""
    baseline: float | None = None
    """The baseline's mean on val."""
    best: float = 0.0
    """Best mean on val; where the leader was not run, it is taken to do as its parent."""
    frontier: int = 1
    progress: Progress | None = None
    """The latest; None before the first rollout, and while the reflection model is asked."""
    spent: Progress | None = None
    """The latest, for what it says of spending."""
    trying: dict[int, Proposed] = field(default_factory=dict[int, Proposed])
    """Proposals under way, by iteration."""
    decided: list[Accepted | Rejected | Confirmed] = field(default_factory=list[Accepted | Rejected | Confirmed])
    """All decisions, in their order."""

    def see(self, event: Event) -> None:
        """Take an event in."""
        match event:
            case Baseline():
                self.candidates = 1
                self.best = self.baseline = event.mean
            case Proposed():
                self.trying[event.iteration] = event
                self.progress = None
            case Accepted() | Rejected() | Confirmed():
                self.iteration = event.iteration
                self.trying.pop(event.iteration, None)
                self.decided.append(event)
                if isinstance(event, Accepted):
                    self.candidates += 1
                    self.frontier = event.frontier
                if not isinstance(event, Rejected):
                    self.best = event.best
            case Progress():
                self.progress = self.spent = event
            case Stopped() | Tested():
                self.trying.clear()

    @property
    def rejections(self) -> Counter[Reason]:
        """How many proposals came to nothing, by reason."""
        return Counter(event.reason for event in self.decided if isinstance(event, Rejected))

    @property
    def scores(self) -> str:
        """Best score, and the sizes of pool and frontier."""
        if not self.candidates:
            return "no score yet"
        return f"best {self.best:.3f} · {counted(self.candidates, 'candidate')} · frontier {self.frontier}"

    def amounts(self) -> list[tuple[str, float, float | None]]:
        """What is spent, as label, share of the limit's unit, and limit; the limited ones only, or else rollouts."""
        spent = self.spent or Progress(phase="", done=0, total=0, rollouts=0, usage=Usage(), seconds=0)
        limits = self.budget or Budget(seconds=1)
        known: list[tuple[str, float, float | None]] = [
            ("rollouts", spent.rollouts, limits.rollouts),
            ("usd", spent.usage.usd, limits.usd),
            ("tokens", spent.usage.tokens, limits.tokens),
            ("seconds", spent.seconds, limits.seconds if self.budget else None),
        ]
        return [amount for amount in known if amount[2] is not None] or known[:1]

    @property
    def bill(self) -> str:
        """Spending against the budget."""
        return ", ".join(amount(*one) for one in self.amounts())


def amount(unit: str, spent: float, limit: float | None) -> str:
    """One amount against its limit: `12 of 600 rollouts`, `$0.12 of $3.00`."""
    if unit == "usd":
        return money(spent) + (f" of {money(limit)}" if limit is not None else "")
    return f"{spent:,.0f}" + (f" of {limit:,.0f}" if limit is not None else "") + f" {unit}"


def limits(budget: Budget) -> str:
    """A budget in words: `600 rollouts, $3.00; the first that is reached stops`."""
    words = []
    if budget.rollouts is not None:
        words.append(counted(budget.rollouts, "rollout"))
    if budget.usd is not None:
        words.append(money(budget.usd))
    if budget.tokens is not None:
        words.append(counted(budget.tokens, "token"))
    if budget.seconds is not None:
        words.append(f"{budget.seconds:g} seconds")
    return ", ".join(words) + ("; the first that is reached stops" if len(words) > 1 else "")


def money(usd: float) -> str:
    """Dollars: two digits, or four below a cent."""
    return f"${usd:.4f}" if 0 < usd < 0.01 else f"${usd:,.2f}"


def paid(usage: Usage) -> str:
    """The money of many calls, as exactly as it is known."""
    if not usage.unpriced_calls:
        return money(usage.usd)
    unknown = f"no price known for {counted(usage.unpriced_calls, 'call')}"
    return f"{money(usage.usd)} or more ({unknown})" if usage.usd else unknown


def counted(number: int, noun: str) -> str:
    """`1 task`, `2 tasks`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def sentence(event: Event) -> str | None:
    """An event in one line for people; None for what only moves a progress bar."""
    match event:
        case Baseline():
            faults = f", {counted(event.faults, 'failed rollout')}" if event.faults else ""
            names = ", ".join(component.name for component in event.components)
            missed = (
                f"; {counted(len(event.unreachable), 'text')} out of reach, see inspect" if event.unreachable else ""
            )
            nothing = "; not one point: if there should be some, look at what the metric sees" if not event.mean else ""
            return f"baseline: {event.mean:.3f} on val{faults}{nothing}; tunable: {names}{missed}"
        case Accepted():
            what = "merge" if event.origin == "merge" else event.component
            flagged = f"; to be looked at: {'; '.join(event.flags)}" if event.flags else ""
            return (
                f"{event.iteration}: accepted {event.candidate} ({what}): minibatch {event.before:.3f} → "
                f"{event.after:.3f}, val {event.val:.3f} expected, {counted(event.tasks, 'task')} run{flagged}"
            )
        case Rejected():
            what = "merge" if event.origin == "merge" else event.component
            figures = "" if event.after is None else f" ({event.before or 0:.3f} → {event.after:.3f})"
            detail = f": {event.detail}" if event.detail else ""
            named = f" ({what})" if what else ""
            return f"{event.iteration}: rejected{named}: {REASONS[event.reason]}{figures}{detail}"
        case Confirmed():
            return f"{event.iteration}: {event.candidate} on the rest of val: {event.before:.3f} → {event.val:.3f}"
        case Stopped():
            return f"search over: {event.detail}"
        case Tested():
            return f"test: {event.baseline:.3f} → {event.tuned:.3f} on {counted(event.tasks, 'task')}"
        case Progress() | Proposed():
            return None
