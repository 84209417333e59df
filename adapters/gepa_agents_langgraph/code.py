"""Looks into a node's code, without running it: the texts it holds, whether it has a model, what it calls by itself.

Follows functions, closures, globals and plain containers, as far as the user's own code goes.
"""

import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.prompts import BasePromptTemplate
from langchain_core.prompts.chat import BaseChatPromptTemplate
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langgraph.pregel import Pregel

FRAMEWORKS = ("langchain", "langgraph", "langsmith", "deepagents", "pydantic", "gepa_agents")
"""Top-level packages (by the beginning of their names) whose code is not the author's."""
VENDORS = frozenset({"openai", "anthropic", "litellm", "mistralai", "cohere", "groq", "ollama", "google", "boto3"})
THREADS = frozenset({"ThreadPoolExecutor", "Thread", "run_in_executor", "ProcessPoolExecutor"})
CALLS = frozenset({"invoke", "ainvoke", "stream", "astream", "batch", "abatch"})
DEEPEST = 12
WIDEST = 500
"""Items of a container that are looked at; a bigger one is data."""
LEAST = 20
"""Characters of a middleware's text that count as a prompt."""


@dataclass
class Code:
    """What was found in a node's code."""

    texts: set[str] = field(default_factory=set[str])
    """Its string constants."""
    model: bool = False
    """A LangChain chat model is in reach."""
    prompt: bool = False
    """A LangChain prompt template is in reach."""
    vendors: set[str] = field(default_factory=set[str])
    """Vendors' packages that it uses by itself."""
    threads: bool = False
    """It starts threads of its own and calls something in them."""
    subgraph: bool = False
    frameworks_texts: set[str] = field(default_factory=set[str])
    frameworks_tools: set[str] = field(default_factory=set[str])


def read(node: object) -> Code:
    """Look into a node's runnable."""
    reader = _Reader()
    reader.visit(node, 0)
    if reader.threads and reader.calls:
        reader.found.threads = True
    return reader.found


class _Reader:
    def __init__(self) -> None:
        self.found = Code()
        self.threads = False
        self.calls = False
        self._seen: dict[int, object] = {}
        """By identity; the objects are held so that no identity is used twice."""

    def visit(self, value: object, depth: int) -> None:
        """Note what `value` is, and go on to what it holds."""
        if depth > DEEPEST or id(value) in self._seen:
            return
        self._seen[id(value)] = value
        if isinstance(value, str):
            self.found.texts.add(value)
        elif isinstance(value, Pregel):
            self.found.subgraph = self.found.subgraph or depth < 3
        elif isinstance(value, BaseChatModel):
            self.found.model = True
        elif isinstance(value, ModuleType):
            self._name(value.__name__)
        elif _vendor(type(value).__module__):
            self._name(type(value).__module__)
        else:
            self._middleware(value)
            for held in self._held(value):
                self.visit(held, depth + 1)

    def _held(self, value: object) -> Iterator[object]:
        if isinstance(value, FunctionType):
            yield from self._function(value)
        elif isinstance(value, MethodType):
            yield value.__func__
            yield value.__self__
        elif isinstance(value, dict):
            yield from list(value.values())[:WIDEST]
        elif isinstance(value, (list, tuple, set, frozenset)):
            yield from list(value)[:WIDEST]
        elif isinstance(value, BaseTool):
            return
        elif isinstance(value, type):
            if _own(value.__module__):
                yield from vars(value).values()
        elif isinstance(value, Runnable) or _own(type(value).__module__) or _is_middleware(value):
            if isinstance(value, (BasePromptTemplate, BaseChatPromptTemplate)):
                self.found.prompt = True
            yield from _attributes(value)
        else:
            # Statically: a foreign object may do anything when it is asked for an attribute.
            yield inspect.getattr_static(value, "__wrapped__", None)

    def _function(self, function: FunctionType) -> Iterator[object]:
        if _vendor(function.__module__ or ""):
            self._name(function.__module__)
            return
        for cell in function.__closure__ or ():
            try:
                yield cell.cell_contents
            except ValueError:
                continue  # not filled yet
        yield vars(function).get("__wrapped__")
        yield from function.__defaults__ or ()
        if not _own(function.__module__ or ""):
            return
        for code in _codes(function.__code__):
            self.found.texts.update(constant for constant in code.co_consts if isinstance(constant, str))
            self.threads = self.threads or bool(THREADS & set(code.co_names))
            self.calls = self.calls or bool(CALLS & set(code.co_names))
            for name in code.co_names:
                if name in function.__globals__:
                    yield function.__globals__[name]
                elif name in VENDORS:
                    self._name(name)

    def _name(self, module: str) -> None:
        if _vendor(module):
            self.found.vendors.add(module.partition(".")[0])

    def _middleware(self, value: object) -> None:
        """Keep the texts and tools of a middleware that is not the author's."""
        if not _is_middleware(value) or _own(type(value).__module__):
            return
        texts = (held for held in vars(value).values() if isinstance(held, str))
        self.found.frameworks_texts.update(text.strip() for text in texts if len(text) >= LEAST)
        tools = getattr(value, "tools", ())
        self.found.frameworks_tools.update(tool.name for tool in tools if isinstance(tool, BaseTool))


def _attributes(value: object) -> Iterator[Any]:
    yield from getattr(value, "__dict__", {}).values()
    for kind in type(value).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if isinstance(name, str) and not name.startswith("__") and hasattr(value, name):
                yield getattr(value, name)
    if callable(value) and isinstance(vars(type(value)).get("__call__"), FunctionType):
        yield type(value).__call__


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _is_middleware(value: object) -> bool:
    return any(kind.__name__ == "AgentMiddleware" for kind in type(value).__mro__)


def _own(module: str) -> bool:
    top = module.partition(".")[0]
    return not top.startswith(FRAMEWORKS) and not _standard(top)


def _standard(top: str) -> bool:
    return top in sys.stdlib_module_names and top != "__main__"


def _vendor(module: str) -> bool:
    return module.partition(".")[0] in VENDORS
