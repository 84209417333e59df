"""Counts what evaluators pay for: the calls of LangChain's models within one evaluation, wherever they are made."""

import asyncio
import contextvars
import functools
import inspect
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from gepa_agents import Prices, Usage
from gepa_agents.ports import plugins
from gepa_agents.ports.thread import in_thread

if TYPE_CHECKING:
    from gepa_agents_evaluators.tokens import Tokens

__all__ = ["called", "priced"]


async def called(function: Callable[[], object], prices: Prices | None) -> tuple[object, Usage]:
    """What `function` returns, sync or async, and what LangChain's models cost within it.

    A sync one runs in a thread. Models that are called past LangChain are not seen.
    """
    if "langchain_core" not in sys.modules:
        return await _answer(function, contextvars.copy_context()), Usage()
    from langchain_core.runnables.config import set_config_context

    from gepa_agents_evaluators.tokens import Tokens

    tokens = Tokens()
    with set_config_context({"callbacks": [tokens]}) as context:
        answer = await _answer(function, context)
    return answer, _usage(tokens, prices)


async def _answer(function: Callable[[], object], context: contextvars.Context) -> object:
    pending = function() if _is_async(function) else await in_thread(context.run, function)
    if not inspect.isawaitable(pending):
        return pending

    async def awaited() -> object:
        return await pending

    return await asyncio.get_running_loop().create_task(awaited(), context=context)


def _is_async(function: object) -> bool:
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004


def _usage(tokens: "Tokens", prices: Prices | None) -> Usage:
    total = Usage()
    for model, usage in tokens.by_model().items():
        total += priced(model, usage, prices, usage.calls)
    return total


def priced(model: str, usage: Usage, prices: Prices | None, answered: int = 1) -> Usage:
    """The usage, with dollars where its calls have none and `prices`, or else an installed price list, knows them.

    Its tokens are those of the calls that were `answered`; attempts that failed on the way stay unpriced.
    """
    if not usage.unpriced_calls or not usage.tokens:
        return usage
    lists = [prices] if prices is not None else [factory() for factory in plugins.factories("gepa_agents.prices")]
    known = (one.usd(model, usage) for one in lists)
    usd = next((found for found in known if found is not None), None)
    return (
        usage
        if usd is None
        else usage.model_copy(update={"usd": usage.usd + usd, "unpriced_calls": usage.unpriced_calls - answered})
    )
