"""Running a task: inputs, threads, checkpointers, interrupts, outcomes."""

import asyncio
import dataclasses
import enum
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict

import pytest
from gepa_agents_langgraph import LangGraphAgent, wrap
from gepa_agents_langgraph.plain import plain
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt
from opentelemetry.trace import NoOpTracer
from pydantic import BaseModel

from gepa_agents import evaluate
from gepa_agents.words.errors import AgentError
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.task import Task
from tests.langgraph_zoo import Log, asking, remembering

APPROVE = {"request": "mail Ann"}


async def run(agent: LangGraphAgent, given: JsonValue, **metadata: JsonValue) -> Any:
    """Do one task."""
    return await agent.run(Task(id="t1", input=given, metadata=metadata), GraphConfig(), NoOpTracer())


class SyncOnly(BaseCheckpointSaver[str]):
    """A checkpointer without an asynchronous side, as `SqliteSaver` is."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = InMemorySaver()

    def get_tuple(self, config: RunnableConfig) -> Any:
        """As in memory."""
        return self.inner.get_tuple(config)

    def put(self, *args: Any) -> RunnableConfig:
        """As in memory."""
        return self.inner.put(*args)

    def put_writes(self, *args: Any) -> None:
        """As in memory."""
        self.inner.put_writes(*args)

    async def aget_tuple(self, config: RunnableConfig) -> Any:
        """Refuse, as `SqliteSaver` does."""
        raise NotImplementedError("use AsyncSqliteSaver")


async def test_each_run_has_a_fresh_thread() -> None:
    """A graph with a checkpointer starts each task without memory of the one before."""
    agent = wrap(remembering(Log()))
    outcomes = [await run(agent, "hello") for _ in range(2)]
    assert [outcome["messages"][-1]["content"] for outcome in outcomes] == ["2", "2"]


@pytest.mark.parametrize("saver", [SyncOnly, InMemorySaver, lambda: None])
async def test_interrupts_are_answered_with_any_checkpointer(saver: Any) -> None:
    """Replies reach the graph in order, with a sync checkpointer, an async one, and none at all."""
    graph = asking(Log()).copy({"checkpointer": saver()})
    outcome = await run(wrap(graph, answers=["yes", "sure"]), APPROVE)
    assert outcome == {"request": "mail Ann", "approved": ["yes", "sure"], "answer": "sent"}


async def test_a_function_answers() -> None:
    """Replies may come from a function, sync or async, of the task and of what the graph asks."""

    async def reply(task: Task, question: Any) -> str:
        return f"{task.id}: {question}"

    outcome = await run(wrap(asking(Log()), answers=reply), APPROVE)
    assert outcome["approved"] == ["t1: {'may I': 'mail Ann'}", "t1: really?"]


async def test_a_tasks_own_answers_go_first() -> None:
    """`answers` in a task's metadata count before those given to `wrap`."""
    outcome = await run(wrap(asking(Log()), answers=["a", "b"]), APPROVE, answers=["c", "d"])
    assert outcome["approved"] == ["c", "d"]


@pytest.mark.parametrize("answers", [None, ["yes"]])
async def test_an_interrupt_without_an_answer_is_an_error(answers: Sequence[str] | None) -> None:
    """The error says which task was asked what, and where answers are given."""
    with pytest.raises(AgentError, match=r"task `t1`: the graph interrupts to ask .*no answer is left.*answers"):
        await run(wrap(asking(Log()), answers=answers), APPROVE)


async def test_answers_must_be_a_list() -> None:
    """A task whose answers are no list is told so."""
    with pytest.raises(AgentError, match=r"task `t1`: `metadata.answers` must be a list"):
        await run(wrap(asking(Log())), APPROVE, answers="yes")


async def test_interrupts_at_once_are_each_answered() -> None:
    """Nodes that interrupt in the same step each get a reply of their own."""

    class State(TypedDict, total=False):
        a: str
        b: str

    graph = StateGraph(State)
    graph.add_node("first", lambda state: {"a": interrupt("a?")})
    graph.add_node("second", lambda state: {"b": interrupt("b?")})
    graph.add_edge(START, "first")
    graph.add_edge(START, "second")
    agent = wrap(graph.compile(), answers=lambda task, question: question.upper())
    assert await run(agent, {}) == {"a": "A?", "b": "B?"}


async def test_a_functional_workflow_interrupts_too() -> None:
    """The functional API's interrupts are answered."""

    @entrypoint(checkpointer=InMemorySaver())
    def workflow(topic: str) -> str:
        return f"{topic}: {interrupt('go on?')}"

    assert await run(wrap(workflow, answers=["yes"]), "topic") == "topic: yes"


async def test_breakpoints_are_passed() -> None:
    """A breakpoint that was compiled in asks nothing; the run goes on to its end."""

    class State(TypedDict, total=False):
        done: bool

    graph = StateGraph(State)
    graph.add_node("work", lambda state: {"done": True})
    graph.add_edge(START, "work")
    graph.add_edge("work", END)
    assert await run(wrap(graph.compile(checkpointer=InMemorySaver(), interrupt_before=["work"])), {}) == {"done": True}


async def test_a_text_needs_a_graph_that_talks() -> None:
    """A text as input for a graph without messages is an error that names what the graph takes."""
    with pytest.raises(AgentError, match=r"task `t1`: its input is a text.*`request`.*inputs="):
        await run(wrap(asking(Log())), "mail Ann")


async def test_inputs_makes_the_graphs_input() -> None:
    """`inputs` turns a task into what the graph takes."""
    agent = wrap(asking(Log()), inputs=lambda task: {"request": str(task.input)}, answers=["a", "b"])
    assert (await run(agent, "mail Ann"))["request"] == "mail Ann"


async def test_a_tasks_input_is_not_changed() -> None:
    """A graph that changes its input in place does not change the task."""

    class State(TypedDict):
        things: list[str]

    def spoil(state: State) -> State:
        state["things"].append("more")
        return state

    graph = StateGraph(State)
    graph.add_node("spoil", spoil)
    graph.add_edge(START, "spoil")
    task = Task(id="t", input={"things": ["one"]})
    agent = wrap(graph.compile())
    for _ in range(2):
        assert await agent.run(task, GraphConfig(), NoOpTracer()) == {"things": ["one", "more"]}


async def test_config_and_context_reach_the_graph() -> None:
    """What `config` holds is there in every run; its `context` is the graph's runtime context."""

    @dataclasses.dataclass
    class Context:
        user: str

    class State(TypedDict, total=False):
        seen: list[str]

    def look(state: State, config: RunnableConfig, runtime: Runtime[Context]) -> State:
        return {"seen": [config["configurable"]["tone"], runtime.context.user]}

    graph = StateGraph(State, context_schema=Context)
    graph.add_node("look", look)
    graph.add_edge(START, "look")
    agent = wrap(graph.compile(), config={"configurable": {"tone": "warm"}, "context": Context("Ann")})
    assert await run(agent, {}) == {"seen": ["warm", "Ann"]}


async def test_what_the_graph_raises_comes_out() -> None:
    """An exception of a node comes out as it is."""

    class State(TypedDict, total=False):
        x: int

    def fail(state: State) -> State:
        raise LookupError("no such order")

    graph = StateGraph(State)
    graph.add_node("fail", fail)
    graph.add_edge(START, "fail")
    with pytest.raises(LookupError, match="no such order"):
        await run(wrap(graph.compile()), {})


def test_a_fault_names_the_innermost_node_that_raised() -> None:
    """Not those around it, which an error passes on its way out."""

    class State(TypedDict, total=False):
        x: int

    def fail(state: State) -> State:
        raise LookupError("no such order")

    inner = StateGraph(State)
    inner.add_node("look", fail)
    inner.add_edge(START, "look")
    outer = StateGraph(State)
    outer.add_node("desk", inner.compile())
    outer.add_edge(START, "desk")
    (rollout,) = evaluate(wrap(outer.compile()), [Task(id="1", input={})], metric=lambda _task, _run: 1.0).rollouts
    assert rollout.fault is not None
    assert rollout.fault.message == "LookupError: no such order (node `desk/look`)"


def test_runs_in_any_loop() -> None:
    """One agent can be run by one event loop after the other."""
    agent = wrap(remembering(Log()))
    for _ in range(2):
        assert asyncio.run(run(agent, "hello"))


class Colour(enum.Enum):
    """A value with a name."""

    RED = "red"


@dataclasses.dataclass
class Point:
    """Holds another."""

    x: float
    inner: Any = None


class Model(BaseModel):
    """Holds messages."""

    said: list[Any]


def test_messages_are_chat_turns() -> None:
    """Messages become objects with role and content, calls and answers of tools included."""
    calls = [{"name": "search", "args": {"q": "lamp"}, "id": "c1", "type": "tool_call"}]
    blocks = AIMessage([{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "ok"}], tool_calls=calls)
    assert plain([HumanMessage("hi"), blocks, ToolMessage("42", tool_call_id="c1", name="search")]) == [
        {"role": "user", "content": "hi"},
        {
            "role": "assistant",
            "content": "ok",
            "tool_calls": [{"id": "c1", "name": "search", "args": {"q": "lamp"}}],
        },
        {"role": "tool", "content": "42", "name": "search", "tool_call_id": "c1", "status": "success"},
    ]


def test_objects_are_plain() -> None:
    """Models, dataclasses, enums, sets, paths and odd numbers have a plain form; what has none is shown as its repr."""
    marker = object()
    value = {"p": Point(float("nan"), Model(said=[HumanMessage("x")])), 1: {Colour.RED}, "f": Path("a/b"), "o": marker}
    assert plain(value) == {
        "p": {"x": "nan", "inner": {"said": [{"role": "user", "content": "x"}]}},
        "1": ["red"],
        "f": "a/b",
        "o": repr(marker),
    }


def test_a_value_that_contains_itself_ends() -> None:
    """A value that contains itself is cut at some depth."""
    value: list[Any] = []
    value.append(value)
    assert "[...]" in str(plain(value))
