"""Every kind of graph: what is found in it, whether an override reaches its models, and that it stays as it was."""

from collections.abc import Sequence
from typing import Any

import pytest
from gepa_agents_langgraph import LangGraphAgent, wrap

from gepa_agents.parts.tracing.recorder import Recorder
from gepa_agents.words.component import Anatomy, Component
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import Trajectory
from tests.langgraph_zoo import ZOO, Log, Specimen

EMPTY = GraphConfig()


async def rollout(agent: LangGraphAgent, given: JsonValue, config: GraphConfig = EMPTY) -> tuple[JsonValue, Trajectory]:
    """One run, and what its spans say."""
    with Recorder().rollout("rollout", {}) as recording:
        output = await agent.run(Task(id="t", input=given), config, recording.tracer)
        return output, recording.trajectory()


async def probed(agent: LangGraphAgent, inputs: Sequence[Any]) -> Anatomy:
    """The agent's anatomy from one run for each input."""
    return agent.anatomy([(await rollout(agent, given))[1] for given in inputs])


def wrapped(specimen: Specimen) -> tuple[LangGraphAgent, Any, Log]:
    """The specimen as an agent, its graph, and its log."""
    log = Log()
    graph = specimen.build(log)
    return wrap(graph, answers=specimen.answers), graph, log


def tuned(component: Component) -> str:
    """A new text that keeps every slot."""
    return f"TUNED<{component.name}>" + "".join(f" {{{slot.name}}}" for slot in component.slots) + ' {"a": {b}}'


def prompts(anatomy: Anatomy) -> list[Component]:
    """The prompts among the components."""
    return [component for component in anatomy.components if component.kind == "prompt"]


@pytest.mark.parametrize("specimen", ZOO, ids=lambda specimen: specimen.build.__name__)
class TestZoo:
    async def test_finds_every_prompt(self, specimen: Specimen) -> None:
        """The anatomy names every prompt of the graph once, under its node's path, and nothing is out of reach."""
        agent, _, _ = wrapped(specimen)
        anatomy = await probed(agent, specimen.inputs)
        assert sorted(component.name for component in prompts(anatomy)) == sorted(specimen.prompts)
        assert anatomy.unreachable == ()

    async def test_an_override_reaches_the_model(self, specimen: Specimen) -> None:
        """Each component alone can be overridden: its new text is sent, its old text no longer, the others stay."""
        agent, _, log = wrapped(specimen)
        anatomy = await probed(agent, specimen.inputs)
        for component in prompts(anatomy):
            log.calls.clear()
            config = GraphConfig(components=anatomy.components, texts={component.name: tuned(component)})
            await rollout(agent, specimen.inputs[0], config)
            assert log.told(f"TUNED<{component.name}>")
            assert all(call.everything.count("TUNED<") <= 1 for call in log.calls)
            assert not log.told(component.text)

    async def test_an_applied_graph_is_still_a_graph(self, specimen: Specimen) -> None:
        """What `apply` returns is a compiled LangGraph that sends the new texts; the user's own graph sends its own."""
        agent, graph, log = wrapped(specimen)
        anatomy = await probed(agent, specimen.inputs)
        texts = {component.name: tuned(component) for component in prompts(anatomy)}
        applied = agent.apply(GraphConfig(components=anatomy.components, texts=texts))
        assert isinstance(applied, type(graph))
        given = specimen.inputs[0]
        if isinstance(given, str) and "messages" in graph.channels:
            given = {"messages": [("user", given)]}
        thread = {"configurable": {"thread_id": "1"}}
        if specimen.answers is None:
            log.calls.clear()
            await applied.ainvoke(given, thread)
            assert all("TUNED<" in call.everything for call in log.calls)
        log.calls.clear()
        await graph.ainvoke(given, {"configurable": {"thread_id": "2"}})
        assert not log.told("TUNED<")
