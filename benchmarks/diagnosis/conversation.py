"""Builds the steps of a recorded run: what the model was given, said and called, and what its tools answered.

Recordings hold no times; steps are one second apart.
"""

from collections.abc import Sequence

from gepa_agents import Message, ModelStep, ToolCall, ToolStep, Trajectory
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import Step, ToolDefinition


class Conversation:
    """A run of one agent that is written down turn by turn."""

    def __init__(self, system: str, tools: Sequence[ToolDefinition]) -> None:
        self._messages = [Message(role="system", text=system)]
        self._tools = tuple(tools)
        self._steps: list[Step] = []

    def user(self, text: str) -> None:
        """A person writes."""
        self._messages.append(Message(role="user", text=text))

    def replies(self, text: str = "", calls: Sequence[ToolCall] = (), reasoning: str = "") -> None:
        """The model answers what it was given so far."""
        reply = Message(role="assistant", text=text, tool_calls=tuple(calls), reasoning=reasoning)
        self._steps.append(
            ModelStep(
                node="agent",
                started=float(len(self._steps)),
                seconds=1.0,
                messages=tuple(self._messages),
                tools=self._tools,
                reply=reply,
            )
        )
        self._messages.append(reply)

    def answers(self, call: ToolCall, result: str) -> None:
        """A tool answers a call."""
        self._steps.append(
            ToolStep(
                node="tools",
                started=float(len(self._steps)),
                seconds=1.0,
                tool=call.name,
                call_id=call.id,
                arguments=call.arguments,
                result=result,
            )
        )
        self._messages.append(Message(role="tool", text=result, call_id=call.id))

    def calls(self, name: str, arguments: JsonValue, result: str, text: str = "", reasoning: str = "") -> None:
        """The model calls one tool and gets its answer."""
        call = ToolCall(id=f"call_{len(self._steps)}", name=name, arguments=arguments)
        self.replies(text, [call], reasoning)
        self.answers(call, result)

    def trajectory(self) -> Trajectory:
        """What happened."""
        return Trajectory(steps=tuple(self._steps), seconds=float(len(self._steps)))


def declared(name: str, required: str = "", optional: str = "", /, **kinds: JsonValue) -> ToolDefinition:
    """A tool whose arguments are texts; `kinds` gives the JSON schema of an argument that is something else."""
    properties: dict[str, JsonValue] = {
        argument: kinds.get(argument, {"type": "string"}) for argument in [*required.split(), *optional.split()]
    }
    return ToolDefinition(
        name=name, parameters={"type": "object", "properties": properties, "required": list(required.split())}
    )
