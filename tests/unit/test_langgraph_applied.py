"""An applied graph runs in every way that the graph did, each of them with the new texts, and mixes with nothing."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from gepa_agents_langgraph import LangGraphAgent, wrap
from langchain_core.messages import HumanMessage, SystemMessage
from langgraph.graph import END, START, MessagesState, StateGraph

from gepa_agents.parts.tracing.recorder import Recorder
from gepa_agents.words.component import Component
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.task import Task
from tests.langgraph_zoo import Asked, Log, Scripted, says

OWN = "You are the first speaker."
COMPONENT = Component(name="speak.system", kind="prompt", text=OWN, node="speak")
MANY = 200


def given(text: str) -> Any:
    """A state with one message."""
    return {"messages": [HumanMessage(text)]}


def speaker(log: Log) -> Any:
    """A graph of one node."""
    model = Scripted(log=log, reply=says("text"))

    def speak(state: MessagesState) -> dict[str, Any]:
        return {"messages": [model.invoke([SystemMessage(OWN), *state["messages"]])]}

    graph = StateGraph(MessagesState)
    graph.add_node("speak", speak)
    graph.add_edge(START, "speak")
    graph.add_edge("speak", END)
    return graph.compile()


def config(text: str) -> GraphConfig:
    """A configuration with that text."""
    return GraphConfig(components=(COMPONENT,), texts={"speak.system": text})


@pytest.fixture
def log() -> Log:
    """What the models were asked."""
    return Log()


@pytest.fixture
def applied(log: Log) -> Any:
    """The graph with another text."""
    return wrap(speaker(log)).apply(config("TUNED"))


async def collected(chunks: Any) -> list[Any]:
    """All of an asynchronous stream."""
    return [chunk async for chunk in chunks]


WAYS: dict[str, Callable[[Any], Any]] = {
    "invoke": lambda graph: graph.invoke(given("x")),
    "invoke with a thread": lambda graph: graph.invoke(given("x"), {"configurable": {"thread_id": "1"}}),
    "stream": lambda graph: list(graph.stream(given("x"), stream_mode="messages")),
    "batch": lambda graph: graph.batch([given("x"), given("y")]),
    "bound config": lambda graph: graph.with_config(tags=["a"], configurable={"user": "u"}).invoke(given("x")),
    "as a step": lambda graph: (graph | (lambda state: state["messages"])).invoke(given("x")),
}
AWAITED: dict[str, Callable[[Any], Any]] = {
    "ainvoke": lambda graph: graph.ainvoke(given("x")),
    "astream": lambda graph: collected(graph.astream(given("x"))),
    "abatch": lambda graph: graph.abatch([given("x"), given("y")]),
    "astream_events": lambda graph: collected(graph.astream_events(given("x"), version="v2")),
}


def only_tuned(log: Log) -> bool:
    """Whether every call was told the new text, and there were calls."""
    return bool(log.calls) and all(call.system == "TUNED" for call in log.calls)


@pytest.mark.parametrize("way", WAYS)
def test_runs_in_every_way(applied: Any, log: Log, way: str) -> None:
    """Whichever way it is run, the models are told the new text."""
    assert WAYS[way](applied)
    assert only_tuned(log)


@pytest.mark.parametrize("way", AWAITED)
async def test_is_awaited_in_every_way(applied: Any, log: Log, way: str) -> None:
    """Whichever way it is awaited, the models are told the new text."""
    assert await AWAITED[way](applied)
    assert only_tuned(log)


def test_a_stream_read_later_has_its_own_texts(log: Log) -> None:
    """Two streams read in turns don't mix, and what runs between two chunks is not touched."""
    graph = speaker(log)
    agent = wrap(graph)
    first = agent.apply(config("FIRST")).stream(given("x"), stream_mode="debug")
    second = agent.apply(config("SECOND")).stream(given("x"), stream_mode="debug")
    for chunks in (first, second, first, second):
        next(chunks)
        graph.invoke(given("between"))
    list(first), list(second)
    assert {call.system for call in log.told("between")} == {OWN}
    assert [call.system for call in log.calls if not call.everything.endswith("between")] == ["FIRST", "SECOND"]


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_nests_as_a_subgraph(applied: Any, log: Log, asynchronous: bool) -> None:
    """Mounted in a graph, where its nodes have longer paths, it keeps its texts, and its neighbour keeps its own."""
    outer = StateGraph(MessagesState)
    outer.add_node("tuned", applied)
    outer.add_node("plain", speaker(log))
    outer.add_edge(START, "tuned")
    outer.add_edge("tuned", "plain")
    graph = outer.compile()
    thread = {"configurable": {"thread_id": "1"}}
    _ = await graph.ainvoke(given("x"), thread) if asynchronous else graph.invoke(given("x"), thread)
    assert [call.system for call in log.calls] == ["TUNED", OWN]


async def test_an_applied_graph_can_be_tuned_further(applied: Any, log: Log) -> None:
    """Wrapped again, its tuned text is what is found, and what the next text replaces."""
    agent = wrap(applied)
    found = await components(agent)
    assert [component.text for component in found] == ["TUNED"]
    agent.apply(GraphConfig(components=found, texts={"speak.system": "TWICE"})).invoke(given("x"))
    assert log.calls[-1].system == "TWICE"


async def test_a_child_with_a_thread_of_its_own_is_reached(log: Log) -> None:
    """A graph that a node calls with another thread id gets the new texts too."""
    child = speaker(log)

    def ask(state: MessagesState) -> dict[str, Any]:
        return child.invoke(given("x"), {"configurable": {"thread_id": "its own"}})  # type: ignore[no-any-return]

    outer = StateGraph(MessagesState)
    outer.add_node("ask", ask)
    outer.add_edge(START, "ask")
    agent = wrap(outer.compile())
    (found,) = await components(agent)
    new = GraphConfig(components=(found,), texts={found.name: "TUNED"})
    log.calls.clear()
    agent.apply(new).invoke(given("x"), {"configurable": {"thread_id": "1"}})
    with Recorder().rollout("rollout", {}) as recording:
        await agent.run(Task(id="t", input="x"), new, recording.tracer)
    assert [call.system for call in log.calls] == ["TUNED", "TUNED"]


def test_a_prompt_that_has_changed_since_is_told_once(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    """An applied graph whose own prompt is another by now runs with its own, and warns, once."""
    other = COMPONENT.model_copy(update={"text": "You were someone else then."})
    graph = wrap(speaker(log)).apply(GraphConfig(components=(other,), texts={"speak.system": "TUNED"}))
    graph.batch([given("x"), given("y")])
    assert {call.system for call in log.calls} == {OWN}
    assert [record.name for record in caplog.records] == ["gepa_agents"]
    assert "`speak.system`" in caplog.text


def test_the_graph_itself_is_not_touched(log: Log) -> None:
    """Wrapping and applying leave the user's graph, its nodes and its config as they were."""
    graph = speaker(log)
    before = (dict(graph.nodes), graph.config, dict(vars(graph)), type(graph))
    wrap(graph).apply(config("TUNED")).invoke(given("x"))
    assert (dict(graph.nodes), graph.config, dict(vars(graph)), type(graph)) == before
    graph.invoke(given("x"))
    assert log.calls[-1].system == OWN


def matched(calls: list[Asked]) -> int:
    """Of how many calls the system text and the question have the same number."""
    return sum(call.system == f"CANDIDATE {call.messages[-1].text}" for call in calls)


async def test_many_candidates_at_once_in_tasks(log: Log) -> None:
    """200 runs of 200 candidates at once in tasks: each asks its own question under its own text."""
    agent = wrap(speaker(log))
    with Recorder().rollout("rollout", {}) as recording:
        await asyncio.gather(
            *(
                agent.run(Task(id="t", input=str(number)), config(f"CANDIDATE {number}"), recording.tracer)
                for number in range(MANY)
            )
        )
    assert matched(log.calls) == len(log.calls) == MANY


def test_many_candidates_at_once_in_threads(log: Log) -> None:
    """200 applied graphs at once in threads: each asks its own question under its own text."""
    agent = wrap(speaker(log))

    def one(number: int) -> None:
        agent.apply(config(f"CANDIDATE {number}")).invoke(given(str(number)))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one, range(MANY)))
    assert matched(log.calls) == len(log.calls) == MANY


async def components(agent: LangGraphAgent) -> tuple[Component, ...]:
    """What a probe finds."""
    with Recorder().rollout("rollout", {}) as recording:
        await agent.run(Task(id="t", input="x"), GraphConfig(), recording.tracer)
        return agent.anatomy([recording.trajectory()]).components
