"""The port to a language model that reflects or judges: a prompt in, a text out."""

from typing import Protocol, runtime_checkable

from gepa_agents.words.frozen import Frozen
from gepa_agents.words.usage import Usage


class Completion(Frozen):
    """A model's answer and what it cost."""

    text: str
    usage: Usage = Usage()
    truncated: bool = False
    """True when the model stopped at its length limit, so the text may end in the middle."""


@runtime_checkable
class LanguageModel(Protocol):
    """Something that completes prompts. `gepa_agents.testing.language_model_contract` proves an implementation."""

    @property
    def name(self) -> str:
        """What people call it, for logs and the ledger."""
        ...

    async def complete(self, prompt: str) -> Completion:
        """Answer one prompt.

        Retries what may pass (rate limits, server errors, time-outs) by itself, then raises `ModelUnavailable`;
        raises `ModelRefused` at once for what will not pass (wrong key, unknown model).
        """
        ...


class Prices(Protocol):
    """What models cost."""

    def usd(self, model: str, usage: Usage) -> float | None:
        """Dollars for the tokens of `usage` with `model`, a name as it stands in a trace; None when not known."""
        ...
