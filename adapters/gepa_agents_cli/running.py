"""Runs a coroutine to its end or to Ctrl-C: the first one cancels it, a second one does not wait for threads."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from rich.console import Console

from gepa_agents_cli.screen import say

T = TypeVar("T")


def interruptible(work: Coroutine[Any, Any, T], console: Console, farewell: str) -> T:
    """The result of `work`. On Ctrl-C it is cancelled and `farewell` is printed at once, before calls that are under
    way have come to their end; then `KeyboardInterrupt` is raised."""

    async def watched() -> T:
        try:
            return await work
        except asyncio.CancelledError:
            say(console, f"interrupted: {farewell}")
            raise

    return asyncio.run(watched())
