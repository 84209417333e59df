"""What a person sees while a run goes on: lines in a file, a picture on a terminal."""

import io

from gepa_agents_cli.progress import Lines, Picture, watching
from gepa_agents_cli.screen import Output
from gepa_agents_cli.standing import Standing, sentence
from rich.console import Console

from gepa_agents.words import events
from gepa_agents.words.component import Component, Unreachable
from gepa_agents.words.events import Accepted, Baseline, Event, Progress, Rejected, Stopped
from gepa_agents.words.settings import Budget
from gepa_agents.words.usage import Usage

BASELINE = Baseline(
    mean=0.25,
    faults=1,
    components=(Component(name="writer.system", kind="prompt", text="Write."),),
    unreachable=(Unreachable(node="critic", reason="It is built in a loop.", remedy="Name it."),),
)
ACCEPTED = Accepted(
    iteration=1,
    known=0,
    origin="mutation",
    candidate="0123456789ab",
    parents=("ffffffffffff",),
    component="writer.system",
    texts={"writer.system": "Write [well]."},
    before=0.25,
    after=0.75,
    val=0.5,
    tasks=20,
    best=0.5,
    leader="0123456789ab",
    frontier=2,
)
REJECTED = Rejected(
    iteration=2,
    known=1,
    origin="mutation",
    parents=("0123456789ab",),
    component="writer.system",
    reason="guard",
    detail="the slot {city} is lost",
)
WORSE = REJECTED.model_copy(
    update={"iteration": 3, "reason": "no_better", "detail": "", "before": 0.5, "after": 0.25, "origin": "merge"}
)
STOPPED = Stopped(reason="budget", detail="600 of 600 rollouts are used")
TESTED = events.Tested(candidate="0123456789ab", tasks=8, baseline=0.25, tuned=0.5, difference=0.25, low=0.1, high=0.4)


def progress(done: int, total: int = 20) -> Progress:
    """A moment of a phase; a rollout costs a tenth of a cent."""
    usage = Usage(calls=done, input_tokens=10 * done, usd=0.25 * done)
    return Progress(phase="baseline on val", done=done, total=total, rollouts=done, usage=usage, seconds=float(done))


class Terminal(io.StringIO):
    """A file that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    """A console, and where it writes."""
    file = Terminal() if terminal else io.StringIO()
    return Console(file=file, force_terminal=terminal, width=100, highlight=False), file


def test_lines_say_every_decision_and_why() -> None:
    """Scores, frontier and spending stand beside each acceptance and rejection; no escape code in sight."""
    out, file = console(terminal=False)
    with watching(Output(out, out), Budget(rollouts=600, usd=3)) as observer:
        for event in (BASELINE, progress(20), ACCEPTED, REJECTED, WORSE, STOPPED, TESTED):
            observer(event)
    standing = "best 0.500 · 2 candidates · frontier 2; 20 of 600 rollouts, $5.00 of $3.00"
    assert file.getvalue().splitlines() == [
        "baseline: 0.250 on val, 1 failed rollout; tunable: writer.system; 1 text out of reach, see inspect",
        "baseline on val: 20 of 20 rollouts",
        f"1: accepted 0123456789ab (writer.system): minibatch 0.250 → 0.750, val 0.500 from 20 tasks [{standing}]",
        f"2: rejected (writer.system): the text broke a rule: the slot {{city}} is lost [{standing}]",
        f"3: rejected (merge): no better on the minibatch (0.500 → 0.250) [{standing}]",
        "search over: 600 of 600 rollouts are used",
        "test: 0.250 → 0.500 on 8 tasks",
    ]


def test_what_a_guard_flagged_is_said() -> None:
    """A text is accepted, and a person told what to look at."""
    flagged = ACCEPTED.model_copy(update={"flags": ("this stands in a tool's output word for word: buy now",)})
    assert str(sentence(flagged)).endswith("; to be looked at: this stands in a tool's output word for word: buy now")
    assert "looked at" not in str(sentence(ACCEPTED))


def test_a_log_is_not_flooded_by_rollouts() -> None:
    """However many rollouts, there is a sign of life at the start and then every ten seconds."""
    out, file = console(terminal=False)
    lines = Lines(out)
    for done in range(25):
        lines(progress(done, total=30))
    assert file.getvalue().splitlines() == [f"baseline on val: {done} of 30 rollouts" for done in (0, 10, 20)]


def test_the_picture_shows_where_the_run_stands() -> None:
    """Iteration, best, candidates, frontier, the phase under way and each limit with its bar."""
    out, file = console(terminal=True)
    picture = Picture(out, Budget(rollouts=600, usd=8))
    for event in (BASELINE, ACCEPTED, progress(5)):
        picture(event)
    file.truncate(0)
    out.print(picture)
    text = Console(file=io.StringIO(), width=100)
    text.print(picture)
    drawn = text.file.getvalue() if isinstance(text.file, io.StringIO) else ""
    assert "iteration 1 · best 0.500 · 2 candidates · frontier 2" in drawn
    assert "baseline on val" in drawn
    assert "5/20" in drawn
    assert "5 of 600 rollouts" in drawn
    assert "$1.25 of $8.00" in drawn
    assert "\x1b[" in file.getvalue()


def test_on_a_terminal_decisions_stay_and_the_picture_goes() -> None:
    """Decisions are printed in colour above the picture, which is wiped at the end."""
    out, file = console(terminal=True)
    with watching(Output(out, out), Budget(rollouts=600)) as observer:
        assert isinstance(observer, Picture)
        for event in (BASELINE, progress(20), ACCEPTED, REJECTED):
            observer(event)
    assert "\x1b[32m1: accepted 0123456789ab" in file.getvalue()
    assert "\x1b[2m2: rejected" in file.getvalue()


def test_without_a_budget_rollouts_are_counted() -> None:
    """Where nothing limits the run, spending is still shown."""
    standing = Standing()
    assert standing.scores == "no score yet"
    standing.see(progress(7))
    assert standing.spent == "7 rollouts"


def test_every_event_has_its_place() -> None:
    """No event breaks the picture before the first score."""
    out, _ = console(terminal=True)
    every: tuple[Event, ...] = (progress(0), STOPPED, TESTED, REJECTED, WORSE)
    for event in every:
        Picture(out)(event)
        Lines(out)(event)
