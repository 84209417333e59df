"""The closing words of a run: baseline against tuned, what a user may believe of it, and what it cost."""

from collections.abc import Iterator

from gepa_agents.loop.result import Result
from gepa_agents_cli.standing import counted, paid


def verdict(result: Result) -> Iterator[str]:
    """The closing table: what a user may believe, and what not."""
    yield f"           {'baseline':>8}   {'tuned':>8}   difference"
    difference = result.best_val - result.baseline_val
    yield f"val        {result.baseline_val:8.3f}   {result.best_val:8.3f}   {difference:+.3f} (tuned was chosen by it)"
    test = result.test
    if test is None:
        why = "nothing beat the baseline on val" if not result.best.texts else "the budget did not reach"
        yield f"test       not run: {why}"
        return
    spread = f"{test.difference:+.3f}, 95 % interval {test.low:+.3f} to {test.high:+.3f}"
    yield f"test       {test.baseline:8.3f}   {test.tuned:8.3f}   {spread} ({counted(test.tasks, 'task')})"
    if test.low > 0:
        yield "a significant gain on tasks that nothing was tuned on"
    elif test.high < 0:
        yield "a significant LOSS on the test tasks: keep the baseline"
    else:
        yield "no significant gain: the interval includes 0"


def bill(result: Result) -> Iterator[str]:
    """What the whole run cost."""
    spent = result.spent
    usage = spent.usage
    yield (
        f"spent      {counted(spent.rollouts, 'rollout')}, {counted(spent.reflections, 'reflection')}, "
        f"{counted(usage.tokens, 'token')}, {paid(usage)}, {spent.seconds:.0f} s"
    )
