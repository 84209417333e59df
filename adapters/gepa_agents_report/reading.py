"""Makes a rollout readable: steps with the words that were new in them. Knows nothing of pages."""

import json

from gepa_agents import Message, ModelStep, Rollout, ToolStep
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import NodeStep
from gepa_agents.words.trajectory import Step as Happened
from gepa_agents_report.content import Step, Trajectory
from gepa_agents_report.room import Texts


def written(value: JsonValue) -> str:
    """Plain data as people read it: a text as it is, anything else as indented JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)


def read(rollout: Rollout, texts: Texts) -> Trajectory:
    """One rollout; a message that stood in an earlier call already is not told again."""
    seen = set[str]()
    steps = [step for happened in rollout.trajectory.steps if (step := _step(happened, seen, texts)) is not None]
    return Trajectory(
        score=None if rollout.score is None else rollout.score.value,
        fault="" if rollout.fault is None else texts.shortened(rollout.fault.message, 1000),
        feedback=texts.add(_feedback(rollout)),
        answer=texts.add(rollout.text),
        tokens=rollout.usage.tokens,
        usd=rollout.usage.usd,
        seconds=round(rollout.trajectory.seconds, 3),
        steps=tuple(steps),
    )


def _feedback(rollout: Rollout) -> str:
    """What the metric said, and below it what it said to single texts."""
    if rollout.score is None:
        return ""
    own = [f"{component}: {said}" for component, said in rollout.score.by_component.items()]
    return "\n".join(filter(None, (rollout.score.feedback, *own)))


def _step(step: Happened, seen: set[str], texts: Texts) -> Step | None:
    """The step as it is shown; None for a visit of a node that says nothing by itself."""
    match step:
        case ModelStep():
            name, tokens, parts = step.model, step.usage.tokens, _spoken(step, seen)
        case ToolStep():
            seen.add(step.result or "")
            name, tokens = step.tool, 0
            parts = [("arguments", written(step.arguments))]
            parts += [] if step.result is None else [("result", step.result)]
        case NodeStep():
            if not (step.error or step.interrupted):
                return None
            name, tokens, parts = "paused for a person" if step.interrupted else "", 0, []
    return Step(
        kind=step.kind,
        node=step.node,
        name=name,
        seconds=round(step.seconds, 3),
        tokens=tokens,
        error=texts.shortened(step.error or "", 1000),
        parts=tuple((label, texts.add(text)) for label, text in parts),
    )


def _spoken(step: ModelStep, seen: set[str]) -> list[tuple[str, str]]:
    parts = list[tuple[str, str]]()
    for message in step.messages:
        if message.text and message.text not in seen:
            seen.add(message.text)
            parts.append((message.role, message.text))
    if step.reply is not None:
        parts += _reply(step.reply)
        seen.add(step.reply.text)
    return parts


def _reply(reply: Message) -> list[tuple[str, str]]:
    parts = [("reasoning", reply.reasoning)] if reply.reasoning else []
    parts += [("reply", reply.text)] if reply.text else []
    return parts + [(f"calls {call.name}", written(call.arguments)) for call in reply.tool_calls]
