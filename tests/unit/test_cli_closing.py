"""What is printed before the first rollout and after the last one."""

import pytest
from gepa_agents_cli.closing import bill, verdict
from gepa_agents_cli.config import PriceTable
from gepa_agents_cli.pricing import OwnPricesFirst
from gepa_agents_cli.standing import limits

from gepa_agents.loop.result import Choice, Result, Scores, Spent
from gepa_agents.words import events
from gepa_agents.words.component import Anatomy, Component
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.settings import Budget
from gepa_agents.words.usage import Usage

WRITER = Component(name="writer.system", kind="prompt", text="Write.", node="writer")
BASELINE = GraphConfig(components=(WRITER,))
TUNED = GraphConfig(components=(WRITER,), texts={"writer.system": "Write well."})


def result(
    best: GraphConfig,
    low: float | None = None,
    high: float = 0.5,
    *,
    unpriced: int = 0,
    leader: int = 1,
    further: int = 0,
    tasks: int = 2,
) -> Result:
    """A result; with `low`, a test that came out with this interval."""
    tested = None
    if low is not None:
        tested = events.Tested(
            candidate=TUNED.candidate.id, tasks=20, baseline=0.5, tuned=0.6, difference=0.1, low=low, high=high
        )
    number = 1 if best.texts else 0
    return Result(
        best=best,
        choice=Choice(
            number=number,
            candidate=best.candidate.id,
            leader=leader,
            contenders=(leader,),
            rollouts=further,
            val=0.75 if number else 0.25,
            tasks=tasks,
            expected=0.7 if number else 0.25,
        ),
        candidates=(
            Scores(number=0, config=BASELINE, parents=(), val=(0.0, 0.5), known=(0, 1), on_frontier=False),
            Scores(number=1, config=TUNED, parents=(0,), val=(0.5, 1.0), known=(0, 1), on_frontier=True),
        ),
        anatomy=Anatomy(components=(WRITER,)),
        test=tested,
        stopped=events.Stopped(reason="budget", detail="all is spent"),
        spent=Spent(
            rollouts=1200,
            task=Usage(calls=1200, input_tokens=50_000, output_tokens=10_000, usd=1.5, unpriced_calls=unpriced),
            reflections=1,
            reflection=Usage(calls=1, usd=0.25),
            seconds=61.4,
        ),
        folder=None,
    )


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.01, 0.2, "a significant gain on tasks that nothing was tuned on"),
        (0.0, 0.2, "no significant gain: the interval includes 0"),
        (-0.1, 0.2, "no significant gain: the interval includes 0"),
        (-0.2, -0.01, "a significant LOSS on the test tasks: keep the baseline"),
    ],
)
def test_the_verdict_is_the_intervals(low: float, high: float, said: str) -> None:
    """A gain is claimed only when the interval of the difference lies above 0."""
    lines = list(verdict(result(TUNED, low, high)))
    assert lines[1] == "val           0.250      0.750   +0.500 (tuned was chosen by it)"
    assert lines[2] == "expected      0.250      0.700   +0.450 (corrected for the choice among 2)"
    assert lines[3] == f"test          0.500      0.600   +0.100, 95 % interval {low:+.3f} to {high:+.3f} (20 tasks)"
    assert lines[4] == said


def test_an_untested_result_says_why() -> None:
    """No test is run when nothing beat the baseline, on val or on further tasks, or when the budget is used up."""
    nothing = list(verdict(result(BASELINE, leader=0)))
    assert nothing[1:] == [
        "val           0.250      0.250   +0.000 (tuned was chosen by it)",
        "test       not run: nothing beat the baseline on val",
    ]
    lost = list(verdict(result(BASELINE, leader=1, further=12)))
    assert lost[-1] == "test       not run: the best on val did not stay ahead of the baseline on further tasks"
    assert list(verdict(result(TUNED)))[-1] == "test       not run: the budget did not reach"


def test_what_val_does_not_tell_is_said() -> None:
    """A winner that was run on some of val only, and rollouts beyond val, stand beside the figures."""
    lines = list(verdict(result(TUNED, low=0.1, further=12, tasks=1)))
    assert lines[1] == "val           0.250      0.750   +0.500 (tuned was chosen by it, and run on 1 of 2 tasks)"
    assert lines[2].endswith("+0.450 (corrected for the choice among 2, with 12 further rollouts)")


def test_the_bill_says_when_it_is_a_lower_bound() -> None:
    """Money is exact only when every price is known."""
    assert list(bill(result(TUNED))) == ["spent      1,200 rollouts, 1 reflection, 60,000 tokens, $1.75, 61 s"]
    assert "$1.75 or more (no price known for 3 calls)" in next(iter(bill(result(TUNED, unpriced=3))))


def test_a_budget_in_words() -> None:
    """Each limit is named."""
    assert limits(Budget(rollouts=1)) == "1 rollout"
    assert limits(Budget(usd=3, seconds=90.5)) == "$3.00, 90.5 seconds; the first that is reached stops"


def test_listed_prices_come_first() -> None:
    """A listed price is per million tokens; without tokens no other list is asked."""
    prices = OwnPricesFirst({"mine": PriceTable(input=0.5, output=2)})
    assert prices.usd("mine", Usage(input_tokens=1_000_000, output_tokens=500_000)) == 1.5
    assert prices.usd("other", Usage(calls=1)) is None
