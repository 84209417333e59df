"""Says what a run came to: the test first, and no gain where there is none."""

from gepa_agents import Baseline, Result
from gepa_agents_report.content import Verdict


def judged(result: Result | None, baseline: Baseline | None, best: float | None) -> Verdict:
    """The verdict over a run; without a result, where it stands. `best` is the best mean on val so far."""
    if result is None:
        return _open(baseline, best)
    test = result.test
    if test is None:
        headline = "Nothing beat the agent as it stands" if result.choice.number == 0 else "Not tested"
        sentence = f"No test was made: {result.stopped.detail}."
        kind = "none"
    else:
        kind = "gain" if test.low > 0 else "loss" if test.high < 0 else "none"
        headline = {"gain": "A gain on test", "loss": "A loss on test", "none": "No significant gain"}[kind]
        sentence = (
            f"{test.baseline:.3f} → {test.tuned:.3f} on {test.tasks} tasks that nothing was tuned on: a difference of "
            f"{_signed(test.difference)}, 95 % interval {_signed(test.low)} to {_signed(test.high)}."
        )
    return Verdict(
        headline=headline,
        sentence=sentence,
        kind=kind,
        test=test,
        val_before=result.baseline_val,
        val_after=result.choice.val,
        expected=result.choice.expected,
        stopped=result.stopped,
    )


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
