"""Carries overlays from whoever runs a graph to where it calls its models.

They ride in the config's `configurable`: LangGraph hands it to every node, subgraph, task, thread and generator, also
to a stream that is read after the call that made it has returned. A run has a context variable as well, for a graph
that a node calls with a thread id of its own: there LangGraph starts a new `configurable`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from langchain_core.runnables.config import var_child_runnable_config

from gepa_agents_langgraph.overlay import PREFIX, Overlay
from gepa_agents_langgraph.paths import node_path

_running: ContextVar[Overlay | None] = ContextVar("gepa_overlay", default=None)


@contextmanager
def running(overlay: Overlay) -> Iterator[None]:
    """Let the overlay count for everything in the block and in the tasks and threads that it starts."""
    token = _running.set(overlay)
    try:
        yield
    finally:
        _running.reset(token)


def overlays() -> list[Overlay]:
    """The overlays that count here: those of the graphs around this call, the innermost first."""
    config = var_child_runnable_config.get() or {}
    configurable = config.get("configurable") or {}
    found = [value for key, value in configurable.items() if key.startswith(PREFIX) and isinstance(value, Overlay)]
    run = _running.get()
    if run is not None and run not in found:
        found.append(run)
    return found


def here() -> str:
    """The path of the node that runs here; empty outside a graph."""
    config = var_child_runnable_config.get() or {}
    return node_path({**(config.get("configurable") or {}), **(config.get("metadata") or {})})
