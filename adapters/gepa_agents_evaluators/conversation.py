"""A rollout as others' evaluators read it: chat messages in OpenAI's form, or the order in which nodes were visited."""

import json
from collections.abc import Iterator, Sequence

from gepa_agents import ModelStep, Rollout, Task, ToolCall, ToolStep
from gepa_agents.words.frozen import JsonValue

__all__ = ["Chat", "messages", "visits"]

Chat = dict[str, JsonValue]
"""One message, as OpenAI's chat API has it."""


def messages(task: Task, rollout: Rollout) -> list[Chat]:
    """The rollout as one conversation: what the agent was asked, then each model's replies and each tool's answers.

    In the order in which they came about, whichever node they are of, and without system prompts. A tool that a node
    ran without a model's asking gets a call of its own, so that every answer has one.
    """
    turns = _asked(task, rollout)
    steps = rollout.trajectory.steps
    called: set[str] = set()
    for number, step in enumerate(steps):
        match step:
            case ModelStep(reply=reply) if reply is not None:
                ids = [one.id or f"call_{number}_{place}" for place, one in enumerate(reply.tool_calls)]
                called.update(ids)
                turns.append(_said(reply.text, reply.tool_calls, ids))
            case ToolStep():
                turns.extend(_ran(step, number, called))
            case _:
                pass
    return turns


def visits(rollout: Rollout) -> dict[str, JsonValue]:
    """The nodes in the order in which they were visited, as `agentevals`' graph trajectories name it.

    One step, for one invocation of the graph, that begins with `__start__`; of a subgraph's nodes, the whole path.
    """
    return {
        "inputs": None,
        "results": [],
        "steps": [["__start__", *(visit.node for visit in rollout.trajectory.nodes())]],
    }


def _asked(task: Task, rollout: Rollout) -> list[Chat]:
    """What the agent was asked: the task's messages, a text as it is, anything else as JSON."""
    given = task.input
    if isinstance(given, dict) and isinstance(held := given.get("messages"), list) and held:
        return [turn for one in held if (turn := _turn(one))["role"] != "system"]
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    for step in rollout.trajectory.models():
        asked = [message.text for message in step.messages if message.role == "user"]
        if asked:
            return [{"role": "user", "content": asked[0]}]
    return [{"role": "user", "content": json.dumps(given, ensure_ascii=False)}]


def _turn(given: JsonValue) -> Chat:
    """A message of a task: an object, a pair of role and text, or a text."""
    if isinstance(given, dict):
        role = given.get("role") or given.get("type")
        if isinstance(role, str):
            return {"role": ROLES.get(role, role), "content": given.get("content") or ""}
    match given:
        case [str() as role, str() as content]:
            return {"role": ROLES.get(role, role), "content": content}
        case str():
            return {"role": "user", "content": given}
        case _:
            return {"role": "user", "content": json.dumps(given, ensure_ascii=False)}


ROLES = {"human": "user", "ai": "assistant"}
"""LangChain's names for roles, in OpenAI's."""


def _said(text: str, calls: Sequence[ToolCall], ids: Sequence[str]) -> Chat:
    turn: Chat = {"role": "assistant", "content": text}
    if calls:
        turn["tool_calls"] = [_call(call.name, call.arguments, name) for call, name in zip(calls, ids, strict=True)]
    return turn


def _ran(step: ToolStep, number: int, called: set[str]) -> Iterator[Chat]:
    name = step.call_id or f"run_{number}"
    if name not in called:
        yield {"role": "assistant", "content": "", "tool_calls": [_call(step.tool, step.arguments, name)]}
    content = step.result if step.error is None else f"Error: {step.error}"
    yield {"role": "tool", "tool_call_id": name, "name": step.tool, "content": content or ""}


def _call(name: str, arguments: JsonValue, call_id: str) -> dict[str, JsonValue]:
    # Evaluators parse the arguments; what the model wrote may be no JSON, and then stands in a JSON text.
    written = json.dumps({} if arguments is None else arguments, ensure_ascii=False)
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": written}}
