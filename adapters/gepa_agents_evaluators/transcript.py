"""What a judge is shown of a run: each step in order, every word of others between fences, sized for a prompt."""

import json
from collections.abc import Iterator, Sequence

from gepa_agents import ModelStep, Rollout, ToolStep
from gepa_agents.words.fence import fenced
from gepa_agents.words.frozen import JsonValue

__all__ = ["outcome", "quoted", "steps"]

LADDER = (4000, 1500, 500, 200)
"""Characters that are left of each passage of a run that is too long, one after the other until it fits."""
NAME = 80
"""Longest name of a node or a tool."""


def quoted(value: JsonValue, limit: int) -> str:
    """A value between fences: a text as it is, anything else as JSON; the middle is left out of what is longer."""
    return fenced(_short(_text(value), limit))


def outcome(rollout: Rollout) -> JsonValue:
    """How the agent ended: its final words, or the state that it left."""
    return rollout.text or rollout.output


def steps(rollout: Rollout, limit: int) -> str:
    """Who did what, numbered, in at most about so many characters; empty when the run shows no steps."""
    told: list[str] = []
    for passage in LADDER:
        told = list(_told(rollout, passage))
        if sum(map(len, told)) <= limit:
            return "\n\n".join(told)
    return "\n\n".join(_ends(told, limit))


def _ends(told: Sequence[str], limit: int) -> Iterator[str]:
    """As many steps from the beginning and, first of all, from the end as fit; how many are missing stands between."""
    head, tail, room = 0, 0, limit
    while head + tail < len(told):
        late = tail <= 2 * head
        size = len(told[-1 - tail] if late else told[head])
        if size > room:
            break
        room -= size
        head, tail = (head, tail + 1) if late else (head + 1, tail)
    yield from told[:head]
    yield f"({len(told) - head - tail} steps are left out here.)"
    yield from told[len(told) - tail :]


def _told(rollout: Rollout, limit: int) -> Iterator[str]:
    for number, (deed, content) in enumerate(_deeds(rollout), 1):
        yield f"{number}. {deed}:\n\n{quoted(content, limit)}"


def _deeds(rollout: Rollout) -> Iterator[tuple[str, JsonValue]]:
    for step in rollout.trajectory.steps:
        match step:
            case ModelStep():
                yield from _said(step)
            case ToolStep(error=None):
                yield f"The tool {_name(step.tool)} answered", step.result
            case ToolStep():
                yield f"The tool {_name(step.tool)} failed", step.error
            case _ if step.error is not None:
                yield f"The node {_name(step.node)} failed", step.error
            case _:
                pass


def _said(step: ModelStep) -> Iterator[tuple[str, JsonValue]]:
    who = _name(step.node) if step.node else "The agent"
    if step.reply is None:
        yield f"A model call of {who} failed", step.error
        return
    if step.reply.text:
        yield f"{who} wrote", step.reply.text
    for call in step.reply.tool_calls:
        yield f"{who} called the tool {_name(call.name)} with", call.arguments


def _name(value: str) -> str:
    """A name in backticks; a model may have invented it, so it can't bring line ends or backticks of its own."""
    return f"`{_short(' '.join(_text(value).split()), NAME).replace('`', chr(39))}`"


def _text(value: JsonValue) -> str:
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
    # A lone surrogate, as models and tools produce it from cut-off text, can't be sent.
    return written.encode("utf-8", "replace").decode("utf-8")


def _short(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    gap = f" [… {len(text) - limit} more characters …] "
    head = max(0, limit - len(gap)) * 2 // 3
    tail = max(0, limit - len(gap) - head)
    return text[:head] + gap + text[len(text) - tail :]
