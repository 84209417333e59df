"""What models cost: first by the user's own list in `gepa.toml`, then by those that installed adapters offer."""

from collections.abc import Mapping
from functools import cached_property

from gepa_agents.ports import plugins
from gepa_agents.ports.language_model import Prices
from gepa_agents.words.usage import Usage
from gepa_agents_cli.config import PriceTable

MILLION = 1_000_000


class ListedPrices:
    """Prices by the exact name of the model; a name that is not listed is looked up in the adapters' lists."""

    def __init__(self, listed: Mapping[str, PriceTable]) -> None:
        self._listed = listed

    def usd(self, model: str, usage: Usage) -> float | None:
        """Dollars for the tokens of `usage`; None when no list knows the model."""
        price = self._listed.get(model)
        if price is not None:
            return (usage.input_tokens * price.input + usage.output_tokens * price.output) / MILLION
        if not usage.tokens:
            return None
        known = (prices.usd(model, usage) for prices in self._installed)
        return next((usd for usd in known if usd is not None), None)

    @cached_property
    def _installed(self) -> tuple[Prices, ...]:
        # Loaded at the first unlisted name only: a vendor's price list takes seconds to import.
        return tuple(factory() for factory in plugins.factories("gepa_agents.prices"))
