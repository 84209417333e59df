"""A language model through LiteLLM: one prompt in, one text out, with retries, tokens and dollars."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from gepa_agents.ports.language_model import Completion
from gepa_agents.words.errors import ConfigError, ModelError, ModelRefused, ModelUnavailable
from gepa_agents.words.usage import Usage
from gepa_agents_litellm import answers, failures
from gepa_agents_litellm.backoff import wait
from gepa_agents_litellm.failures import Failed
from gepa_agents_litellm.options import Options
from gepa_agents_litellm.vendor import api_error, litellm, provider

Sleep = Callable[[float], Awaitable[object]]


class LiteLLMModel:
    """Any model that LiteLLM can call. Safe to call many times at once, and from one event loop after another."""

    def __init__(self, name: str, options: Options | None = None, *, sleep: Sleep = asyncio.sleep) -> None:
        """`name` is LiteLLM's, as `openai/gpt-5`; `sleep` waits so many seconds between two attempts."""
        self._name = name
        self._options = options or Options()
        self._sleep = sleep

    @property
    def name(self) -> str:
        """The name by which LiteLLM knows it."""
        return self._name

    async def complete(self, prompt: str) -> Completion:
        """Answer one prompt; what may pass is tried again, with waits that grow, up to `options.retries` times.

        Raises `ModelRefused` at once for what will not pass, `ModelUnavailable` when the retries are used up,
        `ModelError` for what LiteLLM itself can't handle. No message holds the key.
        """
        await asyncio.to_thread(litellm)  # The first time it takes seconds; the event loop goes on meanwhile.
        spent = Usage()
        attempt = 0
        while True:
            attempt += 1
            outcome = await self._attempt(prompt)
            spent += outcome.usage
            if isinstance(outcome, Completion):
                return outcome.model_copy(update={"usage": spent})
            failure = outcome.failure
            if not failure.passing:
                raise ModelRefused(f"{self._place} refused: {failure.reason}; {failure.advice}") from outcome.cause
            if attempt > self._options.retries:
                tries = "one attempt" if attempt == 1 else f"{attempt} attempts"
                raise ModelUnavailable(
                    f"{self._place} gave no usable answer in {tries}, the last time: {failure.reason}; {failure.advice}"
                ) from outcome.cause
            await self._sleep(wait(attempt, failure.asked, random.random))

    async def _attempt(self, prompt: str) -> Completion | Failed:
        try:
            # Over everything, because LiteLLM's own limit is for each wait on the network: a server that sends a byte
            # now and then would be waited for without end.
            async with asyncio.timeout(self._options.timeout):
                response = await litellm().acompletion(
                    model=self._name,
                    messages=[{"role": "user", "content": prompt}],
                    **self._options.arguments(),
                )
        except TimeoutError as error:
            return Failed(failures.late(self._options.timeout), Usage(calls=1, unpriced_calls=1), error)
        except api_error() as error:
            return failures.read(error, self._options)
        except Exception as error:  # noqa: BLE001  Raised anew; only its cause is left out when that holds a secret.
            raise ModelError(
                f"LiteLLM could not make the call of {self._place}: {type(error).__name__}: "
                f"{failures.masked(str(error), self._options)}; check its options"
            ) from failures.shown(error, self._options)
        return answers.read(response, self._name)

    @property
    def _place(self) -> str:
        base = self._options.api_base
        # Host and port only: an address may hold a user's password.
        host = None if base is None else urlsplit(base).netloc.rpartition("@")[2]
        return f"`{self._name}` at {host}" if host else f"`{self._name}`"


def language_model(value: object) -> LiteLLMModel | None:
    """The factory that the core finds: for a model name, or a table with `model` and options; else None.

    A name whose provider LiteLLM does not know gives None; a table that names one, or a wrong option, `ConfigError`.
    """
    if isinstance(value, str):
        return LiteLLMModel(value) if provider(value) else None
    if not isinstance(value, Mapping) or "model" not in value:
        return None
    name = value["model"]
    if not isinstance(name, str) or provider(name) is None:
        raise ConfigError(
            f"LiteLLM knows no provider for the model {name!r}; write the provider first, as in 'openai/gpt-5' "
            "(also for a server of your own that speaks OpenAI's protocol, with `api_base`)"
        )
    return LiteLLMModel(name, Options.checked(name, {key: given for key, given in value.items() if key != "model"}))
