"""Puts back together what instrumentations tear apart: which call of a model a tool's run answers, and with what."""

from collections.abc import Iterable, Iterator

from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import ModelStep, Step, ToolCall, ToolStep
from gepa_agents_traces.plain import said


def mended(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps, with ids and arguments of tool runs as the model wrote them, where the span lost them.

    A run with an id takes what it lacks from the call of that id. One without takes the oldest call of its tool before
    it that is still open and does not contradict it.
    """
    waiting: list[ToolCall] = []
    for step in steps:
        if isinstance(step, ModelStep) and step.reply is not None:
            waiting += step.reply.tool_calls
        if isinstance(step, ToolStep):
            call = next((call for call in waiting if _answers(step, call)), None)
            if call is not None:
                waiting.remove(call)
                step = _like(step, call)
        yield step


def _answers(step: ToolStep, call: ToolCall) -> bool:
    if step.tool != call.name:
        return False
    if step.call_id:
        return step.call_id == call.id
    return step.arguments is None or step.arguments == call.arguments or _lone(call) == said(step.arguments)


def _like(step: ToolStep, call: ToolCall) -> ToolStep:
    lost = not isinstance(step.arguments, dict) and isinstance(call.arguments, dict)
    arguments: JsonValue = call.arguments if lost else step.arguments
    return step.model_copy(update={"call_id": step.call_id or call.id, "arguments": arguments})


def _lone(call: ToolCall) -> str | None:
    """The value of a call's only argument, as a text."""
    if isinstance(call.arguments, dict) and len(call.arguments) == 1:
        return said(next(iter(call.arguments.values())))
    return None
