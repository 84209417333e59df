"""An event loop in a thread of its own, for the whole session. Knows nothing of agents.

One loop, because an agent's HTTP clients belong to the loop that they were opened in; a thread, because a loop may be
running where the tests do (a browser's, a notebook's).
"""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class Thread:
    """Runs coroutines one after the other for a caller that waits."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="agent-suite")
        self._runner = asyncio.Runner()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """The coroutine's result; what it raises comes out. A caller that is interrupted cancels it."""
        task: asyncio.Task[T] | None = None

        async def watched() -> T:
            nonlocal task
            task = asyncio.current_task()
            return await work

        future = self._worker.submit(self._runner.run, watched())
        try:
            return future.result()
        except BaseException:
            if task is not None and not task.done():
                self._runner.get_loop().call_soon_threadsafe(task.cancel)
            raise

    def close(self) -> None:
        """End the loop and the thread."""
        self._worker.submit(self._runner.close).result()
        self._worker.shutdown()
