"""Calls a sync function of the user's in a thread, so that one which waits holds nothing up."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class _Ended(Exception):
    """Carries a `StopIteration`: a future can't hold one, and whoever awaits it would wait for ever."""

    def __init__(self, stop: StopIteration) -> None:
        self.stop = stop


async def in_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """What `function` returns; what it raises comes out.

    A `StopIteration` comes out as Python has it of any coroutine: a `RuntimeError` with it as the cause; see `raised`.
    """

    def called() -> T:
        try:
            return function(*args, **kwargs)
        except StopIteration as stop:
            raise _Ended(stop) from stop

    try:
        return await asyncio.to_thread(called)
    except _Ended as carried:
        raise carried.stop from None


def raised(error: BaseException) -> BaseException:
    """What the user's code raised: a `StopIteration` that became a `RuntimeError` on its way, else `error` itself."""
    cause = error.__cause__
    return cause if isinstance(error, RuntimeError) and isinstance(cause, StopIteration) else error


def described(error: BaseException) -> str:
    """The exception on one line, as `Type: message`, or only its type when it has nothing to say."""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
