"""LangChain's messages and tools in the words of the GenAI conventions, and as plain data."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage
from langgraph.types import Command

from gepa_agents.words import semconv
from gepa_agents_langgraph import tool_shapes

Part = dict[str, Any]
"""One part of a message by the conventions: `{"type": "text", "content": …}`, `{"type": "tool_call", …}`, …"""

ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool", "function": "tool"}


def split(messages: Sequence[BaseMessage]) -> tuple[list[Part], list[dict[str, Any]]]:
    """System instructions (the leading system messages, a part for each text block) and the other messages."""
    leading = 0
    while leading < len(messages) and isinstance(messages[leading], SystemMessage):
        leading += 1
    instructions = [part for message in messages[:leading] for part in parts(message)]
    return instructions, [described(message) for message in messages[leading:]]


def described(message: BaseMessage) -> dict[str, Any]:
    """A message as the conventions describe it."""
    return {"role": ROLES.get(message.type, "user"), "parts": parts(message)}


def parts(message: BaseMessage) -> list[Part]:
    """The parts of a message; reasoning in any of its forms (a block, Anthropic's `thinking`, `reasoning_content`)."""
    if isinstance(message, ToolMessage):
        return [{"type": "tool_call_response", "id": message.tool_call_id, "response": text(message)}]
    found: list[Part] = []
    reasoning = message.additional_kwargs.get("reasoning_content")
    if isinstance(reasoning, str) and reasoning:
        found.append({"type": "reasoning", "content": reasoning})
    found.extend(_blocks(message.content))
    if isinstance(message, AIMessage):
        found.extend(_calls(message))
    return found


def text(message: BaseMessage) -> str:
    """What a message says, its text blocks joined."""
    return "".join(part["content"] for part in _blocks(message.content) if part["type"] == "text")


def answers(output: Any) -> list[ToolMessage]:
    """The tool messages in what a tool gave back: one, several, or those that a `Command` carries."""
    if isinstance(output, ToolMessage):
        return [output]
    if isinstance(output, Command):
        output = output.update
    if isinstance(output, Mapping):
        output = output.get("messages")
    if isinstance(output, (list, tuple)):
        return [found for one in output for found in answers(one)]
    return []


def _blocks(content: str | Sequence[str | Mapping[str, Any]]) -> Iterable[Part]:
    for block in [content] if isinstance(content, str) else content:
        if isinstance(block, str):
            if block:
                yield {"type": "text", "content": block}
        elif block.get("type") == "text":
            yield {"type": "text", "content": str(block.get("text", ""))}
        elif block.get("type") in ("reasoning", "thinking"):
            summary = "".join(str(item.get("text", "")) for item in block.get("summary") or [])
            thought = block.get("reasoning") or block.get("thinking") or summary
            if thought:
                yield {"type": "reasoning", "content": str(thought)}
        elif block.get("type") in semconv.MEDIA:
            yield {"type": "blob", "modality": semconv.MEDIA[block["type"]]}


def _calls(message: AIMessage) -> Iterable[Part]:
    for call in message.tool_calls:
        yield {"type": "tool_call", "id": call["id"] or "", "name": call["name"], "arguments": call["args"]}
    for broken in message.invalid_tool_calls:
        yield {
            "type": "tool_call",
            "id": broken["id"] or "",
            "name": broken["name"] or "",
            "arguments": broken["args"] or "",
        }


def definitions(tools: Iterable[Any]) -> list[dict[str, Any]]:
    """Tools as they are offered to a model, whatever the provider's shape."""
    return [
        {
            "type": "function",
            "name": str(function["name"]),
            "description": str(function.get("description") or ""),
            "parameters": tool_shapes.schema(function),
        }
        for function in tool_shapes.functions(tools)
    ]
