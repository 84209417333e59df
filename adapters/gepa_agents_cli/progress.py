"""Two observers of a run: a live picture on a terminal, plain lines anywhere else."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from gepa_agents.ports.observer import Observer
from gepa_agents.words.events import Accepted, Baseline, Event, Progress, Rejected, Tested
from gepa_agents.words.settings import Budget
from gepa_agents_cli.screen import Output, say
from gepa_agents_cli.standing import Standing, amount, sentence

STYLES: dict[type[Event], str] = {Accepted: "green", Rejected: "dim", Baseline: "bold", Tested: "bold"}
PAUSE = 10.0
"""Seconds between two lines that only say how far a phase is."""


class Lines:
    """Says each event in a line that stays readable in a log file."""

    def __init__(self, console: Console, budget: Budget | None = None) -> None:
        self._console = console
        self._standing = Standing(budget)
        self._said = float("-inf")

    def __call__(self, event: Event, /) -> None:
        """Print what is worth a line."""
        self._standing.see(event)
        text = sentence(event)
        if isinstance(event, Progress):
            text = self._progress(event)
        elif isinstance(event, Accepted | Rejected):
            text = f"{text} [{self._standing.scores}; {self._standing.spent}]"
        if text is not None:
            say(self._console, text)

    def _progress(self, event: Progress) -> str | None:
        """A sign of life, by the clock of the run: what is decided has a line of its own."""
        if event.seconds - self._said < PAUSE:
            return None
        self._said = event.seconds
        return f"{event.phase}: {event.done} of {event.total} rollouts"


class Picture:
    """Draws where the run stands below the lines of what was decided."""

    def __init__(self, console: Console, budget: Budget | None = None) -> None:
        self._console = console
        self._standing = Standing(budget)

    def __call__(self, event: Event, /) -> None:
        """Print decisions; the rest shows in the picture at its next refresh."""
        self._standing.see(event)
        text = sentence(event)
        if text is not None:
            say(self._console, text, STYLES.get(type(event), ""))

    def __rich__(self) -> RenderableType:
        standing = self._standing
        bars = Table.grid(padding=(0, 1))
        phase = standing.progress
        if phase is not None:
            bars.add_row(phase.phase, _bar(phase.done, phase.total), f"{phase.done}/{phase.total}")
        for unit, spent, limit in standing.amounts():
            label = "budget" if limit is not None else "spent"
            bars.add_row(label, _bar(spent, limit) if limit is not None else "", amount(unit, spent, limit))
        return Group(Text(f"iteration {standing.iteration} · {standing.scores}", style="bold"), bars)


def _bar(done: float, total: float) -> ProgressBar:
    return ProgressBar(total=max(total, 1e-9), completed=done, width=40)


@contextmanager
def watching(out: Output, budget: Budget | None = None) -> Iterator[Observer]:
    """The observer that suits the output, for as long as the run lasts."""
    console = out.course
    if out.quiet:
        yield lambda _event: None
    elif out.data is not None:
        yield out.document
    elif live(console):
        picture = Picture(console, budget)
        # Transient: what stays on the screen are the decisions, and then the closing table.
        with Live(picture, console=console, refresh_per_second=8, transient=True):
            yield picture
    else:
        yield Lines(console, budget)


def live(console: Console) -> bool:
    """Whether a picture can be redrawn there: a terminal that moves its cursor, whatever FORCE_COLOR says of a file."""
    return console.is_terminal and not console.is_dumb_terminal and console.file.isatty()
