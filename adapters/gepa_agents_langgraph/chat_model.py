"""LangChain's chat models as language models that reflect and judge."""

import sys
from typing import TYPE_CHECKING

from gepa_agents.ports.http_status import may_pass
from gepa_agents.ports.language_model import Completion
from gepa_agents.words.errors import ModelError, ModelRefused, ModelUnavailable
from gepa_agents.words.usage import Usage

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import Runnable

LENGTH = frozenset({"length", "max_tokens", "model_length", "max_output_tokens"})
"""What vendors call it when the answer reached its length limit, in lower case."""


class ChatModel:
    """A LangChain chat model, also one with `bind`, `with_retry` or a prompt before it.

    Retries are the model's own (`max_retries` with most vendors, `with_retry` for all). LangChain counts tokens but
    knows no prices, so each call counts as unpriced.
    """

    def __init__(self, model: "Runnable[str, BaseMessage | str]") -> None:
        self._model = model
        self._name = _name(model)

    @property
    def name(self) -> str:
        """The model's name at its vendor, else the name of its class."""
        return self._name

    async def complete(self, prompt: str) -> Completion:
        """The text of the model's answer, without its reasoning.

        Raises `ModelRefused` or `ModelUnavailable` by the HTTP status of the vendor's error, `ModelError` for others.
        """
        try:
            answer: object = await self._model.ainvoke(prompt)
        except Exception as error:
            raise _mapped(self.name, error) from error
        completion = _completion(answer)
        if completion is None:
            raise ModelError(
                f"the LangChain model `{self.name}` answered with {type(answer).__name__}; "
                "give a chat model, or a chain that ends in one"
            )
        if not completion.text.strip():
            limit = " (it reached its length limit: allow more tokens)" if completion.truncated else ""
            raise ModelUnavailable(f"the LangChain model `{self.name}` gave an empty answer{limit}")
        return completion


def language_model(value: object) -> ChatModel | None:
    """The factory that the core finds: a `ChatModel` for a LangChain model, None for anything else."""
    if "langchain_core.runnables" not in sys.modules:
        return None  # No such object can exist before; a plain string does not pay for the import.
    from langchain_core.runnables import Runnable

    return ChatModel(value) if isinstance(value, Runnable) else None


def _completion(answer: object) -> Completion | None:
    from langchain_core.messages import AIMessage

    if isinstance(answer, str):
        return Completion(text=answer, usage=Usage(calls=1, unpriced_calls=1))
    if isinstance(answer, AIMessage):
        return Completion(text=str(answer.text), usage=_usage(answer), truncated=_truncated(answer))
    return None


def _usage(answer: "AIMessage") -> Usage:
    counted = answer.usage_metadata
    return Usage(
        calls=1,
        input_tokens=counted["input_tokens"] if counted else 0,
        output_tokens=counted["output_tokens"] if counted else 0,
        unpriced_calls=1,
    )


def _truncated(answer: "AIMessage") -> bool:
    said = answer.response_metadata
    reasons = [said.get(key) for key in ("finish_reason", "stop_reason", "done_reason")]
    details = said.get("incomplete_details")
    if isinstance(details, dict):  # OpenAI's responses API
        reasons.append(details.get("reason"))
    return any(isinstance(reason, str) and reason.lower() in LENGTH for reason in reasons)


def _mapped(name: str, error: Exception) -> ModelError:
    said = f"the LangChain model `{name}` raised {type(error).__name__}: {' '.join(str(error).split())[:400]}"
    status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(status, int):
        if may_pass(status):
            return ModelUnavailable(f"{said}; try again later, or give the model more retries")
        return ModelRefused(f"{said}; check its name, key and settings")
    if isinstance(error, (TimeoutError, OSError)) or _of_transport(error):
        return ModelUnavailable(f"{said}; check its address and the network, or try again later")
    return ModelError(f"{said}; try the model by itself with `invoke`")


def _of_transport(error: Exception) -> bool:
    # httpx and the vendors' SDKs derive these from Exception, and need not be installed here.
    kinds = {base.__name__ for base in type(error).__mro__}
    return bool(kinds & {"TransportError", "APIConnectionError", "ClientConnectionError"})


def _name(model: object) -> str:
    found = model
    while True:
        for attribute in ("model_name", "model", "model_id"):
            if isinstance(name := getattr(found, attribute, None), str) and name:
                return name
        inner = getattr(found, "bound", None) or getattr(found, "last", None)
        if inner is None:
            return type(found).__name__
        found = inner
