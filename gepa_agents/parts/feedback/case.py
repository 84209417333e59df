"""One rollout told as a story about one component, in passages that can be shortened or left out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gepa_agents.parts.feedback import quoting
from gepa_agents.parts.feedback.calls import Call, calls
from gepa_agents.parts.feedback.diagnosis import Diagnosis
from gepa_agents.parts.feedback.parting import took_part
from gepa_agents.words.case import Case
from gepa_agents.words.component import Component
from gepa_agents.words.trajectory import ModelStep, Trajectory

__all__ = ["Case", "Passage", "Sort", "story"]

Sort = Literal["task", "given", "did", "answer", "end", "why"]
"""`task`: the agent's input. `given`: what the component's model read. `did`: what it wrote. `answer`: what a tool
answered. `end`: the agent's last words. `why`: what went wrong, and what the metric said."""


@dataclass(frozen=True)
class Passage:
    """A piece of a story."""

    sort: Sort
    label: str
    """What it is, in our words."""
    content: str
    """What models, tools, metrics and users wrote; it is always fenced."""
    turn: int = 0
    """Which of the component's model calls or tool calls it belongs to, from 1; 0 for none."""


def story(component: Component, case: Case, diagnosis: Diagnosis | None = None) -> list[Passage] | None:
    """What the rollout shows about the component, what was found in it included; None when it took no part."""
    trajectory = case.rollout.trajectory
    tell = _of_node if component.kind == "prompt" else _of_tool
    task = quoting.text(case.task.input)
    told = list(tell(component, trajectory, task))
    if not told:
        return None
    return [Passage("task", "The task", task), *told, *_outcome(component, case, diagnosis or Diagnosis())]


def _of_node(component: Component, trajectory: Trajectory, task: str) -> Iterator[Passage]:
    """The node's own model calls: what was new to it, what it thought, wrote and called, and what came back."""
    made = calls(trajectory)
    answered = {call.call_id for call in made if call.call_id and call.answer is not None}
    known = {task}
    for turn, (position, step) in enumerate(took_part(component, trajectory), 1):
        for message in step.messages:
            # A system prompt without slots is the component itself; tools' answers stand below their calls.
            silent = message.role == "system" and not component.slots
            if message.text and not silent and message.text not in known and message.call_id not in answered:
                yield Passage("given", f"It was given ({message.role})", message.text, turn)
            known.add(message.text)
        yield from _reply(step, [call for call in made if call.asked is not None and call.step == position], turn)
        known |= {step.reply.text} if step.reply else set()
        known |= {call.answer for call in made if call.answer is not None and call.step == position}


def _used(component: Component, case: Case) -> Iterator[Passage]:
    """What the next node made of the node's last words, when it was given them as they were; the last node's words are
    the agent's own."""
    spoken = [
        (position, step.reply.text.strip())
        for position, step in took_part(component, case.rollout.trajectory)
        if step.reply is not None and step.reply.text.strip()
    ]
    if component.kind != "prompt" or not spoken:
        return
    position, words = spoken[-1]
    for step in case.rollout.trajectory.steps[position + 1 :]:
        if not isinstance(step, ModelStep) or step.node == component.node or step.reply is None:
            continue
        if any(words in message.text for message in step.messages):
            made = step.reply.text or ", ".join(quoting.name(call.name) for call in step.reply.tool_calls)
            if made and made != case.rollout.text:
                yield Passage("end", f"{quoting.name(step.node)}, which read this, went on with", made)
            return


def _reply(step: ModelStep, made: list[Call], turn: int) -> Iterator[Passage]:
    reply = step.reply
    if reply is None:
        yield Passage("why", "Its model call failed", step.error or "no reply", turn)
        return
    if reply.reasoning:
        yield Passage("did", "It reasoned", reply.reasoning, turn)
    if reply.text or not made:
        yield Passage("did", "It replied", reply.text or "(nothing)", turn)
    for call in made:
        yield from _call(call, f"It called {quoting.name(call.tool)}", turn)


def _call(call: Call, label: str, turn: int) -> Iterator[Passage]:
    written = quoting.text(call.arguments) if call.arguments is not None else "(no arguments)"
    yield Passage("did", label, written, turn)
    if call.failed:
        yield Passage("why", f"{quoting.name(call.tool)} failed", _error(call), turn)
    elif call.answer is not None:
        yield Passage("answer", f"{quoting.name(call.tool)} answered", call.answer or "(nothing)", turn)


def _of_tool(component: Component, trajectory: Trajectory, task: str) -> Iterator[Passage]:
    """Every call of the tool, by whichever node; for its description also a node that had it and did not call it."""
    made = [call for call in calls(trajectory) if call.tool == component.tool]
    known = {task}
    for turn, call in enumerate(made, 1):
        node = quoting.name(call.node) if call.node else "The agent"
        asked = [message.text for message in call.asked.messages if message.role == "user"] if call.asked else []
        if asked and asked[-1] not in known:
            known.add(asked[-1])
            yield Passage("given", f"{node} was asked", asked[-1], turn)
        yield from _call(call, f"{node} called {quoting.name(call.tool)}", turn)
    if made or component.kind != "tool_description":
        return
    idle = {step.node: step for step in trajectory.models() if any(tool.name == component.tool for tool in step.tools)}
    for turn, (node, step) in enumerate(idle.items(), 1):
        reply = step.reply.text if step.reply else ""
        label = f"{quoting.name(node)} had {quoting.name(component.tool or '')} and did not call it; its last reply"
        yield Passage("did", label, reply or "(nothing)", turn)


def _outcome(component: Component, case: Case, diagnosis: Diagnosis) -> Iterator[Passage]:
    rollout, trajectory = case.rollout, case.rollout.trajectory
    last = next((step.node for step in reversed(trajectory.steps) if isinstance(step, ModelStep)), None)
    final = rollout.text or (quoting.text(rollout.output) if rollout.output is not None else "")
    yield from _used(component, case)
    if final and (component.node != last or component.kind != "prompt"):
        yield Passage("end", "In the end the agent answered", final)
    noticed = [
        finding.sentence
        for finding in diagnosis.of(case)
        # A tool's error stands beside its call already.
        if finding.check != "tool_error"
        and (finding.tool == component.tool if component.tool else finding.node in ("", component.node))
    ]
    if noticed:
        yield Passage("why", "Noticed in the trace", "\n".join(f"- {sentence}" for sentence in dict.fromkeys(noticed)))
    if rollout.fault is not None:
        yield Passage("why", f"The run failed ({rollout.fault.kind})", rollout.fault.message)
    if rollout.score is not None:
        if rollout.score.feedback:
            yield Passage("why", "Feedback", rollout.score.feedback)
        for name, words in rollout.score.by_component.items():
            if words and component.answers_to(name):
                yield Passage("why", "Feedback on this text", words)


def _error(call: Call) -> str:
    answer = call.answer or ""
    return answer if answer.lstrip().casefold().startswith("error") else f"Error: {answer}"
