"""Says what a run came to: the test first, and no gain where there is none."""

from gepa_agents import Baseline, Result, Tested
from gepa_agents_report.content import Verdict

HEADLINES = {"gain": "The tuned agent is better", "loss": "The tuned agent is worse", "none": "No significant gain"}


def judged(result: Result | None, baseline: Baseline | None, best: float | None) -> Verdict:
    """The verdict over a run; without a result, where it stands. `best` is the best mean on val so far."""
    if result is None:
        return _open(baseline, best)
    test = result.test
    if test is not None:
        kind = "gain" if test.low > 0 else "loss" if test.high < 0 else "none"
        headline, sentence = HEADLINES[kind], _tested(test, kind)
    else:
        kind = "none"
        unbeaten = result.choice.number == 0
        broken = result.stopped.reason == "reflection"
        found = "The search broke off" if broken else "Nothing beat the agent as it stands"
        headline = found if unbeaten else "Not tested"
        sentence = "Keep its texts" if unbeaten else "The tuned texts were not run on test, so nothing is proven"
        sentence += f". The search ended: {result.stopped.detail}."
    return Verdict(
        headline=headline,
        sentence=f"{sentence} {_cost(result)}",
        kind=kind,
        test=test,
        val_before=result.baseline_val,
        val_after=result.choice.val,
        expected=result.choice.expected,
        stopped=result.stopped,
    )


def _tested(test: Tested, kind: str) -> str:
    ways = f"{test.baseline:.3f} → {test.tuned:.3f}"
    interval = f"95 % interval {_signed(test.low)} to {_signed(test.high)}"
    chance = "; it holds zero, so chance alone can explain the difference" if kind == "none" else ""
    return (
        f"Mean score on {test.tasks} test tasks that the search never saw: {ways}, "
        f"a difference of {_signed(test.difference)} ({interval}{chance})."
    )


def _cost(result: Result) -> str:
    usage = result.spent.usage
    dollars = f"${usage.usd:,.2f}" if usage.usd >= 0.01 else f"${usage.usd:.4f}"
    if not usage.unpriced_calls:
        paid = dollars
    else:
        paid = f"{dollars} or more" if usage.usd else f"{usage.tokens:,} tokens, whose price is not known"
    return f"Cost of the search: {paid}."


def _open(baseline: Baseline | None, best: float | None) -> Verdict:
    if baseline is None:
        sentence = "The agent as it stands is being run on the val tasks. No decision was taken yet."
        return Verdict(headline="Just begun", sentence=sentence, kind="open")
    return Verdict(
        headline="Not finished",
        sentence="The run goes on, or was interrupted. Figures on val are too high; the test comes at the end.",
        kind="open",
        val_before=baseline.mean,
        val_after=best,
    )


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")
