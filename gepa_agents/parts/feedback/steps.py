"""A trajectory as lines for a person: who did what with what, a line a deed. Knows nothing of scores."""

from collections.abc import Iterator
from dataclasses import dataclass

from gepa_agents.parts.feedback import quoting
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import ModelStep, Step, ToolStep, Trajectory

WIDTH = 160
"""Longest line, in characters."""
HEAD, TAIL = 30, 20
"""Lines that are shown of a long run's beginning and end."""
NODE = 24
"""Widest column for names of nodes."""


@dataclass(frozen=True)
class Line:
    """One thing that was done."""

    step: int
    """Index in the trajectory's steps."""
    node: str
    deed: str


def lines(trajectory: Trajectory) -> tuple[str, ...]:
    """The run as numbered lines: model calls and tool runs, and nodes only where one failed or paused.

    In a long run the middle is left out, and counted.
    """
    told = _told(trajectory)
    places = numbers(trajectory)
    wide = min(NODE, max((len(line.node) for line in told), default=0))
    written = [quoting.short(f"{places[line.step]:>3}  {line.node:<{wide}}  {line.deed}", WIDTH) for line in told]
    left = len(written) - HEAD - TAIL
    if left <= 1:
        return tuple(written)
    return (*written[:HEAD], f"      … {left} more …", *written[-TAIL:])


def numbers(trajectory: Trajectory) -> dict[int, int]:
    """By index in the trajectory's steps: the number that the step has in `lines`; what has no line has none."""
    return {step: number for number, step in enumerate(dict.fromkeys(line.step for line in _told(trajectory)), 1)}


def _told(trajectory: Trajectory) -> list[Line]:
    return [line for index, step in enumerate(trajectory.steps) for line in _of(index, step)]


def _of(index: int, step: Step) -> Iterator[Line]:
    for deed in _deeds(step):
        yield Line(index, quoting.line(step.node, NODE), " ".join(deed.split()))


def _deeds(step: Step) -> Iterator[str]:
    if isinstance(step, ModelStep):
        reply = step.reply
        if reply is None:
            yield f"the model call failed: {step.error or 'no reply'}"
            return
        if reply.text or not reply.tool_calls:
            yield f"replied: {reply.text or '(nothing)'}"
        for call in reply.tool_calls:
            yield f"called {called(call.name, call.arguments)}"
    elif isinstance(step, ToolStep):
        if step.error is not None:
            yield f"{step.tool} failed: {step.error}"
        else:
            yield f"{step.tool} answered: {step.result or '(nothing)'}"
    elif step.error is not None:
        yield f"the node failed: {step.error}"
    elif step.interrupted:
        yield "paused to ask a person"


def called(tool: str, arguments: JsonValue) -> str:
    """A call as in code: `refund(order="SO-1", amount=12)`."""
    written = "" if arguments in (None, {}) else quoting.arguments(arguments, WIDTH)
    return f"{quoting.line(tool, quoting.NAME)}({written})"
