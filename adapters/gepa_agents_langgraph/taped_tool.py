"""One call of a tool through a session: answered where the tool would begin its work, below LangChain's callbacks.

Arguments are checked as ever, errors are handled as the tool says, and a model reads the answer under the id that it
asked with. The tool itself is not touched.
"""

import copy
import functools
import inspect
import json
import logging
from collections.abc import Callable
from typing import Any

from langchain_core.tools import BaseTool
from langgraph.errors import GraphBubbleUp

from gepa_agents.ports.calls import Session, Ticket
from gepa_agents.ports.raising import described, rebuilt
from gepa_agents.words.call import Call, Outcome
from gepa_agents.words.errors import RecordingError
from gepa_agents.words.frozen import JsonValue
from gepa_agents_langgraph import held
from gepa_agents_langgraph.asked import of_tool

LOG = logging.getLogger("gepa_agents")
MARK = "_gepa_taped"


def taped(tool: BaseTool, session: Session, given: str | dict[str, Any], call_id: str | None) -> BaseTool:
    """The tool for one call with these arguments; one that is taped already stays as it is."""
    if MARK in vars(tool):
        return tool
    shadow = copy.copy(tool)
    call = _TapedCall(tool, session, of_tool(tool, given), held.Around.of(given, call_id))
    vars(shadow).update({MARK: True, "_run": call.sync(tool._run), "_arun": call.asynchronous(tool._arun)})
    return shadow


class _TapedCall:
    """Stands in for a tool's own work."""

    def __init__(self, tool: BaseTool, session: Session, call: Call, around: held.Around) -> None:
        self._tool, self._session, self._call, self._around = tool, session, call, around

    def sync(self, work: Callable[..., Any]) -> Callable[..., Any]:
        # `wraps` keeps the signature, by which LangChain decides what else to hand over.
        @functools.wraps(work)
        def run(*args: Any, **kwargs: Any) -> Any:
            ticket = self._session.ask(self._call)
            if ticket.outcome is not None:
                return self._recorded(ticket.outcome)
            try:
                answer = work(*args, **kwargs) if ticket.simulator is None else ticket.simulator(self._call)
            except GraphBubbleUp:
                raise
            except Exception as error:
                ticket.keep(Outcome(error=described(error)))
                raise
            if ticket.simulator is not None and inspect.isawaitable(answer):
                raise RecordingError(f"the tool `{self._tool.name}` is called in sync code; give a sync simulator")
            return self._made(answer, ticket)

        return run

    def asynchronous(self, work: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(work)
        async def run(*args: Any, **kwargs: Any) -> Any:
            ticket = self._session.ask(self._call)
            if ticket.outcome is not None:
                return self._recorded(ticket.outcome)
            try:
                answer = work(*args, **kwargs) if ticket.simulator is None else ticket.simulator(self._call)
                answer = await answer if inspect.isawaitable(answer) else answer
            except GraphBubbleUp:
                raise
            except Exception as error:
                ticket.keep(Outcome(error=described(error)))
                raise
            return self._made(answer, ticket)

        return run

    def _made(self, answer: Any, ticket: Ticket) -> Any:
        """Keep what the tool or the simulator answered, and pass it on."""
        if ticket.simulator is not None and self._tool.response_format == "content_and_artifact":
            answer = (answer, None)
        ticket.keep(Outcome(value=self._kept(answer)))
        return answer

    def _kept(self, answer: Any) -> JsonValue:
        try:
            return {"returned": held.held(answer, self._around)}
        except held.Unheld as error:
            LOG.warning(
                "the tool `%s` returned something of type %s, which a recording can't hold: a model reads the same "
                "text when it is replayed, code that calls the tool gets an error",
                self._tool.name,
                error,
            )
            content = answer[0] if self._pairs(answer) else answer
            return {"text": _text(content), "type": str(error)}

    def _recorded(self, outcome: Outcome) -> Any:
        if outcome.error is not None:
            raise rebuilt(outcome.error)
        value = outcome.value
        if not isinstance(value, dict) or not {"returned", "text"} & set(value):
            raise RecordingError(f"the recorded answer of the tool `{self._tool.name}` can't be read; record it again")
        if outcome.inside:
            self._warn_of_agent(outcome.inside)
        if "returned" in value:
            return held.given(value["returned"], self._around)
        if self._around.call_id is None:
            raise RecordingError(
                f"the tool `{self._tool.name}` returned something of type {value.get('type')} to the code that called "
                "it, which a recording can't hold; name the tool under `live`, or let it return plain data"
            )
        return (value["text"], None) if self._tool.response_format == "content_and_artifact" else value["text"]

    def _warn_of_agent(self, inside: int) -> None:
        LOG.info(
            "the tool `%s` is answered as a whole; the %d calls that were recorded inside it are not made. Name it "
            "under `live` to have it run, and those answered",
            self._tool.name,
            inside,
        )

    def _pairs(self, answer: Any) -> bool:
        pair = isinstance(answer, tuple) and len(answer) == 2
        return pair and self._tool.response_format == "content_and_artifact"


def _text(content: Any) -> str:
    """What a model reads of a value, as LangChain writes it."""
    if isinstance(content, str):
        return content
    try:
        return json.dumps(content, ensure_ascii=False)
    except (TypeError, ValueError):
        return str(content)
