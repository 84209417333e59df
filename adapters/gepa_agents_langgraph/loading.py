"""Finds the graph behind what a user hands over: a compiled graph, a function that makes one, or a reference to it."""

import asyncio
import importlib
import inspect
import sys
import traceback
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from langgraph.func import entrypoint
from langgraph.graph import StateGraph
from langgraph.pregel import Pregel

from gepa_agents.words.errors import AgentError

AnyGraph = Pregel[Any, Any, Any, Any]
UNNAMED = "LangGraph"
"""What LangGraph calls a graph that was compiled without a name."""


def load(given: object) -> tuple[AnyGraph, str]:
    """The graph and what to call it. Raises `AgentError` with what is wrong and what to do."""
    what, name = "this", "graph"
    if isinstance(given, str):
        what, name = f"`{given}`", given.rpartition(":")[2]
        given = _referenced(given)
    if _is_factory(given):
        name = getattr(given, "__name__", name) if what == "this" else name
        what = f"the factory {what}" if what != "this" else f"the factory `{name}`"
        given = _made(given, what)
    return _graph(given, what), _name(given, name)


def _name(graph: Any, fallback: str) -> str:
    own = str(getattr(graph, "name", "") or "")
    return fallback if own in ("", UNNAMED) else own


def _graph(given: object, what: str) -> AnyGraph:
    if isinstance(given, Pregel):
        return given
    kind = type(given).__name__
    if isinstance(given, StateGraph):
        raise AgentError(f"{what} is a {kind} that is not compiled; hand over `graph.compile()`")
    if isinstance(given, entrypoint):
        raise AgentError(f"{what} is an `entrypoint` without its function; decorate the workflow with it")
    if hasattr(given, "__enter__") or hasattr(given, "__aenter__"):
        raise AgentError(f"{what} gives a context manager ({kind}); open it and hand over the graph inside")
    bound = getattr(given, "bound", None)
    if isinstance(bound, Pregel):
        raise AgentError(f"{what} is a graph within a {kind}; hand over the graph itself")
    raise AgentError(
        f"{what} is a {kind}, no compiled LangGraph; hand over what `.compile()` or `create_agent` returns"
    )


def _is_factory(given: object) -> bool:
    return callable(given) and not isinstance(given, (Pregel, entrypoint))


def _made(factory: Any, what: str) -> object:
    """Call a factory, with an empty config when it asks for one, and await what it gives if need be."""
    try:
        wanted = [
            parameter
            for parameter in inspect.signature(factory).parameters.values()
            if parameter.default is parameter.empty
            and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        ]
    except (TypeError, ValueError):
        wanted = []
    if len(wanted) > 1:
        names = ", ".join(parameter.name for parameter in wanted)
        raise AgentError(f"{what} wants {len(wanted)} arguments ({names}); it may take a RunnableConfig and no more")
    try:
        if not wanted:
            made = factory()
        elif wanted[0].kind is wanted[0].KEYWORD_ONLY:
            made = factory(**{wanted[0].name: {"configurable": {}}})
        else:
            made = factory({"configurable": {}})
        return _awaited(made) if inspect.isawaitable(made) else made
    except Exception as error:
        raise AgentError(f"{what} raised {type(error).__name__}: {error} ({_place(error)}); mend it") from error


def _awaited(awaitable: Awaitable[object]) -> object:
    async def wait() -> object:
        return await awaitable

    # In a thread of its own, for a loop may be running here.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, wait()).result()


def _referenced(text: str) -> object:
    module, _, attribute = text.rpartition(":")
    if not module or not attribute:
        raise AgentError(f"`{text}` is no reference to a graph; write module:attribute, for instance my_agent:graph")
    folder = Path.cwd()
    if module.endswith(".py"):
        folder, module = (folder / module).parent, Path(module).stem
    if str(folder) not in sys.path:
        # It stays there: the module's own imports may come later.
        sys.path.insert(0, str(folder))
    found = _module(module, text, folder)
    for name in attribute.split("."):
        if not hasattr(found, name):
            origin = getattr(sys.modules[module], "__file__", None) or module
            raise AgentError(f"`{text}`: {origin} has no `{name}`; name the graph, or the function that makes it")
        found = getattr(found, name)
    return found


def _module(module: str, text: str, folder: Path) -> object:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and (module == error.name or module.startswith(f"{error.name}.")):
            raise AgentError(
                f"`{text}`: there is no module `{module}` in {folder} or installed; check the name"
            ) from error
        raise AgentError(_blame(text, error)) from error
    except Exception as error:
        raise AgentError(_blame(text, error)) from error


def _blame(text: str, error: Exception) -> str:
    return f"`{text}` can't be imported: {type(error).__name__}: {error} ({_place(error)}); mend it"


def _place(error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "importlib" not in frame.filename] or frames
    return f"{own[-1].filename}:{own[-1].lineno}"
