"""Rollouts built by hand: short ways to write down what models said and tools answered."""

from collections.abc import Sequence

from gepa_agents.parts.feedback.evidence import Case
from gepa_agents.words.component import Component
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.rollout import Rollout, Score
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import Message, ModelStep, Step, ToolCall, ToolDefinition, ToolStep, Trajectory

REFUND = ToolDefinition(
    name="refund",
    description="Pays money back.",
    parameters={
        "type": "object",
        "properties": {"order": {"type": "string"}, "amount": {"type": "number"}},
        "required": ["order", "amount"],
    },
)
"""A tool with two arguments."""


def user(text: str) -> Message:
    return Message(role="user", text=text)


def result(text: str, call_id: str = "c1") -> Message:
    return Message(role="tool", text=text, call_id=call_id)


def call(name: str, arguments: JsonValue = None, call_id: str = "c1") -> ToolCall:
    return ToolCall(id=call_id, name=name, arguments=arguments)


def said(
    text: str = "",
    *,
    node: str = "resolver",
    given: Sequence[Message] = (),
    calls: Sequence[ToolCall] = (),
    tools: Sequence[ToolDefinition] = (REFUND,),
    **more: object,
) -> ModelStep:
    """A model call that went well."""
    reply = Message(role="assistant", text=text, tool_calls=tuple(calls), reasoning=str(more.pop("reasoning", "")))
    fields: dict[str, object] = {"started": 0.0, "seconds": 1.0, "messages": tuple(given), "tools": tuple(tools)}
    return ModelStep.model_validate({"node": node, "reply": reply, **fields, **more})


def ran(
    tool: str,
    arguments: JsonValue = None,
    result: str | None = None,
    *,
    error: str | None = None,
    call_id: str = "c1",
    node: str = "tools",
) -> ToolStep:
    """A run of a tool."""
    return ToolStep(
        node=node, started=0, seconds=0, tool=tool, arguments=arguments, result=result, error=error, call_id=call_id
    )


def case(
    *steps: Step,
    score: Score | float | None = 0.0,
    given: JsonValue = "Order SO-1 is broken.",
    output: JsonValue = None,
    name: str = "t1",
    **more: object,
) -> Case:
    """A task and its rollout."""
    rollout: dict[str, object] = {
        "candidate": "0" * 12,
        "task": name,
        "output": output,
        "trajectory": Trajectory(steps=steps),
        "score": Score(value=score) if isinstance(score, float) else score,
        **more,
    }
    return Case(task=Task(id=name, input=given), rollout=Rollout.model_validate(rollout))


def prompt(node: str = "resolver", **more: object) -> Component:
    """A node's system prompt."""
    fields = {"name": f"{node}.system", "kind": "prompt", "text": "You resolve complaints.", "node": node}
    return Component.model_validate({**fields, **more})


def wrong_refund() -> tuple[Step, ...]:
    """A resolver that gets an argument wrong, then right, and a writer after it."""
    asked, wrong = user("Order SO-1 is broken."), call("refund", {"order": "SO-1", "amount": "12 EUR"})
    right = call("refund", {"order": "SO-1", "amount": 12}, "c2")
    error = "ValueError: amount must be a number"
    return (
        said(given=[asked], calls=[wrong], reasoning="The customer paid 12 EUR."),
        ran("refund", wrong.arguments, error=error),
        said(given=[asked, Message(role="assistant", tool_calls=(wrong,)), result(f"Error: {error}")], calls=[right]),
        ran("refund", right.arguments, "refunded 12.00 for SO-1", call_id="c2"),
        said("Refunded 12.00 for SO-1.", given=[asked, result("refunded 12.00 for SO-1", "c2")]),
        said("Dear customer, all is well.", node="writer", given=[user("Refunded 12.00 for SO-1.")], tools=()),
    )
