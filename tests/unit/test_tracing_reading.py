"""Reading trajectories from spans that were made by hand: order, paths, templates, attributes that were cut."""

import json
from typing import Any

from opentelemetry.trace import Status, StatusCode, set_span_in_context

from gepa_agents.parts.tracing.recorder import Recorder
from gepa_agents.words import semconv
from gepa_agents.words.trajectory import Message, ModelStep, Template, ToolCall, Trajectory

NODE = {semconv.OPERATION: semconv.INVOKE_NODE}
CHAT = {semconv.OPERATION: semconv.CHAT}
TOOL = {semconv.OPERATION: semconv.EXECUTE_TOOL, semconv.TOOL_NAME: "search"}
RENDER = {semconv.OPERATION: semconv.RENDER_PROMPT}


def read(*spans: dict[str, Any]) -> Trajectory:
    """The trajectory of spans below the root, each given by its attributes; the next is below the one before it if it
    has `"below": True`."""
    with Recorder().rollout("rollout", {}) as recording:
        context = None
        for attributes in spans:
            below = attributes.pop("below", False)
            span = recording.tracer.start_span("span", context=context if below else None, attributes=attributes)
            context = set_span_in_context(span)
            span.end()
        return recording.trajectory()


def step(**attributes: Any) -> ModelStep:
    """The model step of one chat span."""
    (found,) = read({**CHAT, **attributes}).steps
    assert isinstance(found, ModelStep)
    return found


def test_a_step_without_a_path_is_in_the_node_around_it() -> None:
    """The nearest span that has a path counts; outside any, the path is empty."""
    inner = {**TOOL, "below": True}
    seen = read({**NODE, semconv.NODE_PATH: "team/worker"}, {"below": True}, inner, dict(TOOL))
    assert [step.node for step in seen.tools()] == ["team/worker", ""]


def test_enclosing_steps_come_first() -> None:
    """Of what starts at the same instant, the node comes before its model call, the longer before the shorter."""
    with Recorder().rollout("rollout", {}) as recording:
        now = 2_000_000_000_000_000_000
        made = [
            ({**TOOL, semconv.TOOL_NAME: "short"}, 1),
            ({**TOOL, semconv.TOOL_NAME: "long"}, 2),
            (CHAT, 3),
            (NODE, 4),
        ]
        for attributes, length in made:
            recording.tracer.start_span("span", attributes=attributes, start_time=now).end(now + length)
        steps = recording.trajectory().steps
    assert [one.kind for one in steps] == ["node", "model", "tool", "tool"]
    assert [one.tool for one in steps if one.kind == "tool"] == ["long", "short"]


def test_templates_belong_to_the_node_around_them() -> None:
    """By parents where they tell, else by the path and the time of the visit."""
    rendered = {**RENDER, semconv.PROMPT_TEMPLATE: "Go to {place}.", semconv.PROMPT_VARIABLES: ("place",)}
    plan = {**NODE, semconv.NODE_PATH: "plan"}
    (node,) = read(plan, {**rendered, semconv.PROMPT_NAME: "plan", "below": True}).nodes()
    assert node.templates == (Template(text="Go to {place}.", variables=("place",), name="plan"),)

    with Recorder().rollout("rollout", {}) as recording:
        visits = [recording.tracer.start_span("node", attributes={**NODE, semconv.NODE_PATH: path}) for path in "ab"]
        recording.tracer.start_span("render", attributes={**rendered, semconv.NODE_PATH: "b"}).end()
        for visit in visits:
            visit.end()
        assert [len(node.templates) for node in recording.trajectory().nodes()] == [0, 1]


def test_an_attribute_that_is_no_json_is_read_as_text() -> None:
    """Arguments that were cut on the way are still shown; messages that were cut are left out."""
    (tool,) = read({**TOOL, semconv.TOOL_ARGUMENTS: '{"query": "a lam'}).tools()
    assert tool.arguments == '{"query": "a lam'
    assert step(**{semconv.INPUT_MESSAGES: '[{"role": "us'}).messages == ()


def test_a_tool_without_arguments_or_result() -> None:
    """Nothing is made up."""
    (tool,) = read(dict(TOOL)).tools()
    assert (tool.arguments, tool.result, tool.error, tool.call_id) == (None, None, None, "")


def test_a_reply_with_all_kinds_of_parts() -> None:
    """Text, reasoning and tool calls are told apart; what is no text is named by its kind, and not kept."""
    parts = [
        {"type": "reasoning", "content": "Hm."},
        {"type": "text", "content": "Let me look."},
        {"type": "blob", "content": "AAAA"},
        {"type": "tool_call", "id": "1", "name": "search", "arguments": {"query": "lamp"}},
    ]
    reply = step(**{semconv.OUTPUT_MESSAGES: json.dumps([{"role": "assistant", "parts": parts}])}).reply
    asked = ToolCall(id="1", name="search", arguments={"query": "lamp"})
    assert reply == Message(
        role="assistant", text="Let me look.", reasoning="Hm.", tool_calls=(asked,), other=("blob",)
    )


def test_a_tool_response_that_is_an_object() -> None:
    """It is read as the JSON that it is, with the id of the call that it answers."""
    parts = [{"type": "tool_call_response", "id": "1", "response": {"found": "Lämpchen"}}]
    (message,) = step(**{semconv.INPUT_MESSAGES: json.dumps([{"role": "tool", "parts": parts}])}).messages
    assert message == Message(role="tool", text='{"found": "Lämpchen"}', call_id="1")


def test_an_error_is_what_the_status_says() -> None:
    """With its description, or just that there was one."""
    with Recorder().rollout("rollout", {}) as recording:
        for description in ("ValueError: no", None):
            span = recording.tracer.start_span("span", attributes=TOOL)
            span.set_status(Status(StatusCode.ERROR, description))
            span.end()
    assert [one.error for one in recording.trajectory().steps] == ["ValueError: no", "error"]


def test_a_rollout_without_steps() -> None:
    """An agent that shows nothing has an empty trajectory."""
    assert read().steps == ()
    assert read({"user": "span"}).steps == ()
