"""A language model whose calls are valued by a price list, where the model itself does not know its price."""

from gepa_agents.ports.language_model import Completion, LanguageModel, Prices


class Priced:
    """Wraps a `LanguageModel`; what it knows of its own cost stays."""

    def __init__(self, model: LanguageModel, prices: Prices) -> None:
        self._model = model
        self._prices = prices

    @property
    def name(self) -> str:
        """The model's own name, by which it is looked up in the list."""
        return self._model.name

    async def complete(self, prompt: str) -> Completion:
        """The model's answer, priced; raises what the model raises."""
        completion = await self._model.complete(prompt)
        usage = completion.usage
        usd = self._prices.usd(self.name, usage) if usage.unpriced_calls else None
        if usd is None:
            return completion
        # Attempts that failed on the way stay unpriced.
        priced = {"usd": usage.usd + usd, "unpriced_calls": usage.unpriced_calls - 1}
        return completion.model_copy(update={"usage": usage.model_copy(update=priced)})
