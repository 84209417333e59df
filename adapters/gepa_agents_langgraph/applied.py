"""A compiled graph with other texts, for good: still the class it was, so it runs, streams, batches, nests and deploys.

Everything that runs a graph goes through `stream` or `astream`; there the texts are put on the way. A config that was
bound with `with_config` would not do: LangGraph 1.0 drops it when a call brings a `configurable` of its own, and every
version drops it where a node calls the graph with another thread id.
"""

from collections.abc import AsyncIterator, Iterator
from functools import cache
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from langgraph.pregel import Pregel

from gepa_agents_langgraph.carrying import running
from gepa_agents_langgraph.loading import AnyGraph
from gepa_agents_langgraph.overlay import Overlay


def apply(graph: AnyGraph, overlay: Overlay) -> AnyGraph:
    """A copy of the graph in which the overlay counts; the graph itself is not touched."""
    attributes = {name: value for name, value in vars(graph).items() if name != "__orig_class__"}
    overlays = (*attributes.pop("overlays", ()), overlay)
    applied: AnyGraph = _kind(type(graph))(overlays=overlays, **attributes)
    return applied


@cache
def _kind(graph: type[AnyGraph]) -> Any:
    """The class of applied graphs of that class."""
    if issubclass(graph, Applied):
        return graph
    return type(graph.__name__, (Applied, graph), {"__doc__": graph.__doc__, "__module__": graph.__module__})


class Applied(Pregel[Any, Any, Any, Any]):
    """What makes a graph an applied one."""

    overlays: tuple[Overlay, ...]

    def __init__(self, *, overlays: tuple[Overlay, ...], **attributes: Any) -> None:
        super().__init__(**attributes)
        self.overlays = overlays

    def stream(self, input: Any, config: RunnableConfig | None = None, **options: Any) -> Iterator[Any]:
        """As the graph's own, with the new texts."""
        chunks = super().stream(input, self._carrying(config), **options)
        try:
            while True:
                # Set for each step only: between two of them, the caller's own code runs.
                with running(*self.overlays):
                    try:
                        chunk = next(chunks)
                    except StopIteration:
                        return
                yield chunk
        finally:
            cast(Any, chunks).close()

    async def astream(self, input: Any, config: RunnableConfig | None = None, **options: Any) -> AsyncIterator[Any]:
        """As the graph's own, with the new texts."""
        chunks = super().astream(input, self._carrying(config), **options)
        try:
            while True:
                with running(*self.overlays):
                    try:
                        chunk = await anext(chunks)
                    except StopAsyncIteration:
                        return
                yield chunk
        finally:
            await cast(Any, chunks).aclose()

    def _carrying(self, config: RunnableConfig | None) -> RunnableConfig | None:
        """The config with the overlays in it; ours first, since a graph around this one counts after it."""
        given = (config or {}).get("configurable")
        if given is None and var_child_runnable_config.get():
            return config  # called from within a node: its `configurable` is inherited, and must not be shadowed
        bound = (self.config or {}).get("configurable") or {}
        carried = {overlay.key: overlay for overlay in self.overlays}
        return cast(RunnableConfig, {**(config or {}), "configurable": {**carried, **bound, **(given or {})}})
