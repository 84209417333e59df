"""A budget holds, whatever it is counted in and however many calls are under way: it is passed by those at most."""

from contextlib import suppress
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gepa_agents import Budget, BudgetError, Completion, Settings, Usage, optimize
from gepa_agents.loop.estimate import estimate
from gepa_agents.parts.models.prices import PriceTable
from gepa_agents.parts.runs import journal as journal_module
from tests.landscape import Landscape, metric, reflect, suite

SUITE = suite(train=5, val=5, test=4)
PRICES = PriceTable({"landscape": (1000.0, 2000.0)})
"""Dollars a million tokens, read and written."""

searches = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 99),
        "concurrency": st.sampled_from([1, 2, 5, 16]),
        "ahead": st.sampled_from([1, 2, 4]),
        "rewrites": st.sampled_from([1, 4]),
        "minibatch": st.integers(1, 5),
        "val_block": st.sampled_from([None, 1, 2, 8]),
        "merges": st.sampled_from([0, 5]),
    }
).map(lambda options: Settings(**{name: value for name, value in options.items() if name in Settings.model_fields}))
"""Everything that decides how calls follow each other; a setting that does not exist is left out."""


class Counted:
    """An agent and a reflection model that count for themselves what they cost."""

    def __init__(self, step: float = 0.0) -> None:
        self.calls: list[Usage] = []
        self.rollouts = 0
        self.clock = 0.0
        counted = self

        class Agent(Landscape):
            async def run(self, task: Any, config: Any, tracer: Any) -> Any:
                texts = sum(len(config.candidate.text(component)) for component in self.components)
                counted.rollouts += 1
                counted.clock += step
                counted.add(Usage(calls=3, input_tokens=texts, output_tokens=15))
                return await super().run(task, config, tracer)

        self.agent = Agent(delays=True)

    def add(self, usage: Usage) -> None:
        usd = (usage.input_tokens * 1000 + usage.output_tokens * 2000) / 1e6
        self.calls.append(usage.model_copy(update={"usd": usd}))

    def reflect(self, prompt: str) -> Completion:
        if "## Evidence" not in prompt:
            return Completion(text="ready")
        # Always another text, so that it is the budget that ends the run.
        text = reflect(prompt).replace("\n</text>", f"\nNote {sha256(prompt.encode()).hexdigest()[:6]}.\n</text>")
        self.add(Usage(calls=1, input_tokens=len(prompt), output_tokens=len(text)))
        return Completion(text=text, usage=self.calls[-1])

    @property
    def usage(self) -> Usage:
        return sum(self.calls, Usage())

    def run(self, budget: Budget, how: Settings) -> Any:
        """One run; what it says about its spending is what was really spent."""
        result = optimize(
            self.agent,
            SUITE,
            metric=metric,
            reflection_lm=self.reflect,
            budget=budget,
            settings=how,
            prices=PRICES,
        )
        assert result.spent.rollouts == self.rollouts
        assert result.spent.usage.tokens == self.usage.tokens
        assert result.spent.usage.usd == pytest.approx(self.usage.usd)
        return result

    def spend(self, budget: Budget, how: Settings) -> None:
        """One run, which may find that its budget is too small."""
        with suppress(BudgetError):
            self.run(budget, how)

    def largest(self, how: Settings) -> tuple[int, float]:
        """Tokens and dollars of the dearest calls that can be under way at once."""
        under_way = how.concurrency + how.ahead * how.rewrites
        tokens = sorted((usage.tokens for usage in self.calls), reverse=True)
        dollars = sorted((usage.usd for usage in self.calls), reverse=True)
        return sum(tokens[:under_way]), sum(dollars[:under_way])


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 110), searches)
@example(110, Settings(concurrency=16))
def test_rollouts_are_never_overspent_and_too_few_are_refused_before_the_first(cap, how):
    """Steps are covered before they begin, so the cap is never passed; one below the floor costs nothing at all."""
    counted = Counted()
    floor = estimate(SUITE, how).floor
    if cap < floor:
        with pytest.raises(BudgetError, match=f"{cap} rollouts is too small.*give at least {floor}"):
            counted.run(Budget(rollouts=cap), how)
        assert counted.calls == []
    else:
        counted.run(Budget(rollouts=cap), how)
        assert counted.rollouts <= cap


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 20_000), searches)
@example(1, Settings(concurrency=16))
def test_tokens_are_overspent_by_the_calls_in_flight_at_most(cap, how):
    """No call starts once the tokens are used."""
    counted = Counted()
    counted.spend(Budget(tokens=cap), how)
    assert counted.usage.tokens < cap + counted.largest(how)[0]


@settings(max_examples=12, deadline=None)
@given(st.floats(0.001, 20), searches)
def test_dollars_are_overspent_by_the_calls_in_flight_at_most(cap, how):
    """No call starts once the money is spent, whichever model spent it."""
    counted = Counted()
    counted.spend(Budget(usd=cap), how)
    assert counted.usage.usd < cap + counted.largest(how)[1]


@settings(max_examples=12, deadline=None)
@given(st.floats(0.1, 80), searches)
def test_seconds_are_overspent_by_the_proposals_under_way_at_most(cap, how):
    """A proposal starts only while there is time for it to be followed by the closing test."""
    counted = Counted(step=1.0)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(journal_module, "time", SimpleNamespace(monotonic=lambda: counted.clock))
        counted.spend(Budget(seconds=cap), how)
    needed = estimate(SUITE, how)
    assert counted.clock <= max(cap, needed.baseline) + how.ahead * needed.accepted + needed.test


@settings(max_examples=12, deadline=None)
@given(st.integers(40, 160), st.integers(2_000, 60_000), st.floats(0.5, 60), searches)
def test_the_first_of_several_limits_stops(rollouts, tokens, usd, how):
    """All limits hold at once."""
    counted = Counted()
    counted.spend(Budget(rollouts=rollouts, tokens=tokens, usd=usd), how)
    in_flight = counted.largest(how)
    assert counted.rollouts <= rollouts
    assert counted.usage.tokens < tokens + in_flight[0]
    assert counted.usage.usd < usd + in_flight[1]
