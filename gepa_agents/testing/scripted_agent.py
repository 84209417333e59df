"""An agent without framework or language model, to test a search, a metric or a suite with: small, deterministic."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from opentelemetry.trace import Status, StatusCode, Tracer

from gepa_agents.words import semconv
from gepa_agents.words.component import Anatomy, Component
from gepa_agents.words.errors import OverrideMissed
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import ToolCall, Trajectory


@dataclass(frozen=True)
class ModelCall:
    """A model call that the agent shows: the component's text was sent with the task, and this came back."""

    component: str
    """Name of the component whose text is the system message."""
    reply: str = ""
    reasoning: str = ""
    calls: tuple[ToolCall, ...] = ()
    """Tool calls that the model asked for."""


@dataclass(frozen=True)
class ToolRun:
    """A tool run that the agent shows."""

    tool: str
    arguments: Mapping[str, JsonValue]
    result: str = ""
    node: str = "tools"
    error: str = ""
    """What went wrong, as `Type: message`; empty when all went well."""


Policy = Callable[[Mapping[str, str], Task], tuple[JsonValue, Sequence[ModelCall | ToolRun]]]
"""What the agent does: from each component's text by name, and the task, its output and the calls that it shows."""


@dataclass(frozen=True)
class ScriptedAgent:
    """Implements `gepa_agents.ports.agent.Agent` with a function. What the function raises comes out of `run`."""

    components: tuple[Component, ...]
    policy: Policy
    name: str = "scripted"

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> JsonValue:
        """Do what the policy says with the texts of `config`.

        Raises `OverrideMissed` when an overridden text is not what the configuration was made for.
        """
        own = {component.name: component.text for component in self.components}
        for component in config.overridden():
            if own.get(component.name) != component.text:
                raise OverrideMissed(f"`{component.name}` is not the text that the configuration was made for")
        output, calls = self.policy({**own, **config.texts}, task)
        for call in calls:
            await asyncio.sleep(0)  # so that concurrent runs really interleave
            if isinstance(call, ModelCall):
                self._show_model(call, {**own, **config.texts}[call.component], task, tracer)
            else:
                _show_tool(call, tracer)
        return output

    def anatomy(self, trajectories: Sequence[Trajectory]) -> Anatomy:
        """The components whose own text was sent in some trajectory."""
        seen = {
            (step.node, message.text)
            for trajectory in trajectories
            for step in trajectory.models()
            for message in step.messages
            if message.role == "system"
        }
        return Anatomy(
            nodes=tuple(sorted({step.node for trajectory in trajectories for step in trajectory.steps})),
            components=tuple(one for one in self.components if (one.node, one.text) in seen),
        )

    def _show_model(self, call: ModelCall, system: str, task: Task, tracer: Tracer) -> None:
        node = next(component.node for component in self.components if component.name == call.component)
        given = task.input if isinstance(task.input, str) else json.dumps(task.input)
        reasoning = [{"type": "reasoning", "content": call.reasoning}] if call.reasoning else []
        asked = [{"type": "tool_call", **one.model_dump()} for one in call.calls]
        reply = {"role": "assistant", "parts": [*reasoning, {"type": "text", "content": call.reply}, *asked]}
        attributes: dict[str, str | int] = {
            semconv.OPERATION: semconv.CHAT,
            semconv.NODE_PATH: node,
            semconv.REQUEST_MODEL: self.name,
            semconv.SYSTEM_INSTRUCTIONS: json.dumps([{"type": "text", "content": system}]),
            semconv.INPUT_MESSAGES: json.dumps([{"role": "user", "parts": [{"type": "text", "content": given}]}]),
            semconv.OUTPUT_MESSAGES: json.dumps([reply]),
            semconv.INPUT_TOKENS: len(system) + len(given),
            semconv.OUTPUT_TOKENS: len(call.reply),
        }
        tracer.start_span(f"{semconv.CHAT} {self.name}", attributes=attributes).end()


def _show_tool(call: ToolRun, tracer: Tracer) -> None:
    attributes = {
        semconv.OPERATION: semconv.EXECUTE_TOOL,
        semconv.NODE_PATH: call.node,
        semconv.TOOL_NAME: call.tool,
        semconv.TOOL_ARGUMENTS: json.dumps(dict(call.arguments)),
    }
    span = tracer.start_span(f"{semconv.EXECUTE_TOOL} {call.tool}", attributes=attributes)
    if call.error:
        span.set_status(Status(StatusCode.ERROR, call.error))
    else:
        span.set_attribute(semconv.TOOL_RESULT, call.result)
    span.end()
