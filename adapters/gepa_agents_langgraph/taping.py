"""Where calls of chat models and tools meet a recording: patched once, inert without a session.

A session is found as a context variable, or in the config's `configurable` for code that hands the config on to threads
of its own. While models are replayed, a call that finds neither is refused. Why this way:
docs/decisions/0010-record-and-replay.md.
"""

import functools
import inspect
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import langchain_core
from langchain_core.language_models import BaseChatModel, BaseLLM
from langchain_core.runnables.config import var_child_runnable_config
from langchain_core.tools import BaseTool
from opentelemetry import trace

from gepa_agents.ports.calls import Calls, Session, active, guard
from gepa_agents.words import semconv
from gepa_agents.words.call import Run
from gepa_agents.words.errors import AgentError, RecordingError
from gepa_agents_langgraph import taped_model, taped_tool
from gepa_agents_langgraph.paths import node_path

KEY = "__gepa_calls"
"""Where a session rides in `configurable`."""
MARK = "__gepa_taping__"
MODELS = ("invoke", "ainvoke", "stream", "astream", "generate", "agenerate")
INNER = ("generate", "agenerate")
"""Those of them that the others use: they hear of a call a second time."""
FURTHER = ("_chat_model_stream_v3", "_achat_model_stream_v3")
"""Entrances of chat models that only newer versions have."""
TOOLS = ("run", "arun")
UNTAPED = ("generate", "agenerate", "stream", "astream")
"""Entrances of text completion models, which are refused."""
WORK = ((BaseChatModel, ("_generate", "_agenerate", "_stream", "_astream")), (BaseTool, ("_run", "_arun")))
"""What stands in for a vendor's or an author's own methods; LangChain has to call it on the object itself."""

_lock = threading.Lock()


def install() -> None:
    """Patch LangChain's models and tools, once a process. Raises `AgentError` when this version can't be patched."""
    with _lock:
        if hasattr(BaseTool.run, MARK):
            return
        guard_version()
        for name in (*MODELS, *FURTHER):
            if hasattr(BaseChatModel, name):
                setattr(BaseChatModel, name, _taping_model(getattr(BaseChatModel, name)))
        for name in UNTAPED:
            setattr(BaseLLM, name, _refusing(getattr(BaseLLM, name)))
        for name in TOOLS:
            setattr(BaseTool, name, _taping_tool(getattr(BaseTool, name)))


def guard_version() -> None:
    """Raise `AgentError` unless models and tools do their work through the methods that are replaced."""
    missing = [f"{kind.__name__}.{name}" for kind, names in WORK for name in names if not hasattr(kind, name)]
    if missing or list(inspect.signature(BaseTool.run).parameters)[:2] != ["self", "tool_input"]:
        raise AgentError(
            f"langchain-core {langchain_core.__version__} has changed {', '.join(missing) or 'BaseTool.run'}, by which "
            "calls are recorded and replayed; install a version that gepa-agents supports, see its pyproject.toml"
        )


@contextmanager
def taped(calls: Calls, name: str = "") -> Iterator[None]:
    """Record or replay what graphs, chat models and tools do in the block; `name` tells the calls of several apart.

    Raises the first `MissingRecording` of the block, also when the code in it has caught that.
    """
    install()
    with _run(calls, Run(task=name)):
        yield


@contextmanager
def rollout(calls: Calls, candidate: str, task: str) -> Iterator[Session]:
    """The session of one run of an agent; which repetition it is stands on its root span."""
    attributes: Mapping[str, Any] = getattr(trace.get_current_span(), "attributes", None) or {}
    repeat = attributes.get(semconv.REPEAT, 0)
    with _run(calls, Run(candidate, task, repeat if isinstance(repeat, int) else 0)) as session:
        yield session


@contextmanager
def _run(calls: Calls, run: Run) -> Iterator[Session]:
    with calls.session(run, place) as session:
        try:
            yield session
        except Exception:
            session.check()  # what a graph makes of a missing recording is not what went wrong
            raise
        session.check()


def place() -> str:
    """Where in the graph this code runs: the node's path, the step, and for one of many at once (`Send`) its number."""
    config = var_child_runnable_config.get() or {}
    known: dict[str, Any] = {**(config.get("configurable") or {}), **(config.get("metadata") or {})}
    path = node_path(known)
    if not path:
        return ""
    step = known.get("langgraph_step", "")
    branch = [
        part for part in known.get("langgraph_path") or () if isinstance(part, int) and not isinstance(part, bool)
    ]
    return f"{path}@{step}" + "".join(f".{number}" for number in branch)


def _session(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Session | None:
    """The session that counts for a call with these arguments."""
    if (current := active()) is not None:
        return current
    handed = kwargs.get("config") or next(
        (one for one in args if isinstance(one, Mapping) and "configurable" in one), None
    )
    for config in (handed, var_child_runnable_config.get()):
        found = ((config or {}).get("configurable") or {}).get(KEY)
        if found is not None:
            session: Session = found
            return session
    return None


def _taping_model(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(self: BaseChatModel, *args: Any, **kwargs: Any) -> Any:
        session = _session(args, kwargs)
        if session is not None:
            return original(taped_model.taped(self, session), *args, **kwargs)
        if taped_model.MARK not in vars(self):
            guard("model", type(self).__name__, again=original.__name__ in INNER)
        return original(self, *args, **kwargs)

    setattr(call, MARK, True)
    return call


def _taping_tool(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(self: BaseTool, tool_input: Any, *args: Any, **kwargs: Any) -> Any:
        session = _session((), kwargs)
        if session is not None:
            self = taped_tool.taped(self, session, tool_input, kwargs.get("tool_call_id"))
        elif taped_tool.MARK not in vars(self):
            guard("tool", self.name)
        return original(self, tool_input, *args, **kwargs)

    setattr(call, MARK, True)
    return call


def _refusing(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(self: BaseLLM, *args: Any, **kwargs: Any) -> Any:
        session = _session(args, kwargs)
        if session is not None:
            raise RecordingError(
                f"{type(self).__name__} is a text completion model, whose calls are not recorded; use a chat model, or "
                "put the call into a function marked with `gepa_agents.recorded`"
            )
        return original(self, *args, **kwargs)

    return call
