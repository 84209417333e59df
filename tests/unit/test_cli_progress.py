"""What a person sees while a run goes on: lines in a file, a picture on a terminal."""

import io
import re

import pytest
from gepa_agents_cli import story
from gepa_agents_cli.progress import Lines, Picture, watching
from gepa_agents_cli.screen import Output, say
from gepa_agents_cli.standing import Standing, sentence
from rich.cells import cell_len
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
PROPOSED = events.Proposed(
    iteration=4,
    origin="mutation",
    parents=("0123456789ab",),
    component="writer.system, critic.system",
    why="2.00 of 3.00 lost points are traced to it",
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
        "1: accepted 0123456789ab (writer.system): minibatch 0.250 → 0.750, val 0.500 expected, 20 tasks run "
        f"[{standing}]",
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


def drawn(events_seen: tuple[Event, ...], width: int, height: int = 24, budget: Budget | None = None) -> list[str]:
    """The picture after these events, line by line, on a screen of that size."""
    out = Console(file=io.StringIO(), width=width, height=height)
    picture = Picture(out, budget)
    for event in events_seen:
        picture(event)
    assert isinstance(out.file, io.StringIO)
    out.file.truncate(0)
    out.file.seek(0)
    out.print(picture)
    return [line.rstrip() for line in out.file.getvalue().splitlines()]


def test_the_picture_tells_the_story() -> None:
    """Best against the baseline, what is tried and why, the phase under way, each limit, the latest decisions."""
    budget = Budget(rollouts=600, usd=8)
    assert drawn((BASELINE, ACCEPTED, REJECTED, WORSE, PROPOSED, progress(5)), 80, budget=budget) == [
        "best    0.500, +0.250 over baseline 0.250  ▁███  2 candidates, frontier 2",
        "trying  4: rewriting writer.system, critic.system",
        "because 2.00 of 3.00 lost points are traced to it",
        "now     ━━━━━━                   5/20 baseline on val",
        "spent                            5 of 600 rollouts",
        "spent   ━━━╸                     $1.25 of $8.00",
        "",
        "      1 accepted   0.250 → 0.750, val 0.500             writer.system",
        "      2 rejected   broke a rule                         writer.system",
        "      3 rejected   no better: 0.500 → 0.250             merge: writer.system",
    ]
    assert "now     asking the reflection model" in drawn((BASELINE, progress(20), PROPOSED), 80)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("height", [16, 24, 60])
def test_the_picture_is_one_screen_and_wraps_nothing(width: int, height: int) -> None:
    """However many decisions and however long their words: each takes one line, and all fit on the screen."""
    long = PROPOSED.model_copy(update={"why": "because of this and that " * 20, "component": "a.system, " * 20})
    many = tuple(
        WORSE.model_copy(update={"iteration": number, "component": "some/deep/node.system, " * 9})
        for number in range(1, 90)
    )
    lines = drawn((BASELINE, ACCEPTED, *many, long, progress(5)), width, height, Budget(rollouts=9, usd=8, tokens=7))
    assert len(lines) <= height
    assert max(map(cell_len, lines)) <= width
    shown = [line for line in lines if " rejected " in line]
    assert len(shown) == min(8, height - 12)
    assert "89" in shown[-1]


def test_what_came_to_nothing_alike_shares_a_line() -> None:
    """Proposals with nothing to learn, one after the other, don't push the rest from the screen."""
    idle = [
        REJECTED.model_copy(update={"iteration": number, "reason": "perfect", "component": ""})
        for number in range(2, 7)
    ]
    lines = drawn((BASELINE, ACCEPTED, *idle), 80)
    assert lines[-1] == "    2–6 rejected   nothing to learn ×5"
    assert " accepted " in lines[-2]


def test_the_picture_goes_and_leaves_the_story() -> None:
    """What was accepted stays on the screen, and how many came to nothing and why; then how it ended."""
    out, file = console(terminal=True)
    with watching(Output(out, out), Budget(rollouts=600)) as observer:
        assert isinstance(observer, Picture)
        for event in (BASELINE, progress(20), ACCEPTED, REJECTED, WORSE, STOPPED, TESTED):
            observer(event)
    *_, left = file.getvalue().rpartition("\x1b[?25h")  # the cursor is back: what follows stays
    lines = [line.rstrip() for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", left).splitlines()]
    assert [line for line in lines if line] == [
        "      1 accepted   0.250 → 0.750, val 0.500                         writer.system",
        "2 proposals rejected: 1 the text broke a rule, 1 no better on the minibatch",
        "search over: 600 of 600 rollouts are used",
        "test: 0.250 → 0.500 on 8 tasks",
    ]


def test_a_long_line_goes_on_below_itself_on_a_terminal() -> None:
    """Words are not cut, and what follows a label stays beside it; a file gets the line as it is."""
    line = "estimate    26 rollouts for the baseline, 12 to 38 a proposal, " * 3
    for terminal in (True, False):
        out, file = console(terminal=terminal)
        say(out, line)
        lines = file.getvalue().splitlines()
        assert (len(lines) > 1) == terminal
        assert all(part.startswith(" " * 12) for part in lines[1:])
        assert " ".join(part.strip() for part in lines) == line.strip()


def test_what_a_text_tells_the_terminal_is_shown_and_not_obeyed() -> None:
    """Escape codes and reversed writing in a prompt or a tool's output are seen for what they are; a file has them."""
    hostile = "+Be kind.\x1b[2J\x9b1A\u202enettirw\r\x07"
    out, file = console(terminal=True)
    say(out, hostile)
    assert file.getvalue() == "+Be kind.␛[2J<U+009B>1A<U+202E>nettirw␍␇\n"
    out, file = console(terminal=False)
    say(out, "a\u202eb")
    assert file.getvalue() == "a\u202eb\n"
    assert "\x1b" not in story.line("why\x1b[2J").plain


def test_without_a_budget_rollouts_are_counted() -> None:
    """Where nothing limits the run, spending is still shown."""
    standing = Standing()
    assert standing.scores == "no score yet"
    standing.see(progress(7))
    assert standing.bill == "7 rollouts"


def test_every_event_has_its_place() -> None:
    """No event breaks the picture before the first score."""
    out, _ = console(terminal=True)
    every: tuple[Event, ...] = (progress(0), PROPOSED, STOPPED, TESTED, REJECTED, WORSE)
    for event in every:
        Picture(out)(event)
        Lines(out)(event)
