"""Language models and prices through LiteLLM, which is loaded when a model is first used and not before."""

from gepa_agents_litellm.model import LiteLLMModel, language_model
from gepa_agents_litellm.options import Options
from gepa_agents_litellm.prices import ListPrices, prices

__all__ = ["ListPrices", "LiteLLMModel", "Options", "language_model", "prices"]
