"""What models cost: first by the user's own list in `gepa.toml`, then by those that installed adapters offer."""

from collections.abc import Mapping
from functools import cached_property

from gepa_agents.parts.models.prices import PriceTable
from gepa_agents.ports import plugins
from gepa_agents.ports.language_model import Prices
from gepa_agents.words.usage import Usage
from gepa_agents_cli import config


class OwnPricesFirst:
    """Prices by the exact name of the model; a name that is not listed is looked up in the adapters' lists."""

    def __init__(self, listed: Mapping[str, config.PriceTable]) -> None:
        self._own = PriceTable({model: (price.input, price.output) for model, price in listed.items()})

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
