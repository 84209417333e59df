"""What watching a graph costs: CPU milliseconds a run, bare, traced, and traced with the trajectory read back.

The graph calls its model four times and runs three tools; the model answers at once. The ways take turns, run by run,
so that a busy machine slows all of them alike; compare the ratios, not the milliseconds.

    python benchmarks/tracing/overhead.py [RUNS]
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from gepa_agents_langgraph.tracing import GraphTracer
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool

from gepa_agents.parts.tracing.recorder import Recorder

TURNS = 3
WARM_UP = 20


class Instant(BaseChatModel):
    """A chat model that calls a tool three times, then answers."""

    @property
    def _llm_type(self) -> str:
        return "instant"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Any:
        """Take any tools."""
        return self.bind(**kwargs)

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        done = sum(isinstance(message, ToolMessage) for message in messages)
        calls = [] if done == TURNS else [{"name": "search", "args": {"query": "lamp"}, "id": str(done)}]
        message = AIMessage("Here it is." if done == TURNS else "", tool_calls=calls)
        return ChatResult(generations=[ChatGeneration(message=message)])


@tool
def search(query: str) -> str:
    """Search the catalogue."""
    return f"found {query}"


GRAPH = create_agent(Instant(), [search], system_prompt="You are a shop assistant.")
STATE = {"messages": [("user", "A lamp, please.")]}
RECORDER = Recorder()


async def bare() -> None:
    """The graph alone."""
    await GRAPH.ainvoke(STATE)


async def traced() -> None:
    """The graph with spans."""
    with RECORDER.rollout("rollout", {}) as recording:
        await GRAPH.ainvoke(STATE, {"callbacks": [GraphTracer(recording.tracer)]})


async def read() -> None:
    """The graph with spans, and the trajectory read from them."""
    with RECORDER.rollout("rollout", {}) as recording:
        await GRAPH.ainvoke(STATE, {"callbacks": [GraphTracer(recording.tracer)]})
        assert len(recording.trajectory().steps) == 2 * (2 * TURNS + 1)


async def measure(ways: Sequence[Callable[[], Awaitable[None]]], runs: int) -> dict[str, list[float]]:
    """CPU milliseconds of each run of each way, taking turns."""
    taken: dict[str, list[float]] = {way.__name__: [] for way in ways}
    for number in range(runs + WARM_UP):
        for way in ways:
            began = time.process_time()
            await way()
            if number >= WARM_UP:
                taken[way.__name__].append((time.process_time() - began) * 1000)
    return taken


def main(runs: int) -> None:
    """Print a table."""
    taken = asyncio.run(measure([bare, traced, read], runs))
    base = statistics.median(taken["bare"])
    print(f"{runs} runs of {TURNS + 1} model calls and {TURNS} tools; median CPU time\n")
    print(f"{'':8}{'ms a run':>10}{'ratio':>8}")
    for name, times in taken.items():
        middle = statistics.median(times)
        print(f"{name:8}{middle:10.2f}{middle / base:8.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
