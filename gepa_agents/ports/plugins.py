"""Finds what the core may not import: adapters that installed distributions offer as entry points.

Group `gepa_agents.language_models`: `factory(value) -> LanguageModel | None`, None for a value that is not its kind.
Group `gepa_agents.prices`: `factory() -> Prices`.
"""

from collections.abc import Callable
from importlib.metadata import entry_points

from gepa_agents.ports.language_model import LanguageModel, Prices
from gepa_agents.words.errors import ConfigError


def language_model(value: object) -> LanguageModel:
    """The language model that `value` stands for, by the first installed adapter that knows it.

    Raises `ConfigError` when none does.
    """
    if isinstance(value, LanguageModel):
        return value
    for entry in sorted(entry_points(group="gepa_agents.language_models"), key=lambda entry: entry.name):
        factory: Callable[[object], LanguageModel | None] = entry.load()
        model = factory(value)
        if model is not None:
            return model
    raise ConfigError(
        f"{value!r} is no language model: give a LiteLLM name such as 'openai/gpt-5', a callable, "
        "a LangChain chat model, or an object with `name` and `complete`"
    )


def prices() -> Prices | None:
    """The price list of the first installed adapter that has one; None without."""
    for entry in sorted(entry_points(group="gepa_agents.prices"), key=lambda entry: entry.name):
        factory: Callable[[], Prices] = entry.load()
        return factory()
    return None
