"""Where a component stands: the nodes around it, the tools at hand, and what becomes of what its model writes."""

import json
from collections.abc import Iterator, Sequence

from gepa_agents.ports.reflection import Request
from gepa_agents.words.component import Component
from gepa_agents.words.fence import fenced
from gepa_agents.words.trajectory import ModelStep, ToolDefinition

MOST_TOOLS, MOST_KEYS = 20, 12
"""Tools, and keys of a reply, that are listed."""
DESCRIBED = 160
"""Characters of a tool's description that are shown."""
NAME = 80
"""Characters of a name that are shown."""
REPLIES = 2
"""Replies that must agree in their form before it is called one."""


def role(component: Component) -> str:
    """What the component is, as the end of a sentence."""
    match component.kind:
        case "tool_description":
            return (
                f"the description by which a language model decides when to call the tool {named(component.tool or '')}"
            )
        case "argument_description":
            tool, argument = named(component.tool or ""), named(component.argument or "")
            return f"the description of the argument {argument} of the tool {tool}"
        case "prompt":
            kind = "the prompt" if component.role == "user" else "the system prompt"
            return f"{kind} of the node {named(component.node)}" if component.node else kind


def place(request: Request) -> str:
    """Everything that is known of it, in short paragraphs; empty when nothing is."""
    steps = list(_steps(request))
    return "\n\n".join(
        part for part in (_graph(request, steps), _tools(request, steps), _contract(request, steps)) if part
    )


def _steps(request: Request) -> Iterator[ModelStep]:
    """The model calls that the component took part in: its node's, or those that were offered its tool."""
    component = request.component
    for rollout in request.rollouts:
        for step in rollout.trajectory.models():
            offered = any(tool.name == component.tool for tool in step.tools)
            if offered if component.tool else step.node == component.node:
                yield step


def _graph(request: Request, steps: Sequence[ModelStep]) -> str:
    anatomy, node = request.anatomy, request.component.node
    if len(anatomy.nodes) < 2:
        return ""
    lines = [f"The agent is a graph of the nodes {listed(anatomy.nodes)}."]
    # Edges may also lead from and to places that are no nodes, such as a framework's start and end.
    before = [one for one, other in anatomy.edges if other == node and one in anatomy.nodes]
    after = [other for one, other in anatomy.edges if one == node and other in anatomy.nodes]
    last = any(one == node and other not in anatomy.nodes for one, other in anatomy.edges)
    if before:
        lines.append(f"{named(node)} runs after {_either(before)}.")
    if after:
        lines.append(f"After it comes {_either(after)}" + (", or the end." if last else "."))
    elif last:
        lines.append(f"{named(node)} is the last.")
    if request.component.tool is not None:
        users = [step.node for step in steps if step.node]
        lines += [f"The tool is at hand in {listed(users)}."] if users else []
    return " ".join(lines)


def _either(names: Sequence[str]) -> str:
    return listed(names).replace("`, `", "` or `")


def _tools(request: Request, steps: Sequence[ModelStep]) -> str:
    offered = {tool.name: tool for step in steps for tool in step.tools}
    if not offered:
        names = sorted({component.tool for component in request.anatomy.components if component.tool})
        return f"Tools of the agent: {listed(names)}." if names else ""
    shown = "\n".join(map(_signature, list(offered.values())[:MOST_TOOLS]))
    more = f"\n({len(offered) - MOST_TOOLS} more)" if len(offered) > MOST_TOOLS else ""
    whose = "The model that reads it" if request.component.tool else "Its language model"
    return f"{whose} is offered these tools:\n{fenced(shown + more)}"


def _signature(tool: ToolDefinition) -> str:
    properties = tool.parameters.get("properties")
    names = list(properties) if isinstance(properties, dict) else []
    described = " ".join(tool.description.split())
    if len(described) > DESCRIBED:
        described = described[: DESCRIBED - 2] + " …"
    return f"{tool.name}({', '.join(names)})" + (f": {described}" if described else "")


def _contract(request: Request, steps: Sequence[ModelStep]) -> str:
    """The form that all its replies had, if they had one: what comes after it may rely on that."""
    if request.component.tool is not None:
        return ""
    texts = [step.reply.text for step in steps if step.reply is not None and step.reply.text.strip()]
    read = [_json(text) for text in texts]
    if len(read) < REPLIES or not all(isinstance(value, dict) for value in read):
        return ""
    keys = list(dict.fromkeys(key for value in read if isinstance(value, dict) for key in value))[:MOST_KEYS]
    return (
        "Each reply that it gave here is one JSON object; what follows may rely on that. Its keys:\n"
        f"{fenced(', '.join(map(_short, keys)))}"
    )


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def listed(names: Sequence[str]) -> str:
    """Names in backticks, each once."""
    return ", ".join(map(named, dict.fromkeys(names)))


def named(name: str) -> str:
    """A name in backticks, on one line: it can't end them, and no name is so long that it could be a speech."""
    return f"`{_short(name).replace('`', chr(39))}`"


def _short(name: str) -> str:
    line = " ".join(name.split())
    return line if len(line) <= NAME else f"{line[: NAME - 2]} …"
