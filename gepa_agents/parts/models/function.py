"""A language model that is a function of yours: prompt in, text out. Knows no vendor and no network."""

import functools
import inspect
from collections.abc import Callable

from gepa_agents.ports.language_model import Completion
from gepa_agents.ports.thread import described, in_thread, raised
from gepa_agents.words.errors import ModelError
from gepa_agents.words.usage import Usage

Answer = str | Completion
"""What the function may return: the text, or a `Completion` when it also knows tokens and price."""


class FunctionModel:
    """Wraps a function, sync or async; a sync one runs in a thread, several calls at once.

    A function that returns only a text says nothing of its costs, so each of its calls counts as unpriced.
    """

    def __init__(self, function: Callable[[str], object], name: str | None = None) -> None:
        """`function` returns an `Answer` or an awaitable of one; it is checked when it has answered."""
        self._function = function
        self._name = name or _name(function)

    @property
    def name(self) -> str:
        """The function's module and name, unless another was given."""
        return self._name

    async def complete(self, prompt: str) -> Completion:
        """What the function answers. Raises `ModelError` when it raises or returns something else than a text."""
        try:
            answer = await self._call(prompt)
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(
                f"the function `{self.name}`, used as language model, raised {described(raised(error))}; mend it"
            ) from error
        if isinstance(answer, str):
            return Completion(text=answer, usage=Usage(calls=1, unpriced_calls=1))
        if isinstance(answer, Completion):
            return answer
        raise ModelError(
            f"the function `{self.name}`, used as language model, returned {type(answer).__name__}; "
            "let it return a str or a Completion"
        )

    async def _call(self, prompt: str) -> object:
        if _is_async(self._function):
            answer: object = self._function(prompt)
        else:
            answer = await in_thread(self._function, prompt)
        # A sync function may still hand out a coroutine: `lambda prompt: ask(prompt)`.
        return await answer if inspect.isawaitable(answer) else answer


def _is_async(function: object) -> bool:
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004


def _name(function: object) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{getattr(named, '__module__', '?')}.{getattr(named, '__qualname__', '?')}"
