"""`optimize --review`: shows each proposal that did well to the person at the terminal, and takes their verdict."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from rich.console import Console

from gepa_agents.words.errors import ConfigError
from gepa_agents.words.review import Flip, Review, Revision, Verdict
from gepa_agents_cli.diff import STYLES, unified
from gepa_agents_cli.keyboard import END, Keyboard
from gepa_agents_cli.screen import Output, say
from gepa_agents_cli.standing import counted

FLIPS = 6
"""Tasks that got better, and as many that got worse, that are named."""
CHOICES = "[a]ccept, [r]eject, [e]dit? "


class AtTerminal:
    """A `Reviewer`: a person who reads and types. Takes whatever is drawn off the screen meanwhile."""

    def __init__(self, console: Console, aside: Callable[[], AbstractContextManager[None]]) -> None:
        """`aside` clears the screen for as long as it is open."""
        self._console = console
        self._aside = aside
        self._keyboard = Keyboard()

    async def review(self, review: Review) -> Verdict:
        """Show the proposal, and ask until there is an answer. Raises `ConfigError` when the terminal is closed."""
        with self._aside():
            for line, style in shown(review):
                say(self._console, line, style)
            texts: dict[str, str] = {}
            while True:
                match (await self._asked(CHOICES)).strip().lower():
                    case "a" | "accept":
                        return Verdict(verdict="edit", texts=texts) if texts else Verdict(verdict="accept")
                    case "r" | "reject":
                        reason = await self._asked("Why? Later reflections read it (Enter: no reason) ")
                        return Verdict(verdict="reject", reason=reason.strip()[:2000])
                    case "e" | "edit":
                        await self._edit(review, texts)
                    case _:
                        say(
                            self._console,
                            "a: it joins the pool. r: it doesn't. e: change its text first. Ctrl-C: later",
                        )

    async def _asked(self, question: str) -> str:
        self._console.print(question, end="", style="bold", markup=False, soft_wrap=True)
        return await self._keyboard.line()

    async def _edit(self, review: Review, texts: dict[str, str]) -> None:
        """Let the person change one text; what can't be used is said, and the text stays as it was."""
        revision = await self._chosen(review.revisions)
        if revision is None:
            return
        name = revision.component.name
        current = texts.get(name, revision.after)
        try:
            text = await self._typed(current)
        except ConfigError as error:
            say(self._console, str(error), "red")
            return
        if fault := unusable(revision, text):
            say(self._console, fault, "red")
            return
        texts.pop(name, None)
        if text != revision.after:
            texts[name] = text
        for line in unified(revision.after, text, ("proposed", "edited")):
            say(self._console, line, STYLES.get(line[:1], ""))
        say(self._console, "accept it like this, and it is run on the same tasks" if texts else "nothing is changed")

    async def _chosen(self, revisions: tuple[Revision, ...]) -> Revision | None:
        if len(revisions) == 1:
            return revisions[0]
        for number, revision in enumerate(revisions, 1):
            say(self._console, f"  {number}  {revision.component.name}")
        answer = (await self._asked("Which text? ")).strip()
        if answer.isdecimal() and 0 < int(answer) <= len(revisions):
            return revisions[int(answer) - 1]
        say(self._console, f"there is no text `{answer}`; give its number")
        return None

    async def _typed(self, current: str) -> str:
        editor = self._keyboard.editor
        if editor is not None:
            return await self._keyboard.edited(current, editor)
        say(self._console, f"Paste the new text, and then a line with nothing but `{END}` (EDITOR names no editor).")
        return await self._keyboard.text()


def check_terminal(out: Output) -> None:
    """Raise `ConfigError` where nobody can be asked."""
    if out.course.quiet:
        raise ConfigError("--review shows proposals, and --quiet and --json don't; leave one of them out")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError("--review asks at a terminal, and there is none; run it in one, or leave --review out")


def unusable(revision: Revision, text: str) -> str | None:
    """Why an edited text can't be taken; None when it can."""
    if not text.strip():
        return "the text is empty; it stays as it was"
    lost = [f"{{{slot.name}}}" for slot in revision.component.slots if f"{{{slot.name}}}" not in text]
    if lost:
        return f"the text lacks {', '.join(lost)}, which is filled in when the agent runs; it stays as it was"
    return None


def shown(review: Review) -> Iterator[tuple[str, str]]:
    """A proposal in lines, each with its style: why it was made, what it changes, what it does to which task."""
    what = "merge" if review.origin == "merge" else "proposal"
    yield "", ""
    yield f"{what} {review.iteration}: {', '.join(one.component.name for one in review.revisions)}", "bold"
    if review.why:
        yield f"because    {review.why}", ""
    (before, after), (val, child) = review.minibatch, review.val
    yield f"minibatch  {before:.3f} → {after:.3f}", ""
    if review.tasks:
        yield f"val        {val:.3f} → {child:.3f} on the {counted(review.tasks, 'task')} that both were run on", ""
    better = [flip for flip in review.flips if flip.after > flip.before]
    worse = [flip for flip in review.flips if flip.after < flip.before]
    for label, flips, style in (("better", better, "green"), ("worse", worse, "red")):
        if flips:
            yield f"{label:<10} {_named(flips)}", style
    for flag in review.flags:
        yield f"look at    {flag}", "yellow"
    for revision in review.revisions:
        yield "", ""
        yield revision.component.name, "bold"
        if revision.diagnosis:
            yield f"  diagnosis  {' '.join(revision.diagnosis.split())}", ""
        for line in unified(revision.before, revision.after, ("now", "proposed")):
            yield line, STYLES.get(line[:1], "")
    yield "", ""


def _named(flips: list[Flip]) -> str:
    """The tasks that changed most, with their scores, and how many more."""
    ordered = sorted(flips, key=lambda flip: -abs(flip.after - flip.before))
    named = ", ".join(f"{flip.split} {flip.task} {flip.before:.2f} → {flip.after:.2f}" for flip in ordered[:FLIPS])
    return named + (f", and {len(flips) - FLIPS} more" if len(flips) > FLIPS else "")
