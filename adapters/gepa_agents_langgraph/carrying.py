"""Carries overlays from whoever runs a graph to where it calls its models.

A context variable holds them: nodes, tasks, subgraphs, tools and LangGraph's threads all inherit it. They also ride in
the config's `configurable`, for code that hands the config on to threads of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from langchain_core.runnables.config import var_child_runnable_config

from gepa_agents_langgraph.overlay import PREFIX, Overlay
from gepa_agents_langgraph.paths import node_path

_running: ContextVar[tuple[Overlay, ...]] = ContextVar("gepa_overlays", default=())
"""The overlays of the graphs that are running, the innermost first."""


@contextmanager
def running(*overlays: Overlay) -> Iterator[None]:
    """Let overlays count, before those that do already, in the block and in the tasks and threads that it starts."""
    known = _running.get()
    token = _running.set((*(one for one in overlays if one not in known), *known))
    try:
        yield
    finally:
        _running.reset(token)


def overlays() -> list[Overlay]:
    """The overlays that count here: those of the graphs around this call, the innermost first."""
    config = var_child_runnable_config.get() or {}
    configurable = config.get("configurable") or {}
    carried = [value for key, value in configurable.items() if key.startswith(PREFIX) and isinstance(value, Overlay)]
    found = list(_running.get())
    return found + [one for one in carried if one not in found]


def here() -> str:
    """The path of the node that runs here; empty outside a graph."""
    config = var_child_runnable_config.get() or {}
    return node_path({**(config.get("configurable") or {}), **(config.get("metadata") or {})})
