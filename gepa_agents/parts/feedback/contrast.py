"""Two runs of one task, one that went well and one that did not, told from the first step where they part.

What a text makes a difference to stands nowhere clearer: same task, other steps, other score.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile, zip_longest

from gepa_agents.parts.feedback import quoting
from gepa_agents.parts.feedback.parting import took_part
from gepa_agents.parts.feedback.provenance import words
from gepa_agents.words.case import Case
from gepa_agents.words.component import Component
from gepa_agents.words.fence import fenced
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import ModelStep, NodeStep, Step, ToolStep, Trajectory

CHARACTERS = 4
"""Characters that count as one token."""
MOST = 6
"""Steps of each run that are shown from the parting on; the others are counted."""
SHORTEST = 80
"""A passage is not cut below so many characters: rather fewer steps are shown."""


@dataclass(frozen=True)
class Move:
    """What a run did in one step, as far as two runs can be compared in it: no times, no ids."""

    node: str
    label: str
    content: str


def contrast(component: Component, good: Case, bad: Case, *, tokens: int) -> str | None:
    """Where the bad run of a task went another way than the good one, in at most so many tokens.

    None when they never part, when the component took part in neither from there on, or when the size is too small.
    """
    ours, theirs = list(_moves(good.rollout.trajectory)), list(_moves(bad.rollout.trajectory))
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(ours, theirs, strict=False)))
    if same == len(ours) == len(theirs) or not _concerned(component, good, bad, [*ours[same:], *theirs[same:]]):
        return None
    for most in range(MOST, 0, -1):
        room = tokens * CHARACTERS // (2 * most + 3)
        if room < SHORTEST:
            continue
        text = _written(good, bad, (ours, theirs), same, most, room)
        if len(text) <= tokens * CHARACTERS:
            return text
    return None


def parting(good: Case, bad: Case) -> str:
    """The node of the bad run's first step that says something else than the good run's; empty when none does.

    A model never words a thing twice alike, so replies that share half of their words say the same.
    """
    ours, theirs = list(_moves(good.rollout.trajectory)), list(_moves(bad.rollout.trajectory))
    for one, other in zip_longest(ours, theirs):
        if one is None or other is None or not _alike(one, other):
            first = other or one
            return "" if first is None else first.node
    return ""


def _alike(one: Move, other: Move) -> bool:
    if one.label != other.label:
        return False
    ours, theirs = words(one.content), words(other.content)
    return one.content == other.content or len(ours & theirs) * 2 > len(ours | theirs)


def _written(
    good: Case, bad: Case, moves: tuple[Sequence[Move], Sequence[Move]], same: int, most: int, room: int
) -> str:
    shared = f"The first {same} steps were the same. " if same > 1 else "The first step was the same. " if same else ""
    parts = [
        "One task, run twice. With other texts it went well, with the present ones it did not."
        if good.rollout.candidate != bad.rollout.candidate
        else "One task, run twice with the same texts: once it went well, once it did not.",
        f"The task:\n{fenced(quoting.short(quoting.text(bad.task.input), room))}",
    ]
    for case, told, how in ((good, moves[0], "went well"), (bad, moves[1], "went badly")):
        score = case.rollout.score
        standing = "no score" if score is None else f"score {score.value:.2f}"
        parts.append(f"### The run that {how}: {standing}\n\n{shared}{'Then:' if shared else 'From the start:'}")
        shown = told[same : same + most]
        parts += [f"{one.label}:\n{fenced(quoting.short(one.content, room))}" for one in shown]
        if not shown:
            parts.append("It ended there.")
        if left := len(told) - same - len(shown):
            parts.append(f"({left} more steps.)")
    return "\n\n".join(parts)


def _concerned(component: Component, good: Case, bad: Case, parted: Sequence[Move]) -> bool:
    """Whether the component had a part in what was done from the parting on."""
    if component.kind != "prompt":
        return any(f" {quoting.name(component.tool or '')}" in move.label for move in parted)
    nodes = {move.node for move in parted}
    return any(step.node in nodes for case in (good, bad) for _, step in took_part(component, case.rollout.trajectory))


def _moves(trajectory: Trajectory) -> Iterator[Move]:
    """What was done, in order; calls that a model asked for at once are put in one order, because tools race."""
    for step in trajectory.steps:
        if not isinstance(step, NodeStep):
            yield from sorted(_of(step), key=lambda move: (move.label, move.content))


def _of(step: Step) -> Iterator[Move]:
    if isinstance(step, ModelStep):
        reply, where = step.reply, quoting.name(step.node) if step.node else "The agent"
        if reply is None:
            yield Move(step.node, f"{where}: the model call failed", step.error or "no reply")
            return
        if reply.text or not reply.tool_calls:
            yield Move(step.node, f"{where} replied", reply.text or "(nothing)")
        for call in reply.tool_calls:
            yield Move(step.node, f"{where} called {quoting.name(call.name)}", _arguments(call.arguments))
    elif isinstance(step, ToolStep):
        result = step.error if step.result is None else step.result
        yield Move(step.node, f"The tool {quoting.name(step.tool)} answered", result or "(nothing)")


def _arguments(value: JsonValue) -> str:
    return "(no arguments)" if value in (None, {}) else quoting.arguments(value, 10_000)
