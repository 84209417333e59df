"""What a trajectory shows to have gone wrong, found without a model: small named checks, each with a sentence.

Precision before recall: a finding is put before a reflection model as a fact.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from gepa_agents.words.frozen import Frozen, JsonValue
from gepa_agents.words.trajectory import ModelStep, NodeStep, ToolCall, ToolDefinition, ToolStep, Trajectory

LOOP = 6
"""So many visits of the same node with the same requests are a loop."""
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


class Finding(Frozen):
    """Something that went wrong, and where."""

    check: str
    """Name of the check."""
    node: str
    """Path of the node whose model caused it."""
    step: int
    """Position in the trajectory's steps."""
    tool: str = ""
    """The tool that it is about, if it is about one."""
    sentence: str
    """What happened, in words for a reflection model."""


Check = Callable[[Trajectory], Iterable[Finding]]


def findings(trajectory: Trajectory) -> tuple[Finding, ...]:
    """Everything that the checks find, in the order of the steps."""
    found = [finding for check in CHECKS for finding in check(trajectory)]
    return tuple(sorted(found, key=lambda finding: (finding.step, finding.check)))


def tool_error(trajectory: Trajectory) -> Iterator[Finding]:
    """A tool raised, or answered with an error."""
    callers = _callers(trajectory)
    for position, step in _tools(trajectory):
        if step.error:
            node = callers.get(step.call_id, step.node)
            yield Finding(
                check="tool_error",
                node=node,
                step=position,
                tool=step.tool,
                sentence=f"The tool `{step.tool}` was called with {shown(step.arguments)} and failed: {step.error}",
            )


def unknown_tool(trajectory: Trajectory) -> Iterator[Finding]:
    """A model called a tool that it was not offered."""
    for position, step, call in _calls(trajectory):
        offered = sorted(tool.name for tool in step.tools)
        if offered and call.name not in offered:
            yield Finding(
                check="unknown_tool",
                node=step.node,
                step=position,
                tool=call.name,
                sentence=f"It called `{call.name}`, which is none of its tools ({', '.join(offered)}).",
            )


def invalid_arguments(trajectory: Trajectory) -> Iterator[Finding]:
    """A model called a tool with arguments that break the tool's schema."""
    for position, step, call in _calls(trajectory):
        definition = next((tool for tool in step.tools if tool.name == call.name), None)
        problem = None if definition is None else _broken(call, definition)
        if problem:
            yield Finding(
                check="invalid_arguments",
                node=step.node,
                step=position,
                tool=call.name,
                sentence=f"It called `{call.name}` with {shown(call.arguments)}: {problem}.",
            )


def repeated_call(trajectory: Trajectory) -> Iterator[Finding]:
    """A model made the same call again, after it had been answered."""
    seen: Counter[str] = Counter()
    for position, step, call in _calls(trajectory):
        key = json.dumps([step.node, call.name, call.arguments], sort_keys=True)
        seen[key] += 1
        if seen[key] == 2:
            yield Finding(
                check="repeated_call",
                node=step.node,
                step=position,
                tool=call.name,
                sentence=f"It called `{call.name}` with {shown(call.arguments)} a second time.",
            )


def ignored_output(trajectory: Trajectory) -> Iterator[Finding]:
    """A tool failed, and the model went on as if it had not: it neither tried again nor said so."""
    callers = _callers(trajectory)
    steps = trajectory.steps
    for position, step in _tools(trajectory):
        node = callers.get(step.call_id, step.node)
        later = [other for other in steps[position + 1 :] if isinstance(other, ModelStep) and other.node == node]
        if not step.error or not later or later[0].reply is None:
            continue
        reply = later[0].reply
        admitted = any(word in reply.text.lower() for word in ("error", "fail", "not ", "n't", "unable", "sorry"))
        if not reply.tool_calls and reply.text and not admitted:
            yield Finding(
                check="ignored_output",
                node=node,
                step=position,
                tool=step.tool,
                sentence=f"After the error of `{step.tool}` it answered as if nothing had failed.",
            )


def endless_loop(trajectory: Trajectory) -> Iterator[Finding]:
    """A node was visited over and over and asked for the same each time."""
    seen: Counter[str] = Counter()
    for position, step in enumerate(trajectory.steps):
        if isinstance(step, ModelStep) and step.reply is not None and step.reply.tool_calls:
            calls = [[call.name, call.arguments] for call in step.reply.tool_calls]
            key = json.dumps([step.node, calls], sort_keys=True)
            seen[key] += 1
            if seen[key] == LOOP:
                yield Finding(
                    check="endless_loop",
                    node=step.node,
                    step=position,
                    sentence=f"It asked for the same tool calls {LOOP} times and came to no end.",
                )


def no_tool(trajectory: Trajectory) -> Iterator[Finding]:
    """A node that has tools answered without calling any."""
    called = {step.node for _, step, _ in _calls(trajectory)}
    seen: set[str] = set()
    for position, step in enumerate(trajectory.steps):
        if isinstance(step, ModelStep) and step.tools and step.node not in called | seen and step.reply is not None:
            seen.add(step.node)
            names = ", ".join(sorted(tool.name for tool in step.tools))
            yield Finding(
                check="no_tool",
                node=step.node,
                step=position,
                sentence=f"It called none of its tools ({names}).",
            )


def bad_reply(trajectory: Trajectory) -> Iterator[Finding]:
    """A model's reply was empty, cut off, or did not come."""
    for position, step in enumerate(trajectory.steps):
        if not isinstance(step, ModelStep):
            continue
        if step.error:
            sentence = f"The model call failed: {step.error}"
        elif step.finish_reason in ("length", "max_tokens"):
            sentence = "Its reply was cut off at the length limit."
        elif step.reply is not None and not step.reply.text.strip() and not step.reply.tool_calls:
            sentence = "Its reply was empty."
        else:
            continue
        yield Finding(check="bad_reply", node=step.node, step=position, sentence=sentence)


def node_error(trajectory: Trajectory) -> Iterator[Finding]:
    """The code of a node raised."""
    for position, step in enumerate(trajectory.steps):
        if isinstance(step, NodeStep) and step.error:
            yield Finding(check="node_error", node=step.node, step=position, sentence=f"The node failed: {step.error}")


CHECKS: tuple[Check, ...] = (
    tool_error,
    unknown_tool,
    invalid_arguments,
    repeated_call,
    ignored_output,
    endless_loop,
    no_tool,
    bad_reply,
    node_error,
)


def shown(arguments: JsonValue) -> str:
    """Arguments as a person would write them: `order="SO-1", amount=3`."""
    if isinstance(arguments, dict):
        listed = (f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())
        return ", ".join(listed) or "no arguments"
    return json.dumps(arguments, ensure_ascii=False)


def _tools(trajectory: Trajectory) -> Iterator[tuple[int, ToolStep]]:
    return ((position, step) for position, step in enumerate(trajectory.steps) if isinstance(step, ToolStep))


def _calls(trajectory: Trajectory) -> Iterator[tuple[int, ModelStep, ToolCall]]:
    for position, step in enumerate(trajectory.steps):
        if isinstance(step, ModelStep) and step.reply is not None:
            for call in step.reply.tool_calls:
                yield position, step, call


def _callers(trajectory: Trajectory) -> dict[str, str]:
    """Which node's model asked for a call, by the call's id."""
    return {call.id: step.node for _, step, call in _calls(trajectory) if call.id}


def _broken(call: ToolCall, definition: ToolDefinition) -> str | None:
    if not isinstance(call.arguments, dict):
        return "the arguments are no JSON object"
    schema = definition.parameters
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict):
        return None
    for name in required if isinstance(required, list) else []:
        if name not in call.arguments:
            return f"the argument `{name}` is missing"
    for name, value in call.arguments.items():
        known = properties.get(name)
        if known is None:
            return f"there is no argument `{name}`"
        if isinstance(known, dict) and (problem := _mismatch(name, value, known)):
            return problem
    return None


def _mismatch(name: str, value: JsonValue, schema: Mapping[str, JsonValue]) -> str | None:
    allowed = schema.get("enum")
    if isinstance(allowed, list) and value not in allowed:
        return f"`{name}` must be one of {json.dumps(allowed, ensure_ascii=False)}"
    kind = schema.get("type")
    types = TYPES.get(kind) if isinstance(kind, str) else None
    if types is None:
        return None
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        return f"`{name}` must be of type {kind}"
    return None
