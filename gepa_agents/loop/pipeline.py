"""Steps of the search that are under way at once, and are finished in the order in which they were started.

What a step finds out takes as long as it takes; the order is fixed, so what is decided does not depend on timing.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

T = TypeVar("T")


class Pipeline(Generic[T]):
    """A queue of running coroutines. Leave it as a context manager: what is still under way then is called off."""

    def __init__(self) -> None:
        self._tasks: deque[tuple[asyncio.Task[T], asyncio.Event]] = deque()

    def __len__(self) -> int:
        """How many are under way or wait for their turn."""
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, T], turn: asyncio.Event) -> None:
        """Let it run, behind those started before; `turn` is set when it is the first."""
        self._tasks.append((asyncio.create_task(work), turn))

    async def first(self) -> T:
        """What the one that was started first came to; what it raised comes out."""
        task, turn = self._tasks.popleft()
        turn.set()
        return await task

    async def end(self) -> None:
        """Wait until nothing is under way, whatever it comes to; nothing waits for its turn any longer."""
        for _, turn in self._tasks:
            turn.set()
        await asyncio.gather(*(task for task, _ in self._tasks), return_exceptions=True)
        self._tasks.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task, _ in self._tasks:
            task.cancel()
        await self.end()
