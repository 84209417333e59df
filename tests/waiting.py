"""Waits for what another process or thread does, in a test that is async."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Look again and again until the condition holds; raises `TimeoutError` when it does not in so many seconds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  There is no event to wait for: it happens outside this loop.
            await asyncio.sleep(0.01)
