"""What LiteLLM's response says, as a completion or as a failed attempt."""

from typing import Any

from gepa_agents.ports.language_model import Completion
from gepa_agents.words.usage import Usage
from gepa_agents_litellm.failures import Failed, Failure
from gepa_agents_litellm.prices import cost


def read(response: Any, model: str) -> Completion | Failed:
    """The text of the answer, without the reasoning; an empty answer is a failed attempt that was paid for."""
    usage = _usage(response, model)
    if not response.choices:
        return Failed(Failure("the answer holds no choices", passing=True, advice="check the server"), usage)
    choice = response.choices[0]
    text = choice.message.content or ""
    truncated = choice.finish_reason == "length"
    if text.strip():
        return Completion(text=text, usage=usage, truncated=truncated)
    if truncated:
        return Failed(Failure("it reached its length limit before the answer", True, "raise `max_tokens`"), usage)
    return Failed(Failure("the answer is empty", passing=True), usage)


def _usage(response: Any, model: str) -> Usage:
    counted = getattr(response, "usage", None)
    read = getattr(counted, "prompt_tokens", None) or 0
    written = getattr(counted, "completion_tokens", None) or 0
    usd = cost(response, model) if read or written else None
    return Usage(
        calls=1,
        input_tokens=read,
        output_tokens=written,
        usd=usd or 0.0,
        unpriced_calls=1 if usd is None else 0,
    )
