"""Checks by figures: numbers, dates and ids that came from nowhere, or that came back and were never used."""

import re
from collections.abc import Iterator

from gepa_agents.parts.feedback import quoting
from gepa_agents.parts.feedback.calls import Call, calls
from gepa_agents.words.finding import Finding
from gepa_agents.words.trajectory import Message, ModelStep, Trajectory

FIGURE = re.compile(r"\w*\d[\w.,:/-]*")
"""A number, date, price or id: anything with a digit in it."""
NEW_FIGURES = 2
"""An answer that ignores so many new figures of a tool's result, and uses none of them, did not read it."""
IGNORANT = re.compile(
    r"\b(?:don't|do not|didn't|did not) (?:know|find|have (?:any |the |this )?(?:information|data|details|record))|"
    r"\b(?:couldn't|could not|can't|cannot|unable to) (?:find|locate|determine|retrieve|tell)|"
    r"\bno (?:information|data|details|record|results?)\b|\bnothing (?:is )?(?:known|found)\b",
    re.IGNORECASE,
)
"""What an answer says that knows nothing."""


def no_tool(trajectory: Trajectory) -> Iterator[Finding]:
    """Tools were offered, none was ever called, and the last reply gives figures that stand in nothing it was given."""
    last = next(((position, step) for position, step in reversed(list(_models(trajectory))) if step.tools), None)
    if last is None or calls(trajectory):
        return
    position, step = last
    if step.reply is None:
        return
    given = [_words(message) for _, other in _models(trajectory) for message in other.messages]
    offered = [f"{tool.description} {quoting.text(tool.parameters)}" for tool in step.tools]
    invented = _digits(step.reply.text) - _digits("\n".join([*given, *offered]))
    if invented:
        names = ", ".join(quoting.name(tool.name) for tool in step.tools)
        listed = ", ".join(quoting.line(figure, 40) for figure in sorted(invented)[:5])
        sentence = (
            f"the model called none of its tools ({names}), yet it gave figures that it was never told: {listed}."
        )
        yield _finding("no_tool", step.node, position, sentence)


def ignored_output(trajectory: Trajectory) -> Iterator[Finding]:
    """The last reply says that nothing is known or found, though a tool had answered with figures for the model to use.

    Only answers with several new figures count, and only if no later words hold a new figure at all: one that is not in
    the answer may have been worked out from it.
    """
    for call in calls(trajectory):
        if call.asked is None or call.run is None or call.run_step is None or call.failed or not call.run.result:
            continue
        later = [step for _, step in _models(trajectory, call.run_step)]
        if not _ignorant(later) or not any(call.run.result in one.text for step in later for one in step.messages):
            continue
        before = [_words(message) for message in call.asked.messages] + [quoting.text(call.arguments)]
        known = _figures(*before)
        written = _figures(*(_words(step.reply) for step in later if step.reply is not None))
        if len(_figures(call.run.result) - known) >= NEW_FIGURES and not written - known:
            yield _ignored(call)


def _ignored(call: Call) -> Finding:
    result = quoting.line(call.run.result if call.run else "", 300)
    sentence = f"the reply says that nothing is known, though the tool {quoting.name(call.tool)} had answered: {result}"
    return _finding("ignored_output", call.node, call.step, sentence, tool=call.tool)


def _ignorant(later: list[ModelStep]) -> bool:
    """Whether the last of these replies owns that nothing is known or found."""
    return bool(later) and later[-1].reply is not None and IGNORANT.search(later[-1].reply.text) is not None


def _finding(check: str, node: str, step: int, happened: str, tool: str = "") -> Finding:
    where = f"In {quoting.name(node)}, " if node else "In the agent, "
    return Finding(check=check, node=node, step=step, tool=tool, sentence=where + happened)


def _models(trajectory: Trajectory, after: int = -1) -> Iterator[tuple[int, ModelStep]]:
    for position, step in enumerate(trajectory.steps):
        if position > after and isinstance(step, ModelStep):
            yield position, step


def _words(message: Message) -> str:
    """Everything that a message says, in one text."""
    asked = (f"{call.name} {quoting.text(call.arguments)}" for call in message.tool_calls)
    return "\n".join([message.text, message.reasoning, *asked])


def _digits(text: str) -> set[str]:
    """Runs of three and more digits: they stay the same when a date or a phone number is written another way."""
    return set(re.findall(r"\d{3,}", re.sub(r"(?<=\d)[,.](?=\d{3}\b)", "", text)))


def _figures(*texts: str) -> set[str]:
    """The figures of some texts, each written one way: without thousands separators, trailing zeros or case."""
    return {_normal(figure) for text in texts for figure in FIGURE.findall(text)}


def _normal(figure: str) -> str:
    plain = figure.rstrip(".,:/-").replace(",", "").casefold()
    return plain.rstrip("0").rstrip(".") if re.fullmatch(r"\d+\.\d+", plain) else plain
