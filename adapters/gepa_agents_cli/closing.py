"""The closing words of a run: baseline against tuned, what a user may believe of it, and what it cost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from gepa_agents.loop.result import Result
from gepa_agents_cli.documents import Choice, Cost, Optimized
from gepa_agents_cli.standing import counted, paid

Verdict = Literal["gain", "loss", "no significant gain", "not tested"]
WORDS: dict[Verdict, str] = {
    "gain": "a significant gain on tasks that nothing was tuned on",
    "loss": "a significant LOSS on the test tasks: keep the baseline",
    "no significant gain": "no significant gain: the interval includes 0",
}


def verdict(result: Result) -> Iterator[str]:
    """The closing table: what a user may believe, and what not."""
    choice, test, tasks = result.choice, result.test, len(result.candidates[0].val)
    yield f"           {'baseline':>8}   {'tuned':>8}   difference"
    part = "" if choice.tasks == tasks else f", and run on {choice.tasks} of {tasks} tasks"
    yield _line("val", result.baseline_val, choice.val, f"(tuned was chosen by it{part})")
    if choice.number:
        further = f", with {counted(choice.rollouts, 'further rollout')}" if choice.rollouts else ""
        yield _line(
            "expected",
            result.baseline_val,
            choice.expected,
            f"(corrected for the choice among {len(result.candidates)}{further})",
        )
    if test is None:
        yield f"test       not run: {_why_untested(result)}"
        return
    spread = f"{test.difference:+.3f}, 95 % interval {test.low:+.3f} to {test.high:+.3f}"
    yield f"test       {test.baseline:8.3f}   {test.tuned:8.3f}   {spread} ({counted(test.tasks, 'task')})"
    yield WORDS[_verdict(result)]


def warnings(result: Result) -> Iterator[str]:
    """What a person should look at before using the tuned texts."""
    for flag in _flags(result):
        yield f"look at    {flag}"


def _line(name: str, baseline: float, tuned: float, remark: str) -> str:
    return f"{name:<10} {baseline:8.3f}   {tuned:8.3f}   {tuned - baseline:+.3f} {remark}"


def _why_untested(result: Result) -> str:
    if result.choice.number:
        return "the budget did not reach"
    if result.choice.leader:
        return "the best on val did not stay ahead of the baseline on further tasks"
    return "nothing beat the baseline on val"


def bill(result: Result) -> Iterator[str]:
    """What the whole run cost."""
    spent = result.spent
    usage = spent.usage
    yield (
        f"spent      {counted(spent.rollouts, 'rollout')}, {counted(spent.reflections, 'reflection')}, "
        f"{counted(usage.tokens, 'token')}, {paid(usage)}, {spent.seconds:.0f} s"
    )


def document(result: Result, folder: Path, tuned: Path) -> Optimized:
    """All of it for scripts; `tuned` is the file that the best candidate was saved to."""
    spent = result.spent
    return Optimized(
        verdict=_verdict(result),
        chosen=Choice(
            candidate=result.choice.candidate,
            number=result.choice.number,
            texts=result.best.texts,
            flags=_flags(result),
            baseline=result.baseline_val,
            val=result.choice.val,
            expected=result.choice.expected,
        ),
        test=result.test,
        stopped=result.stopped,
        candidates=len(result.candidates),
        spent=Cost(rollouts=spent.rollouts, reflections=spent.reflections, usage=spent.usage, seconds=spent.seconds),
        folder=str(folder),
        tuned=str(tuned),
    )


def _verdict(result: Result) -> Verdict:
    test = result.test
    if test is None:
        return "not tested"
    return "gain" if test.low > 0 else "loss" if test.high < 0 else "no significant gain"


def _flags(result: Result) -> tuple[str, ...]:
    flags = result.best.metadata.get("flags")
    return tuple(str(flag) for flag in flags) if isinstance(flags, list) else ()
