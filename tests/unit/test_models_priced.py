"""A price list values what a reflection model does not know the price of, in a run and alone."""

from gepa_agents import Budget, Completion, Settings, Usage, optimize
from gepa_agents.parts.models.priced import Priced
from gepa_agents.parts.models.prices import PriceTable
from tests.landscape import Landscape, metric, reflect, suite

PRICES = PriceTable({"mine": (1.0, 2.0), "landscape": (0.0, 0.0)})


class Mine:
    """Answers like the scripted reflection model, and counts tokens."""

    name = "mine"

    def __init__(self, usage: Usage) -> None:
        self.usage = usage

    async def complete(self, prompt: str) -> Completion:
        return Completion(text=reflect(prompt), usage=self.usage)


async def test_an_unpriced_call_gets_the_listed_price():
    """A million tokens read and half a million written cost what the list says; a failed attempt stays unpriced."""
    used = Usage(calls=2, unpriced_calls=2, input_tokens=1_000_000, output_tokens=500_000)
    usage = (await Priced(Mine(used), PRICES).complete("hello")).usage
    assert (usage.usd, usage.unpriced_calls, usage.calls) == (2.0, 1, 2)


async def test_a_model_that_knows_its_price_keeps_it():
    """The vendor's own figure, with its discounts, is better than a list."""
    used = Usage(calls=1, usd=0.5, input_tokens=1_000_000)
    assert (await Priced(Mine(used), PRICES).complete("hello")).usage == used


async def test_a_model_that_is_not_listed_stays_unpriced():
    """No price is made up."""
    used = Usage(calls=1, unpriced_calls=1, input_tokens=10)
    assert (await Priced(Mine(used), PriceTable({})).complete("hello")).usage == used


def test_a_run_with_prices_values_its_reflections():
    """`optimize(prices=...)` covers the reflection model too, so that a budget in dollars counts it."""
    mine = Mine(Usage(calls=1, unpriced_calls=1, input_tokens=100_000))
    settings = Settings(max_iterations=4)
    result = optimize(
        Landscape(), suite(), metric=metric, reflection_lm=mine, budget=Budget(usd=5), settings=settings, prices=PRICES
    )
    assert result.spent.reflection.unpriced_calls == 0
    assert abs(result.spent.reflection.usd - 0.1 * result.spent.reflection.calls) < 1e-9
