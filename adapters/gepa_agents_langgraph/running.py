"""Runs a graph to its end: in the way that its checkpointer allows, and past interrupts that a script answers."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, Interrupt

from gepa_agents.ports.thread import in_thread
from gepa_agents.words.errors import AgentError
from gepa_agents.words.task import Task
from gepa_agents_langgraph.loading import AnyGraph

Answers = Callable[[Task, Any], Any] | Sequence[Any]
"""What a person replies when the graph interrupts: a function of the task and of what the graph asks (sync or async),
or the replies in their order."""

INTERRUPT = "__interrupt__"
PAUSES = 100
"""So many pauses in one run mean that it never ends."""


class Script:
    """The replies for one task: those in its metadata under `answers`, or else those given with the agent."""

    def __init__(self, task: Task, answers: Answers | None) -> None:
        own = task.metadata.get("answers")
        if own is not None and not isinstance(own, list):
            raise AgentError(
                f"task `{task.id}`: `metadata.answers` must be a list, one reply for each interrupt in order"
            )
        self._task = task
        chosen: Answers | None = own if own is not None else answers
        self._asked = chosen if callable(chosen) else None
        self._replies: Iterator[Any] = iter(() if chosen is None or callable(chosen) else chosen)
        self.given = chosen is not None

    async def reply(self, question: Any) -> Any:
        """The reply to one interrupt. Raises `AgentError` when the script has none."""
        if self._asked is not None:
            reply = self._asked(self._task, question)
            return await reply if inspect.isawaitable(reply) else reply
        try:
            return next(self._replies)
        except StopIteration:
            raise AgentError(
                f"task `{self._task.id}`: the graph interrupts to ask {question!r}, and no answer is left; give "
                '`"answers": [...]` in the task\'s metadata, or `wrap(graph, answers=...)`'
            ) from None


@dataclass
class Run:
    """One run of a graph on one thread."""

    graph: AnyGraph
    config: RunnableConfig
    script: Script
    context: Any = None
    """For graphs with a `context_schema`."""
    _in_thread: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        if self.script.given and self.graph.checkpointer is None:
            # Resuming takes a checkpointer; its host would bring one (a deployment does), here we do.
            self.graph = self.graph.copy({"checkpointer": InMemorySaver()})

    async def finish(self, given: Any) -> Any:
        """The graph's output, with every interrupt on the way answered."""
        self._in_thread = await self._is_sync_only()
        for _ in range(PAUSES):
            output = await self._call(self.graph.ainvoke, self.graph.invoke, given)
            interrupts = output.get(INTERRUPT, ()) if isinstance(output, dict) else ()
            if interrupts:
                given = await self._resume(interrupts)
            elif await self._stopped_at_breakpoint():
                given = None
            else:
                return output
        raise AgentError(f"the graph paused {PAUSES} times in one run and did not end; check its interrupts")

    async def _resume(self, interrupts: Sequence[Interrupt]) -> Any:
        replies = {interrupt.id: await self.script.reply(interrupt.value) for interrupt in interrupts}
        if not isinstance(self.graph.checkpointer, BaseCheckpointSaver):
            raise AgentError("the graph interrupts, but has no checkpointer to go on from; compile it with one")
        return Command(resume=replies)

    async def _stopped_at_breakpoint(self) -> bool:
        """Whether the run waits at a breakpoint that was compiled in; it asks nothing, so it just goes on."""
        if not (self.graph.interrupt_before_nodes or self.graph.interrupt_after_nodes) or not self.graph.checkpointer:
            return False
        if self._in_thread:
            return bool((await asyncio.to_thread(self.graph.get_state, self.config)).next)
        return bool((await self.graph.aget_state(self.config)).next)

    async def _call(
        self, asynchronous: Callable[..., Awaitable[Any]], synchronous: Callable[..., Any], given: Any
    ) -> Any:
        options = {} if self.context is None else {"context": self.context}
        if self._in_thread:
            return await in_thread(synchronous, given, self.config, **options)
        return await asynchronous(given, self.config, **options)

    async def _is_sync_only(self) -> bool:
        """Whether the checkpointer has no asynchronous side (as `SqliteSaver`), so that the graph needs a thread."""
        saver = self.graph.checkpointer
        if not isinstance(saver, BaseCheckpointSaver):
            return False
        try:
            await saver.aget_tuple(self.config)
        except NotImplementedError:
            return True
        return False
