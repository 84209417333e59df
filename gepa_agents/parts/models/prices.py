"""Prices by a list of your own. Knows no vendor's."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from gepa_agents.words.errors import ConfigError
from gepa_agents.words.usage import Usage

Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]
LISTED = TypeAdapter(dict[str, tuple[Dollars, Dollars]])


class PriceTable:
    """`Prices` from a mapping: a model's exact name -> US dollars per million tokens read, per million written."""

    def __init__(self, prices: Mapping[str, tuple[float, float]]) -> None:
        """Raises `ConfigError` for a price that is no pair of numbers from zero up."""
        try:
            self._prices = LISTED.validate_python(dict(prices))
        except ValidationError as error:
            first = error.errors()[0]
            model = first["loc"][0]
            raise ConfigError(
                f"the price of `{model}` is no pair (dollars per million tokens read, per million written): "
                f"{first['msg']}"
            ) from error

    def usd(self, model: str, usage: Usage) -> float | None:
        """Dollars for the tokens of `usage`; None for a model that is not listed, or when no tokens were counted."""
        price = self._prices.get(model)
        if price is None or (not usage.tokens and any(price)):
            return None
        return (usage.input_tokens * price[0] + usage.output_tokens * price[1]) / 1_000_000
