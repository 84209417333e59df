"""Reads from trajectories, and from how the graph was built, which texts can be tuned and which can't.

A pure function: the same trajectories find the same components under the same names.
"""

from collections.abc import Sequence

from gepa_agents.words.component import Anatomy, Unreachable
from gepa_agents.words.trajectory import Trajectory
from gepa_agents_langgraph import tool_texts
from gepa_agents_langgraph.change import in_code
from gepa_agents_langgraph.prompt_texts import NAMED, Call, NodeTexts, registered
from gepa_agents_langgraph.structure import Structure


def discover(structure: Structure, trajectories: Sequence[Trajectory]) -> Anatomy:
    """The anatomy of a graph that did these runs with its own texts."""
    named = registered(trajectories)
    visits = {step.node for trajectory in trajectories for step in trajectory.nodes()}
    calls = _calls(trajectories)
    components = list(named)
    unreachable: list[Unreachable] = []
    for node, here in calls.items():
        code = structure.code.get(node)
        texts = NodeTexts(node, here, named, structure.appended, code.texts if code else frozenset())
        components += texts.components(trajectories)
        unreachable += texts.unreachable
    steps = [step for trajectory in trajectories for step in trajectory.models()]
    components += tool_texts.components(steps, structure.frameworks_tools)
    seen = {step.node for trajectory in trajectories for step in trajectory.steps if step.node}
    silent = [node for node in structure.nodes if node not in calls]
    spoken = {component.node for component in named}
    unreachable += [one for node in silent if (one := _silent(node, structure, visits, spoken)) is not None]
    return Anatomy(
        nodes=tuple(dict.fromkeys([*structure.nodes, *sorted(seen)])),
        edges=structure.edges,
        components=tuple(one.model_copy(update={"in_code": in_code(one, structure)}) for one in components),
        unreachable=tuple(unreachable),
    )


def _calls(trajectories: Sequence[Trajectory]) -> dict[str, list[Call]]:
    """The model calls of each node, nodes in order of their first call."""
    found: dict[str, list[Call]] = {}
    for number, trajectory in enumerate(trajectories):
        for step in trajectory.models():
            if step.node:
                found.setdefault(step.node, []).append(Call(number, step))
    return found


def _silent(node: str, structure: Structure, visits: set[str], spoken: set[str]) -> Unreachable | None:
    """Why nothing was seen of a node's model, if it seems to have one."""
    code = structure.code[node]
    inner = any(other.startswith(f"{node}/") for other in structure.nodes)
    if node in spoken or inner or not (code.model or code.vendors or code.prompt):
        return None
    if node not in visits:
        return Unreachable(
            node=node, reason="it did not run in the probe", remedy="probe with tasks that lead the graph through it"
        )
    if code.vendors:
        vendors = ", ".join(sorted(code.vendors))
        return Unreachable(node=node, reason=f"it calls {vendors} directly, past LangChain's chat models", remedy=NAMED)
    if code.threads:
        return Unreachable(
            node=node,
            reason="it calls its model in threads of its own, which lose LangGraph's context",
            remedy="start them with asyncio.to_thread, or submit contextvars.copy_context().run to the pool",
        )
    return Unreachable(
        node=node,
        reason="it ran, and called no model that was seen",
        remedy="probe with tasks that make it call its model, by `invoke` or `stream` and not by `generate`",
    )
