"""What models cost: first by the user's own list in `gepa.toml`, then by those that installed adapters offer."""

from collections.abc import Mapping
from functools import cached_property

from gepa_agents.parts.models.prices import PriceTable
from gepa_agents.ports import plugins
from gepa_agents.ports.language_model import Completion, LanguageModel, Prices
from gepa_agents.words.usage import Usage
from gepa_agents_cli import config


def own(listed: Mapping[str, config.PriceTable]) -> PriceTable:
    """The prices of `gepa.toml`, as the core takes them."""
    return PriceTable({model: (price.input, price.output) for model, price in listed.items()})


class OwnPricesFirst:
    """Prices by the exact name of the model; a name that is not listed is looked up in the adapters' lists."""

    def __init__(self, listed: Mapping[str, config.PriceTable]) -> None:
        self._own = own(listed)

    def usd(self, model: str, usage: Usage) -> float | None:
        """Dollars for the tokens of `usage`; None when no list knows the model, or no tokens were counted."""
        listed = self._own.usd(model, usage)
        if listed is not None or not usage.tokens:
            return listed
        known = (prices.usd(model, usage) for prices in self._installed)
        return next((usd for usd in known if usd is not None), None)

    @cached_property
    def _installed(self) -> tuple[Prices, ...]:
        # Loaded at the first unlisted name only: a vendor's price list takes seconds to import.
        return tuple(factory() for factory in plugins.factories("gepa_agents.prices"))


class OwnPriced:
    """A language model whose calls cost what `gepa.toml` says, where it says so."""

    def __init__(self, model: LanguageModel, listed: Mapping[str, config.PriceTable]) -> None:
        self._model = model
        self._own = own(listed)

    @property
    def name(self) -> str:
        """The model's own name."""
        return self._model.name

    async def complete(self, prompt: str) -> Completion:
        """The model's answer, priced; raises what the model raises."""
        completion = await self._model.complete(prompt)
        usage = completion.usage
        usd = self._own.usd(self.name, usage)
        if usd is None:
            return completion
        # Attempts that failed on the way stay unpriced.
        priced = {"usd": usd, "unpriced_calls": max(usage.unpriced_calls - 1, 0)}
        return completion.model_copy(update={"usage": usage.model_copy(update=priced)})
