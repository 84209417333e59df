"""Checks of what models made of what they had: their replies, and the tools' answers that they were given."""

import re
from collections.abc import Iterator

from gepa_agents.parts.feedback import quoting
from gepa_agents.parts.feedback.calls import Call, calls
from gepa_agents.words.finding import Finding
from gepa_agents.words.trajectory import Message, ModelStep, NodeStep, ToolStep, Trajectory

CUT_OFF = frozenset({"length", "max_tokens", "MAX_TOKENS"})
"""Finish reasons of a reply that met its length limit: OpenAI's, Anthropic's and Google's word for it."""
FIGURE = re.compile(r"\w*\d[\w.,:/-]*")
"""A number, date, price or id: anything with a digit in it."""
NEW_FIGURES = 2
"""An answer that ignores so many new figures of a tool's result, and uses none of them, did not read it."""


def empty_reply(trajectory: Trajectory) -> Iterator[Finding]:
    """A model answered nothing: no words, no tool call."""
    for position, step in _models(trajectory):
        reply = step.reply
        if reply is not None and step.error is None and not reply.text.strip() and not reply.tool_calls:
            yield _finding("empty_reply", step.node, position, "the model's reply was empty.")


def truncated_reply(trajectory: Trajectory) -> Iterator[Finding]:
    """A model's reply was cut off at its length limit."""
    for position, step in _models(trajectory):
        if step.finish_reason in CUT_OFF:
            yield _finding("truncated_reply", step.node, position, "the model's reply was cut off at its length limit.")


def failed_step(trajectory: Trajectory) -> Iterator[Finding]:
    """A model's call failed, or the code of a node raised something that none of its own steps had raised."""
    steps = trajectory.steps
    for position, step in enumerate(steps):
        if step.error is None or isinstance(step, ToolStep) or step.error.startswith("GraphRecursionError"):
            continue
        what = "the model call failed" if isinstance(step, ModelStep) else "the node failed"
        inner = (other for other in steps[position + 1 :] if other.error == step.error)
        if not isinstance(step, NodeStep) or next(inner, None) is None:
            yield _finding("failed_step", step.node, position, f"{what}: {quoting.line(step.error, 400)}")


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
    """A model was given a tool's answer, and nothing that any model wrote afterwards shows that it was read.

    Only answers with several new figures count, and only if later words hold no new figure at all: one that is not
    in the answer may have been worked out from it.
    """
    for call in calls(trajectory):
        if call.asked is None or call.run is None or call.run_step is None or call.failed or not call.run.result:
            continue
        later = [step for _, step in _models(trajectory, call.run_step)]
        if not any(call.run.result in message.text for step in later for message in step.messages):
            continue
        before = [_words(message) for message in call.asked.messages] + [quoting.text(call.arguments)]
        known = _figures(*before)
        written = _figures(*(_words(step.reply) for step in later if step.reply is not None))
        if len(_figures(call.run.result) - known) >= NEW_FIGURES and not written - known and _finished(later):
            yield _ignored(call)


def _ignored(call: Call) -> Finding:
    result = quoting.line(call.run.result if call.run else "", 300)
    sentence = f"nothing that was written later uses the answer of the tool {quoting.name(call.tool)}: {result}"
    return _finding("ignored_output", call.node, call.step, sentence, tool=call.tool)


def _finished(later: list[ModelStep]) -> bool:
    """Whether the last model call gave words: a run that broke off had no chance to use anything."""
    return bool(later) and later[-1].reply is not None and bool(later[-1].reply.text.strip())


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
