"""The thin sync form of everything async; works inside a running event loop too (a notebook, a server)."""

import asyncio
import contextvars
import functools
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def synchronous(function: Callable[P, Coroutine[Any, Any, T]], name: str) -> Callable[P, T]:
    """A function of the same parameters that waits for the result; `name` is what it is called.

    Inside a running loop the work gets a loop of its own in a thread, and the caller waits.
    """

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(function(*args, **kwargs))
        context = contextvars.copy_context()
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(context.run, asyncio.run, function(*args, **kwargs)).result()

    wrapper.__name__ = wrapper.__qualname__ = name
    wrapper.__doc__ = f"The sync form of `{function.__name__}`:\n\n{function.__doc__}"
    return wrapper
