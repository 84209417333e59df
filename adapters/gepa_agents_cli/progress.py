"""Observers of a run: a live picture of one screen on a terminal, plain lines anywhere else, JSON for scripts."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from rich.console import Console, Group, RenderableType
from rich.live import Live

from gepa_agents.ports.observer import Observer
from gepa_agents.words.events import Accepted, Baseline, Event, Progress, Rejected, Stopped, Tested
from gepa_agents.words.settings import Budget
from gepa_agents_cli import story
from gepa_agents_cli.screen import Output, live, say
from gepa_agents_cli.standing import Standing, sentence

PAUSE = 10.0
"""Seconds between two lines that only say how far a phase is."""
PACE = 0.05
"""Seconds between two drawings that only say how far a phase is."""
LATEST = 8
"""Decisions that the picture shows, where the screen is high enough."""
ABOVE = 12
"""Lines of the screen that are kept for the rest of the picture."""


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
            text = f"{text} [{self._standing.scores}; {self._standing.bill}]"
        if text is not None:
            say(self._console, text)

    def _progress(self, event: Progress) -> str | None:
        """A sign of life, by the clock of the run: what is decided has a line of its own."""
        if event.seconds - self._said < PAUSE:
            return None
        self._said = event.seconds
        return f"{event.phase}: {event.done} of {event.total} rollouts"


class Picture:
    """Draws where the run stands, and leaves its story behind: the baseline, what was accepted, how it ended."""

    def __init__(self, console: Console, budget: Budget | None = None) -> None:
        self._console = console
        self._standing = Standing(budget)
        self._ends: list[str] = []
        self._drawn_at = 0.0
        self._live = self._drawn()

    def __call__(self, event: Event, /) -> None:
        """Take an event in, and draw anew; rollouts that come in fast share a drawing."""
        self._standing.see(event)
        text = sentence(event)
        if text is not None and isinstance(event, Baseline):
            say(self._console, text, "bold")
        if text is not None and isinstance(event, Stopped | Tested):
            self._ends.append(text)
        now, whole = time.monotonic(), not isinstance(event, Progress) or event.done == event.total
        if self._live.is_started and (whole or now - self._drawn_at > PACE):
            self._live.refresh()
            self._drawn_at = now

    def __rich__(self) -> RenderableType:
        room = self._console.height - ABOVE
        return Group(*story.now(self._standing, min(LATEST, max(room, 1))))

    @contextmanager
    def shown(self) -> Iterator[None]:
        """On the screen meanwhile; the story after it."""
        self._live.start(refresh=True)
        try:
            yield
        finally:
            self._live.stop()
            self._tell()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Off the screen meanwhile, so that somebody can be asked something; for good when that goes wrong."""
        self._live.stop()
        yield
        # A new one: what was drawn before has scrolled up, and is not to be drawn over.
        self._live = self._drawn()
        self._live.start(refresh=True)

    def _drawn(self) -> Live:
        # Transient: what stays on the screen is the story, and then the closing table.
        # Drawn here and not by a thread of its own, which would draw into what is printed meanwhile.
        return Live(self, console=self._console, auto_refresh=False, transient=True)

    def _tell(self) -> None:
        standing = self._standing
        kept = [one for one in standing.decided if not isinstance(one, Rejected)]
        if kept:
            self._console.print(story.decisions(kept))
        for text in (story.rejections(standing), *self._ends):
            if text is not None:
                say(self._console, text)


def aside(observer: Observer) -> AbstractContextManager[None]:
    """Nothing is drawn meanwhile."""
    return observer.aside() if isinstance(observer, Picture) else nullcontext()


@contextmanager
def watching(out: Output, budget: Budget | None = None) -> Iterator[Observer]:
    """The observer that suits the output, for as long as the run lasts."""
    if out.quiet:
        yield lambda _event: None
    elif out.data is not None:
        yield out.document
    elif live(out.course):
        picture = Picture(out.course, budget)
        with picture.shown():
            yield picture
    else:
        yield Lines(out.course, budget)
