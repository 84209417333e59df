"""One call of a tool through a session: answered where the tool would begin its work, below LangChain's callbacks.

Arguments are checked as ever, errors are handled as the tool says, and a model reads the answer under the id that it
asked with. The tool itself is not touched.
"""

import copy
import dataclasses
import functools
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any

from langchain_core.tools import BaseTool
from langgraph.errors import GraphBubbleUp
from pydantic import BaseModel

from gepa_agents.ports.calls import Inside, Session, Simulator, Ticket, enclosing, simulated
from gepa_agents.ports.raising import described, rebuilt
from gepa_agents.words.call import Call, Outcome
from gepa_agents.words.errors import RecordingError
from gepa_agents.words.frozen import JsonValue
from gepa_agents_langgraph import held
from gepa_agents_langgraph.asked import injected, of_tool

MARK = "_gepa_taped"
KNOWN = frozenset({"builtins", "collections", "datetime", "decimal", "uuid", "langchain_core", "langgraph"})
"""Packages whose objects are data, or the graph's own."""


def taped(tool: BaseTool, session: Session, given: str | dict[str, Any], call_id: str | None) -> BaseTool:
    """The tool for one call with these arguments; one that is taped already stays as it is."""
    if MARK in vars(tool):
        return tool
    shadow = copy.copy(tool)
    around = held.Around.of(given, call_id)
    call = _TapedCall(tool, session, of_tool(tool, given), around, tuple(_handles(injected(tool, given))))
    vars(shadow).update({MARK: True, "_run": call.sync(tool._run), "_arun": call.asynchronous(tool._arun)})
    return shadow


@dataclasses.dataclass(frozen=True)
class _TapedCall:
    """Stands in for a tool's own work."""

    tool: BaseTool
    session: Session
    call: Call
    around: held.Around
    handles: tuple[tuple[str, str], ...]
    """Objects that the graph hands in and that do something: name and type."""

    def sync(self, work: Callable[..., Any]) -> Callable[..., Any]:
        # `wraps` keeps the signature, by which LangChain decides what else to hand over.
        @functools.wraps(work)
        def run(*args: Any, **kwargs: Any) -> Any:
            ticket = self.session.ask(self.call)
            if ticket.outcome is not None:
                return self._recorded(ticket.outcome)
            with enclosing() as within:
                try:
                    answer = work(*args, **kwargs) if ticket.simulator is None else self._simulated(ticket.simulator)
                except (GraphBubbleUp, RecordingError):
                    raise
                except Exception as error:
                    ticket.keep(Outcome(error=described(error), inside=within.any))
                    raise
            return self._made(answer, ticket, within)

        return run

    def asynchronous(self, work: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(work)
        async def run(*args: Any, **kwargs: Any) -> Any:
            ticket = self.session.ask(self.call)
            if ticket.outcome is not None:
                return self._recorded(ticket.outcome)
            with enclosing() as within:
                try:
                    answer = work(*args, **kwargs) if ticket.simulator is None else ticket.simulator(self.call)
                    answer = await answer if inspect.isawaitable(answer) else answer
                except (GraphBubbleUp, RecordingError):
                    raise
                except Exception as error:
                    ticket.keep(Outcome(error=described(error), inside=within.any))
                    raise
            return self._made(answer, ticket, within)

        return run

    def _simulated(self, simulator: Simulator) -> Any:
        return simulated(simulator, self.call, self.session)

    def _made(self, answer: Any, ticket: Ticket, within: Inside) -> Any:
        """Keep what the tool or the simulator answered, and pass it on."""
        if ticket.simulator is not None and self.tool.response_format == "content_and_artifact":
            answer = (answer, None)
        if ticket.keeps:
            self._warn()
            ticket.keep(Outcome(value=self._kept(answer), inside=within.any))
        return answer

    def _warn(self) -> None:
        for name, kind in self.handles:
            self.session.remark(
                f"the tool `{self.tool.name}` is handed `{name}`, a {kind}; what it does to that is in no recording, "
                "so name the tool under `live` if the graph looks at it afterwards"
            )

    def _kept(self, answer: Any) -> JsonValue:
        try:
            return {"returned": held.held(answer, self.around)}
        except held.Unheld as error:
            self.session.remark(
                f"the tool `{self.tool.name}` returned something of type {error}, which a recording can't hold; "
                "replayed, a model reads the same text, and code that calls the tool itself gets an error"
            )
            content = answer[0] if self._pairs(answer) else answer
            return {"text": _text(content), "type": str(error)}

    def _recorded(self, outcome: Outcome) -> Any:
        if outcome.error is not None:
            raise rebuilt(outcome.error)
        value = outcome.value
        if not isinstance(value, dict) or not {"returned", "text"} & set(value):
            raise self.session.refuse(f"a recorded answer of the tool `{self.tool.name}` can't be read; record anew")
        if outcome.inside:
            self.session.remark(
                f"the tool `{self.tool.name}` is answered as a whole, and the models that it called are not asked; to "
                "see them, name the tool under `live`: then it runs, and they are answered"
            )
        if "returned" in value:
            return held.given(value["returned"], self.around)
        if self.around.call_id is None:
            raise self.session.refuse(
                f"the tool `{self.tool.name}` returned something of type {value.get('type')} to the code that called "
                "it, which a recording can't hold; name the tool under `live`, or let it return plain data"
            )
        return (value["text"], None) if self.tool.response_format == "content_and_artifact" else value["text"]

    def _pairs(self, answer: Any) -> bool:
        pair = isinstance(answer, tuple) and len(answer) == 2
        return pair and self.tool.response_format == "content_and_artifact"


def _handles(handed: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Objects that do something, among what a graph hands in: name and type."""
    for name, value in handed.items():
        inside = value.items() if isinstance(value, Mapping) else ((name, value),)
        for held_as, one in inside:
            kind = type(one)
            plain = isinstance(one, BaseModel) or dataclasses.is_dataclass(one) or isinstance(one, Enum)
            if not plain and kind.__module__.partition(".")[0] not in KNOWN:
                yield str(held_as), kind.__name__


def _text(content: Any) -> str:
    """What a model reads of a value, as LangChain writes it."""
    if isinstance(content, str):
        return content
    try:
        return json.dumps(content, ensure_ascii=False)
    except (TypeError, ValueError):
        return str(content)
