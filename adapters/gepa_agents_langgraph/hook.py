"""The one place where we reach into LangChain: every chat model turns its input into messages in `_convert_input`.

Patched once, when a graph is first wrapped or applied, never at import. Without an overlay in the call's config it
passes everything through unchanged. It runs before callbacks and caches, so traces and cache keys see what the model
gets. The method is private: `install` refuses a LangChain in which it has moved, and a contract test watches it over
the versions that we support. Why this way: docs/decisions/0002-override-through-the-model.md.
"""

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any

import langchain_core
from langchain_core.language_models import BaseChatModel
from langchain_core.prompt_values import ChatPromptValue, PromptValue

from gepa_agents.words.errors import AgentError
from gepa_agents_langgraph.carrying import here, overlays

CONVERT = "_convert_input"
ENTRANCES = ("invoke", "ainvoke", "stream", "astream")
"""The methods by which a chat model is called; all go through `_convert_input`."""
FURTHER = ("_chat_model_stream_v3", "_achat_model_stream_v3")
"""Entrances that only newer versions have."""
MARK = "__gepa_hook__"

_lock = threading.Lock()


def install() -> None:
    """Patch LangChain's chat models, once a process. Raises `AgentError` when this version can't be patched."""
    with _lock:
        if hasattr(getattr(BaseChatModel, CONVERT, None), MARK):
            return
        guard()
        setattr(BaseChatModel, CONVERT, _converting(getattr(BaseChatModel, CONVERT)))
        for name in (*ENTRANCES, *FURTHER):
            if hasattr(BaseChatModel, name):
                setattr(BaseChatModel, name, _offering(getattr(BaseChatModel, name)))


def guard() -> None:
    """Raise `AgentError` unless chat models are called as this module expects."""
    convert = getattr(BaseChatModel, CONVERT, None)
    expected = convert is not None and list(inspect.signature(convert).parameters) == ["self", "model_input"]
    strays = [name for name in ENTRANCES if not _converts(getattr(BaseChatModel, name, None))]
    if not expected or strays:
        what = f"{', '.join(strays)} no longer call it" if expected else "its signature is another, or it is gone"
        raise AgentError(
            f"langchain-core {langchain_core.__version__} has changed `BaseChatModel.{CONVERT}`, through which tuned "
            f"prompts reach the models ({what}); install a version that gepa-agents supports, see its pyproject.toml"
        )


def _converts(method: Any) -> bool:
    code = getattr(inspect.unwrap(method), "__code__", None) if method is not None else None
    return code is not None and CONVERT in code.co_names


def _converting(original: Callable[[BaseChatModel, Any], PromptValue]) -> Callable[[BaseChatModel, Any], PromptValue]:
    @functools.wraps(original)
    def convert(self: BaseChatModel, model_input: Any) -> PromptValue:
        value = original(self, model_input)
        for overlay in overlays():
            messages = value.to_messages()
            new = overlay.messages(messages, here())
            if new is not messages:
                value = ChatPromptValue(messages=new)
        return value

    setattr(convert, MARK, True)
    return convert


def _offering(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(self: BaseChatModel, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("tools"):
            for overlay in overlays():
                kwargs["tools"] = overlay.tools(kwargs["tools"], here())
        return original(self, *args, **kwargs)

    return call
