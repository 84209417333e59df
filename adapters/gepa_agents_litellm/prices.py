"""What models cost, by the list that comes with LiteLLM."""

from collections.abc import Callable
from typing import Any

from gepa_agents.words.usage import Usage
from gepa_agents_litellm.vendor import litellm, provider

LOCAL = frozenset({"ollama", "ollama_chat"})
"""Providers that run on the user's own machine: zero is their price, and no gap in the list."""


class ListPrices:
    """LiteLLM's price list, the one in the installed package: nothing is fetched."""

    def __init__(self) -> None:
        self._unknown: set[str] = set()

    def usd(self, model: str, usage: Usage) -> float | None:
        """Dollars for the tokens of `usage`; None for a model that is not listed, or when no tokens were counted."""
        if not usage.tokens or model in self._unknown:
            return None
        tokens = {"prompt_tokens": usage.input_tokens, "completion_tokens": usage.output_tokens}
        usd = _listed(model, lambda: sum(litellm().cost_per_token(model=model, **tokens)))
        if usd is None:
            self._unknown.add(model)
        return usd


def prices() -> ListPrices:
    """The factory that the core finds; the list is loaded at the first question."""
    return ListPrices()


def cost(response: Any, model: str) -> float | None:
    """Dollars for one response of LiteLLM, discounts for cached tokens included; None for a model not listed."""
    return _listed(model, lambda: litellm().completion_cost(completion_response=response, model=model))


def _listed(model: str, question: Callable[[], float]) -> float | None:
    try:
        usd = float(question())
    except Exception:  # noqa: BLE001  LiteLLM says "not listed" with a bare Exception, of other kinds in other versions.
        return None
    if usd == 0.0 and model not in litellm().model_cost and provider(model) not in LOCAL:
        return None  # LiteLLM answers zero for some models that it does not list.
    return usd
