"""A run in a few lines that fit: what was decided, each decision in a line, and where it stands now.

Makes what rich draws; a line that is too long ends in `…`, none is wrapped.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from rich.console import RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from gepa_agents.words.events import Accepted, Confirmed, Proposed, Rejected
from gepa_agents_cli.screen import visible
from gepa_agents_cli.standing import REASONS, Standing, amount, counted

Decision = Accepted | Rejected | Confirmed

BAR = 24
"""Cells of a bar."""
LABEL = 7
"""Cells of the longest label."""
STEPS = "▁▂▃▄▅▆▇█"
TREND = 10
"""Cells of the curve of the best score."""
SHORT = {
    "no_better": "no better",
    "val": "no better on val",
    "reflection": "no usable answer",
    "guard": "broke a rule",
    "seen": "tried before",
    "perfect": "nothing to learn",
    "review": "refused in review",
}


def line(text: str, style: str = "") -> Text:
    """One line that is cut where the screen ends."""
    return Text(visible(" ".join(text.split())), style=style, no_wrap=True, overflow="ellipsis")


def decisions(told: Iterable[Decision], latest: int | None = None) -> Table:
    """Decisions, one a line: number, verdict, figures or reason, and what was rewritten.

    What came to nothing in the same way several times running shares a line. `latest` is how many lines at most.
    """
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(justify="right", no_wrap=True, min_width=LABEL)
    table.add_column(no_wrap=True, min_width=len("all of val"))
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=3)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=2)
    runs = [list(run) for _, run in groupby(told, key=_alike)]
    for first, *more in runs if latest is None else runs[-latest:]:
        one = more[-1] if more else first
        verdict, style = {"accepted": ("accepted", "green"), "confirmed": ("all of val", "cyan")}.get(
            one.event, ("rejected", "dim")
        )
        number = f"{first.iteration}–{one.iteration}" if more else str(one.iteration)
        times = f" ×{len(more) + 1}" if more else ""
        table.add_row(number, verdict, line(outcome(one) + times), line(subject(one)), style=style)
    return table


def _alike(decision: Decision) -> object:
    """What decisions that share a line have in common; those with figures of their own share none."""
    if isinstance(decision, Rejected) and decision.reason in ("perfect", "seen", "reflection"):
        return decision.reason, subject(decision)
    return decision.iteration


def outcome(decision: Decision) -> str:
    """What came of a proposal, in a few words."""
    match decision:
        case Accepted():
            return f"{decision.before:.3f} → {decision.after:.3f}, val {decision.val:.3f}"
        case Confirmed():
            return f"{decision.before:.3f} → {decision.val:.3f}"
        case Rejected():
            figures = decision.reason == "no_better" and decision.after is not None
            shown = f": {decision.before or 0:.3f} → {decision.after:.3f}" if figures else ""
            return f"{SHORT[decision.reason]}{shown}"


def subject(decision: Decision | Proposed) -> str:
    """What was rewritten: the first text, and how many more."""
    if isinstance(decision, Confirmed):
        return decision.candidate
    first, *more = decision.component.split(", ")
    named = f"{first} +{len(more)}" if more else first
    return f"merge: {named}" if decision.origin == "merge" else named


def rejections(standing: Standing) -> str | None:
    """How many came to nothing, and why; None when none did."""
    counts = standing.rejections
    if not counts:
        return None
    reasons = ", ".join(f"{number} {REASONS[reason]}" for reason, number in counts.most_common())
    return f"{counted(counts.total(), 'proposal')} rejected: {reasons}"


def now(standing: Standing, latest: int) -> Iterator[RenderableType]:
    """Where the run stands: score, what is tried and why, spending, and the latest decisions."""
    rows = Table.grid(padding=(0, 1), expand=True)
    rows.add_column(no_wrap=True, min_width=LABEL)
    rows.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    if standing.baseline is not None:
        rows.add_row(Text("best", style="bold"), score(standing))
    for text in _trying(standing):
        rows.add_row(*text)
    if (phase := standing.progress) is not None:
        rows.add_row("now", _measured(phase.done, phase.total, f"{phase.done}/{phase.total} {phase.phase}"))
    elif standing.trying:
        rows.add_row("now", line("asking the reflection model"))
    for unit, spent, limit in standing.amounts():
        said = amount(unit, spent, limit)
        rows.add_row("spent", line(said) if limit is None else _measured(spent, limit, said))
    yield rows
    if standing.decided and latest > 0:
        yield line("")
        yield decisions(standing.decided, latest)


def score(standing: Standing) -> Text:
    """The best score against the baseline, its course, and the sizes of pool and frontier."""
    base = standing.baseline or 0.0
    gain = standing.best - base
    text = line("")
    text.append(f"{standing.best:.3f}", style="bold")
    text.append(", ")
    text.append(f"{gain:+.3f}", style="green" if gain > 0 else "")
    text.append(f" over baseline {base:.3f}")
    text.append(f"  {_trend(standing)}", style="cyan")
    text.append(f"  {counted(standing.candidates, 'candidate')}, frontier {standing.frontier}", style="dim")
    return text


def _trying(standing: Standing) -> Iterator[tuple[Text, Text]]:
    """The proposal that is decided next, and why it is made; how many are under way beside it."""
    if not standing.trying:
        return
    first, *others = (standing.trying[number] for number in sorted(standing.trying))
    verb = "merging" if first.origin == "merge" else "rewriting"
    beside = f", and {len(others)} more proposals" if len(others) > 1 else ", and 1 more proposal" if others else ""
    yield Text("trying", style="bold"), line(f"{first.iteration}: {verb} {first.component}{beside}")
    if first.why:
        yield Text("because"), line(first.why, "dim")


def _trend(standing: Standing) -> str:
    """The best score after each decision, in a row of bars."""
    best, course = standing.baseline or 0.0, [standing.baseline or 0.0]
    for one in standing.decided:
        best = best if isinstance(one, Rejected) else one.best
        course.append(best)
    count = min(TREND, len(course))
    picked = [course[round(place * (len(course) - 1) / max(count - 1, 1))] for place in range(count)]
    low, high = min(picked), max(picked)
    if high == low:
        return ""
    return "".join(STEPS[round((value - low) / (high - low) * (len(STEPS) - 1))] for value in picked)


def _measured(done: float, total: float, said: str) -> Table:
    """A bar, and the same in figures."""
    bar = Table.grid(padding=(0, 1), expand=True)
    bar.add_column(width=BAR)
    bar.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    drawn = ProgressBar(
        total=max(total, 1e-9), completed=min(done, total), width=BAR, complete_style="cyan", finished_style="cyan"
    )
    bar.add_row(drawn, line(said))
    return bar
