"""Tells an agent that failed from a task model that can't be reached, and waits for the latter.

An unreachable model says nothing about a candidate, so it is never scored: the rollout is tried again, and if the
model stays away the run stops with what it has, to be continued by the same command.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gepa_agents.words.errors import ModelRefused, ModelUnavailable

VENDORS = {"openai", "anthropic", "litellm", "google", "httpx", "httpcore", "botocore", "mistralai", "cohere", "groq"}
"""Top-level packages whose errors are about a model; an error of the same name from elsewhere is the agent's own."""
PASSING = {
    "APIConnectionError",
    "APITimeoutError",
    "ConnectError",
    "ConnectTimeout",
    "InternalServerError",
    "OverloadedError",
    "RateLimitError",
    "ReadError",
    "ReadTimeout",
    "RemoteProtocolError",
    "ServiceUnavailableError",
    "Timeout",
}
LASTING = {"AuthenticationError", "NotFoundError", "PermissionDeniedError"}
PAUSES = (1.0, 4.0, 16.0)
"""Seconds to wait before each further try."""


T = TypeVar("T")


async def patiently(
    attempt: Callable[[], Awaitable[T]],
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    own: Callable[[Exception], bool] = lambda _error: False,
) -> T:
    """The result of `attempt`, repeated while its language model is out of reach.

    `own` says of an error that looks like an outage that it is the agent's own after all. Raises `ModelUnavailable`
    when the model stays away, `ModelRefused` at once for a wrong key or name, and otherwise whatever `attempt` raises.
    """
    for seconds in PAUSES:
        try:
            return await attempt()
        except Exception as error:
            kind = outage(error)
            if kind is None or own(error):
                raise
            if kind is ModelRefused:
                raise _named(error) from error
            await pause(seconds)
    try:
        return await attempt()
    except Exception as error:
        if outage(error) is None or own(error):
            raise
        raise _named(error) from error


def _named(error: Exception) -> ModelRefused | ModelUnavailable:
    what = f"{type(error).__name__}: {error}"
    if outage(error) is ModelRefused:
        return ModelRefused(
            f"the agent's language model refused: {what}; check its name, key and address, then run the same command "
            "again"
        )
    return ModelUnavailable(
        f"the agent's language model is out of reach: {what}; run the same command again when it is back, everything "
        "paid for is kept"
    )


def outage(error: BaseException | None) -> type[ModelRefused] | type[ModelUnavailable] | None:
    """What an exception says about the model: out of reach for now, for good, or (None) nothing."""
    while error is not None:
        for kind in type(error).__mro__:
            if kind.__module__.partition(".")[0] in VENDORS:
                if kind.__name__ in LASTING:
                    return ModelRefused
                if kind.__name__ in PASSING:
                    return ModelUnavailable
        error = error.__cause__
    return None
