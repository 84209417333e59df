"""The closing words of a run: baseline against tuned, what a user may believe of it, and what it cost."""

from collections.abc import Iterator

from gepa_agents.loop.result import Result
from gepa_agents_cli.standing import counted, paid


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
    if test.low > 0:
        yield "a significant gain on tasks that nothing was tuned on"
    elif test.high < 0:
        yield "a significant LOSS on the test tasks: keep the baseline"
    else:
        yield "no significant gain: the interval includes 0"


def warnings(result: Result) -> Iterator[str]:
    """What a person should look at before using the tuned texts."""
    flags = result.best.metadata.get("flags")
    for flag in flags if isinstance(flags, list) else []:
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
