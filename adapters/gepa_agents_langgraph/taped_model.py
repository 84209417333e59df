"""One call of a chat model through a session: answered below LangChain's callbacks, so that traces show it as ever.

The model itself is not touched. A copy of it, good for one call, has those four methods replaced that vendors
implement; recorded calls are made by the model as it is.
"""

import copy
import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from gepa_agents.ports.calls import Session, Ticket
from gepa_agents.ports.raising import described, rebuilt
from gepa_agents.words.call import Outcome
from gepa_agents.words.errors import RecordingError
from gepa_agents.words.frozen import JsonValue
from gepa_agents_langgraph import held
from gepa_agents_langgraph.asked import of_model

MARK = "_gepa_taped"
NATIVE = ("_stream_chat_model_events", "_astream_chat_model_events")
"""Where a vendor makes stream events by itself; without them LangChain makes them from `_stream`, which we answer."""


def taped(model: BaseChatModel, session: Session) -> BaseChatModel:
    """The model for one call; one that is taped already stays as it is."""
    if MARK in vars(model):
        return model
    shadow = copy.copy(model)
    call = _TapedCall(model, session)
    methods = {name: getattr(call, name.lstrip("_")) for name in ("_generate", "_agenerate", "_stream", "_astream")}
    if type(model)._stream is not BaseChatModel._stream:
        methods |= {name: None for name in NATIVE if hasattr(model, name)}
    # LangChain's own cache would answer before us, and what it holds may be gone at the replay.
    vars(shadow).update({MARK: True, "cache": False, **methods})
    return shadow


class _TapedCall:
    """Stands in for a model's own methods."""

    def __init__(self, model: BaseChatModel, session: Session) -> None:
        self._model = model
        self._session = session

    def generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **options: Any
    ) -> ChatResult:
        ticket = self._ticket(messages, stop, options)
        if ticket.outcome is not None:
            return _result(ticket.outcome)
        try:
            result = self._model._generate(
                messages, stop=stop, **_managed(self._model._generate, run_manager), **options
            )
        except RecordingError:
            raise
        except Exception as error:
            ticket.keep(Outcome(error=described(error)))
            raise
        if ticket.keeps:
            ticket.keep(Outcome(value=held.result(result)))
        return result

    async def agenerate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **options: Any
    ) -> ChatResult:
        ticket = self._ticket(messages, stop, options)
        if ticket.outcome is not None:
            return _result(ticket.outcome)
        try:
            result = await self._model._agenerate(
                messages, stop=stop, **_managed(self._model._agenerate, run_manager), **options
            )
        except RecordingError:
            raise
        except Exception as error:
            ticket.keep(Outcome(error=described(error)))
            raise
        if ticket.keeps:
            ticket.keep(Outcome(value=held.result(result)))
        return result

    def stream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **options: Any
    ) -> Iterator[ChatGenerationChunk]:
        ticket = self._ticket(messages, stop, options)
        if ticket.outcome is not None:
            yield from held.from_chunks(ticket.outcome.value) if ticket.outcome.value else ()
            _raise(ticket.outcome)
            return
        seen = _Seen(ticket, self._session)
        with seen:
            for chunk in self._model._stream(
                messages, stop=stop, **_managed(self._model._stream, run_manager), **options
            ):
                seen.add(chunk)
                yield chunk

    async def astream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **options: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        ticket = self._ticket(messages, stop, options)
        if ticket.outcome is not None:
            for chunk in held.from_chunks(ticket.outcome.value) if ticket.outcome.value else ():
                yield chunk
            _raise(ticket.outcome)
            return
        seen = _Seen(ticket, self._session)
        with seen:
            async for chunk in self._model._astream(
                messages, stop=stop, **_managed(self._model._astream, run_manager), **options
            ):
                seen.add(chunk)
                yield chunk

    def _ticket(self, messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]) -> Ticket:
        return self._session.ask(of_model(self._model, messages, stop, options))


class _Seen:
    """The chunks of a stream, kept at its end: also when it breaks off, or whoever reads it has had enough."""

    def __init__(self, ticket: Ticket, session: Session) -> None:
        self._ticket, self._session = ticket, session
        self._chunks: list[JsonValue] = []

    def add(self, chunk: ChatGenerationChunk) -> None:
        """Note a chunk before anybody changes it."""
        if self._ticket.keeps:
            self._chunks.append(held.generation(chunk))

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if not self._ticket.keeps or isinstance(error, RecordingError):
            return
        if isinstance(error, Exception):
            self._ticket.keep(Outcome(value=self._value(), error=described(error)))
        elif error is None or isinstance(error, GeneratorExit):
            self._ticket.keep(Outcome(value=self._value()))

    def _value(self) -> JsonValue:
        """The chunks; as one, when something that must not be kept would be hidden by lying across several."""
        if len(self._chunks) > 1:
            chunks = held.from_chunks({"chunks": self._chunks})
            whole = sum(chunks[1:], chunks[0])
            if self._session.hides(f"{whole.message.text} {getattr(whole.message, 'tool_calls', '')}"):
                return {"chunks": [held.generation(whole)]}
        return {"chunks": self._chunks}


def _managed(method: Any, run_manager: Any) -> dict[str, Any]:
    """The run manager, for a method that takes it."""
    takes = run_manager is not None and "run_manager" in inspect.signature(method).parameters
    return {"run_manager": run_manager} if takes else {}


def _result(outcome: Outcome) -> ChatResult:
    _raise(outcome)
    try:
        return held.from_result(outcome.value)
    except (KeyError, TypeError, ValueError) as error:
        raise RecordingError(f"a recorded answer of a model can't be read ({error}); record it again") from error


def _raise(outcome: Outcome) -> None:
    if outcome.error is not None:
        raise rebuilt(outcome.error)
