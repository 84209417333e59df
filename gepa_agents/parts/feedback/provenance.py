"""Which node a wrong answer comes from: follows words through a trajectory. Knows texts, not what they mean.

A value that the answer should not hold was brought in by the first step that wrote it without having read it. A value
that it lacks was lost by the last step that had read it and did not pass it on; or never fetched.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gepa_agents.parts.feedback import quoting
from gepa_agents.words.case import Case
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import ModelStep, ToolStep, Trajectory

_WORD = re.compile(r"[A-Za-z]{3,}|\d+(?:[.,]\d+)*")


@dataclass(frozen=True)
class Source:
    """Where a value went wrong."""

    node: str
    reason: str


@dataclass(frozen=True)
class _Saying:
    """What a step read and wrote."""

    node: str
    read: frozenset[str]
    wrote: frozenset[str]


def brought_in(case: Case) -> Source | None:
    """The node that first wrote a value of the answer which is not expected there; None when nothing tells.

    Only values are followed, not turns of phrase: numbers, and words that some tool or other node has written.
    """
    wrong = words(_answer(case)) - _right(case)
    sayings = list(_sayings(case.rollout.trajectory))
    values = {word for word in wrong if word[0].isdigit() or _passed_on(word, sayings)}
    for saying in sayings:
        new = sorted((saying.wrote - saying.read) & values)
        if new and saying.node:
            return Source(saying.node, f"`{new[0]}` in the answer comes from {quoting.name(saying.node)}")
    return None


def lost(case: Case) -> Source | None:
    """The node that had read an expected value and was the first not to pass it on; None when nothing tells."""
    missing = words(quoting.text(case.task.expected)) - words(_answer(case))
    sayings = list(_sayings(case.rollout.trajectory))
    for word in sorted(missing):
        holders = [place for place, saying in enumerate(sayings) if word in saying.wrote]
        if not holders:
            continue
        for saying in sayings[holders[-1] + 1 :]:
            if word in saying.read and saying.node:
                return Source(saying.node, f"{quoting.name(saying.node)} had read `{word}` and left it out")
    return None


def words(text: str) -> frozenset[str]:
    """Words and numbers of a text, in lower case."""
    return frozenset(word.casefold() for word in _WORD.findall(text))


def _passed_on(word: str, sayings: Sequence[_Saying]) -> bool:
    """Whether one step wrote it and another one read it."""
    return any(word in saying.wrote for saying in sayings) and any(word in saying.read for saying in sayings)


def _right(case: Case) -> frozenset[str]:
    """What may stand in the answer: what is expected, what the task says, and what the metric says in words."""
    said = case.rollout.score.feedback if case.rollout.score is not None else ""
    return words(quoting.text(case.task.expected)) | words(quoting.text(case.task.input)) | words(said)


def _answer(case: Case) -> str:
    output: JsonValue = case.rollout.output
    return case.rollout.text or (quoting.text(output) if output is not None else "")


def _sayings(trajectory: Trajectory) -> Iterator[_Saying]:
    """What model steps read and wrote, and what tools answered; a tool's answer is its own reading."""
    for step in trajectory.steps:
        if isinstance(step, ModelStep) and step.reply is not None:
            read = words(" ".join(message.text for message in step.messages))
            calls = " ".join(quoting.text(call.arguments) for call in step.reply.tool_calls)
            yield _Saying(step.node, read, words(f"{step.reply.text} {calls}"))
        elif isinstance(step, ToolStep):
            result = words(step.result or "")
            yield _Saying("", words(quoting.text(step.arguments)) | result, result)
