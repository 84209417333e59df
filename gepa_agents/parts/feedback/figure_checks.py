"""A check of figures that came from nowhere: an answer before any evidence."""

import re
from collections.abc import Iterator

from gepa_agents.parts.feedback import acting, quoting
from gepa_agents.parts.feedback.calls import calls
from gepa_agents.words.finding import Finding
from gepa_agents.words.trajectory import Message, ModelStep, Trajectory

_NUMBER = re.compile(r"\d(?:[\d ,.'’:/()+-]*\d)?")
_RUN = re.compile(r"\d{3,}")
_GROUPED = re.compile(r"(?<=\d)[,.](?=\d{3}\b)")
_SET_OFF = re.compile(r"(?<=\d)[\s,.'’:/()+-]+(?=\d)")


def no_tool(trajectory: Trajectory) -> Iterator[Finding]:
    """Tools were offered, none was ever called, and the last reply gives figures that stand in nothing it was given."""
    steps = [(position, step) for position, step in enumerate(trajectory.steps) if isinstance(step, ModelStep)]
    position, step = next((pair for pair in reversed(steps) if pair[1].tools), (0, None))
    if step is None or step.reply is None or calls(trajectory) or acting.plans(step.reply.text):
        return
    given = [_words(message) for _, other in steps for message in other.messages]
    offered = [f"{tool.description} {quoting.text(tool.parameters)}" for tool in step.tools]
    invented = _new(step.reply.text, "\n".join([*given, *offered]))
    if invented:
        names = ", ".join(quoting.name(tool.name) for tool in step.tools[:6])
        listed = ", ".join(quoting.line(figure, 40) for figure in sorted(invented)[:5])
        sentence = (
            f"{quoting.where(step.node)}the model called none of its tools ({names}), "
            f"yet it gave figures that it was never told: {listed}."
        )
        yield Finding(check="no_tool", node=step.node, step=position, sentence=sentence)


def _words(message: Message) -> str:
    """Everything that a message says, in one text."""
    asked = (f"{call.name} {quoting.text(call.arguments)}" for call in message.tool_calls)
    return "\n".join([message.text, message.reasoning, *asked])


def _new(text: str, given: str) -> set[str]:
    """Runs of three and more digits that were not given, however they were set off: a date or a phone number may be
    written another way."""
    known = _joined(given)
    numbers = (number for number in _NUMBER.findall(text) if _joined(number) not in known)
    runs = {run for number in numbers for run in _RUN.findall(_GROUPED.sub("", number))}
    return {run for run in runs if run not in known}


def _joined(text: str) -> str:
    return _SET_OFF.sub("", text)
