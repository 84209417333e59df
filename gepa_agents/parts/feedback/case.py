"""One rollout told as a story about one component, in parts that can be shortened or left out."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gepa_agents.parts.feedback.findings import findings, shown
from gepa_agents.words.component import Component
from gepa_agents.words.frozen import Frozen, JsonValue
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import Message, ToolStep, Trajectory


class Case(Frozen):
    """A task and what became of it."""

    task: Task
    rollout: Rollout


@dataclass(frozen=True)
class Passage:
    """A piece of a story."""

    label: str
    """What it is, in our words."""
    telling: int
    """How much it tells: 3 what went wrong and why, 2 what the component did, 1 what it was given, 0 the rest."""
    content: str = ""
    """What models, tools and users wrote. It is fenced, and may lose its middle."""


def story(component: Component, case: Case) -> list[Passage] | None:
    """What the rollout shows about the component; None when it took no part."""
    trajectory = case.rollout.trajectory
    tell = _of_node if component.kind == "prompt" else _of_tool
    told = list(tell(component, trajectory))
    if not told:
        return None
    return [Passage("The task", 1, _plain(case.task.input)), *told, *_outcome(component, case)]


def _of_node(component: Component, trajectory: Trajectory) -> Iterator[Passage]:
    results = {step.call_id: step for step in trajectory.tools() if step.call_id}
    known: set[str] = set()
    for step in trajectory.models():
        if step.node != component.node:
            continue
        for message in step.messages:
            # Answers of tools follow their calls below; what was shown before is not shown again.
            if message.role in ("user", "assistant") and message.text and message.text not in known:
                known.add(message.text)
                yield Passage(f"It was given ({message.role})", 1, message.text)
        if step.reply is None:
            yield Passage(f"Its model call failed: {step.error}", 3)
            continue
        known.add(step.reply.text)
        yield from _reply(step.reply, results)


def _reply(reply: Message, results: Mapping[str, ToolStep]) -> Iterator[Passage]:
    if reply.reasoning:
        yield Passage("It reasoned", 2, reply.reasoning)
    if reply.text:
        yield Passage("It replied", 2, reply.text)
    for call in reply.tool_calls:
        yield Passage(f"It called `{call.name}`", 2, shown(call.arguments))
        if call.id in results:
            yield _answer(results[call.id])
    if not reply.text and not reply.tool_calls:
        yield Passage("It replied nothing", 2)


def _answer(step: ToolStep) -> Passage:
    if step.error:
        return Passage(f"`{step.tool}` failed", 3, f"Error: {step.error}")
    return Passage(f"`{step.tool}` answered", 1, step.result or "")


def _of_tool(component: Component, trajectory: Trajectory) -> Iterator[Passage]:
    callers = {call.id: step for step in trajectory.models() if step.reply for call in step.reply.tool_calls}
    for step in trajectory.tools():
        if step.tool != component.tool:
            continue
        caller = callers.get(step.call_id)
        if caller is not None:
            asked = next((message.text for message in reversed(caller.messages) if message.role == "user"), "")
            yield Passage(f"`{caller.node}` was asked", 1, asked)
        yield Passage(f"It called `{step.tool}`", 2, shown(step.arguments))
        yield _answer(step)


def _outcome(component: Component, case: Case) -> Iterator[Passage]:
    rollout = case.rollout
    nodes = [step.node for step in rollout.trajectory.models()]
    if rollout.text and component.node != (nodes[-1] if nodes else ""):
        yield Passage("In the end the agent answered", 0, rollout.text)
    for finding in findings(rollout.trajectory):
        about = finding.tool == component.tool if component.tool else finding.node == component.node
        # A tool's error stands beside its call already.
        if about and finding.check != "tool_error":
            yield Passage(f"Noticed: {finding.sentence}", 3)
    if rollout.fault is not None:
        yield Passage(f"The run failed ({rollout.fault.kind}): {rollout.fault.message}", 3)
    if rollout.score is not None:
        yield Passage(f"Score: {rollout.score.value:.2f}", 3)
        if rollout.score.feedback:
            yield Passage(f"Feedback: {rollout.score.feedback}", 3)
        for name in dict.fromkeys((component.name, component.node)):
            if rollout.score.by_component.get(name):
                yield Passage(f"Feedback on this text: {rollout.score.by_component[name]}", 3)


def _plain(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
