"""A graph that is deployed: it takes the texts of each run from that run's config or context, as an assistant has them.

Without such texts it is the graph that it was. Knows where they ride (`assistants`), and how they are applied.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import cache
from typing import Any, cast

from langchain_core.runnables import RunnableConfig

from gepa_agents.words.graph_config import GraphConfig
from gepa_agents_langgraph.applied import Applied, apply
from gepa_agents_langgraph.assistants import KEYS, carried
from gepa_agents_langgraph.loading import AnyGraph
from gepa_agents_langgraph.overlay import Overlay

Reader = Callable[[GraphConfig], Overlay]
"""Makes an overlay of a configuration; refuses one of another graph with `GraphConfigError`."""


def serve(graph: AnyGraph, reader: Reader) -> AnyGraph:
    """A copy of the graph that obeys its runs' assistants; the graph itself is not touched."""
    attributes = {name: value for name, value in vars(graph).items() if name not in ("__orig_class__", "reader")}
    served: AnyGraph = _kind(type(graph))(reader=reader, **attributes)
    return served


@cache
def _kind(graph: type[AnyGraph]) -> Any:
    """The class of served graphs of that class."""
    if issubclass(graph, Serving):
        return graph
    return type(graph.__name__, (Serving, graph), {"__doc__": graph.__doc__, "__module__": graph.__module__})


class Serving(Applied):
    """What makes a graph a served one."""

    reader: Reader

    def __init__(self, *, reader: Reader, overlays: tuple[Overlay, ...] = (), **attributes: Any) -> None:
        super().__init__(overlays=overlays, **attributes)
        self.reader = reader

    def stream(self, input: Any, config: RunnableConfig | None = None, **options: Any) -> Iterator[Any]:
        """As the graph's own, with the texts that the run brings."""
        graph, config = self._obeying(config, options)
        return Applied.stream(graph, input, config, **options)

    def astream(self, input: Any, config: RunnableConfig | None = None, **options: Any) -> AsyncIterator[Any]:
        """As the graph's own, with the texts that the run brings."""
        graph, config = self._obeying(config, options)
        return Applied.astream(graph, input, config, **options)

    def get_context_jsonschema(self) -> dict[str, Any] | None:
        """The graph's own and our keys: a server drops from the context what is not in it."""
        schema = super().get_context_jsonschema()
        return schema and {**schema, "properties": {**schema.get("properties", {}), **KEYS}}

    def _obeying(self, config: RunnableConfig | None, options: dict[str, Any]) -> tuple[Any, RunnableConfig | None]:
        """The graph with the run's texts, and the run's config without them; they are taken out of `options` too."""
        found = None
        configurable = (config or {}).get("configurable")
        if configurable is not None:  # first, for a server that goes back to an older version may forget the context
            found = carried(configurable)
            config = cast(RunnableConfig, {**(config or {}), "configurable": _without(configurable)})
        context = options.get("context")
        if isinstance(context, Mapping):
            found = found or carried(context)
            options["context"] = _without(context)
        return (self if found is None else apply(self, self.reader(found))), config


def _without(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in KEYS}
