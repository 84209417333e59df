"""What a user may name as a language model, made into one. Knows the adapters by their entry points only."""

from typing import cast

from gepa_agents.parts.models.function import FunctionModel
from gepa_agents.ports import plugins
from gepa_agents.ports.language_model import LanguageModel
from gepa_agents.words.errors import ConfigError

ACCEPTED = (
    "a model name with its provider such as 'openai/gpt-5', a table such as {'model': 'openai/gpt-5', 'timeout': 60}, "
    "a function from prompt to text, a LangChain chat model, a CommandModel, "
    "or an object with `name` and `async complete(prompt)`"
)


def language_model(value: object) -> LanguageModel:
    """The language model that `value` names or is; raises `ConfigError` that lists what is accepted.

    Adapters are asked before callables, because a framework's model may be callable too.
    """
    if isinstance(value, type):
        # A class would pass for what its instances are.
        raise ConfigError(f"the class `{value.__qualname__}` is no language model; give an instance of it")
    if isinstance(value, LanguageModel):
        return value
    for factory in plugins.factories("gepa_agents.language_models"):
        model = cast(LanguageModel | None, factory(value))
        if model is not None:
            return model
    if callable(value):
        return FunctionModel(value)
    shown = repr(value) if isinstance(value, str) else f"an object of type {type(value).__qualname__}"
    raise ConfigError(f"{shown} is no language model that is known here; give {ACCEPTED}")
