"""The one place that loads LiteLLM: 2,500 modules, seconds, and by default a price list over the network.

What is touched: `LITELLM_LOCAL_MODEL_COST_MAP` is set while LiteLLM is imported, unless the user has set it, and
`litellm.suppress_debug_info` is switched on, as LiteLLM's own Router does; else each failed call prints an invitation
to report it, in the middle of whatever is on the screen. LiteLLM itself reads a `.env` file when it is imported.
"""

import functools
import importlib
import os
from typing import Any

LOCAL_PRICES = "LITELLM_LOCAL_MODEL_COST_MAP"


@functools.cache
def litellm() -> Any:
    """The module `litellm`. Untyped: its own annotations are partial and change from week to week."""
    given = LOCAL_PRICES in os.environ
    os.environ.setdefault(LOCAL_PRICES, "True")
    try:
        module: Any = importlib.import_module("litellm")
    finally:
        if not given:
            del os.environ[LOCAL_PRICES]
    module.suppress_debug_info = True
    return module


def provider(name: str) -> str | None:
    """The provider that LiteLLM would send a model's name to; None for a name that it does not know."""
    module = litellm()
    try:
        return str(module.get_llm_provider(name)[1])
    except module.exceptions.BadRequestError:
        return None


def api_error() -> type[Exception]:
    """The class of every error that comes from a call: LiteLLM derives its own from those of OpenAI's package."""
    found: type[Exception] = importlib.import_module("openai").OpenAIError
    return found
