"""Evidence of a tool's description on real graphs: every call of the tool, right and wrong, by whichever node."""

from typing import Annotated, Any

from gepa_agents_langgraph import wrap
from langchain_core.messages import AIMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode

from gepa_agents.parts.feedback.evidence import evidence
from gepa_agents.parts.tracing.recorder import Recorder
from gepa_agents.words.case import Case
from gepa_agents.words.component import Anatomy
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.rollout import Rollout, Score
from gepa_agents.words.task import Task
from tests.langgraph_zoo import Log, Reply, Scripted, call, says


@tool
def stock(day: Annotated[str, "A day."]) -> str:
    """What is in store on a day."""
    if not day.startswith("2026-"):
        raise ValueError(f"{day} is not a date as 2026-01-31")
    return "12 chairs"


@tool
def prices() -> str:
    """What things cost."""
    return "a chair is 40 EUR"


def asks(*days: str) -> Reply:
    """One call of `stock` for each day, one after the other, then words."""

    def reply(messages: Any, tools: Any) -> str | AIMessage:
        done = sum(isinstance(message, ToolMessage) for message in messages)
        return call("stock", day=days[done]) if done < len(days) else "That is all."

    return reply


def shop(replies: dict[str, Reply]) -> Any:
    """Nodes one after the other, each with its own loop over the same two tools, and a node at the end with none."""
    graph = StateGraph(MessagesState)
    before = START
    for name, reply in replies.items():
        graph.add_node(name, _node(name, reply))
        graph.add_edge(before, name)
        before = name
    writer = Scripted(log=Log(), reply=says("There are 12 chairs."))
    write = SystemMessage("You write.")
    graph.add_node("write", lambda state: {"messages": [writer.invoke([write, *state["messages"][:1]])]})
    graph.add_edge(before, "write")
    return graph.compile()


def _node(name: str, reply: Reply) -> Any:
    model = Scripted(log=Log(), reply=reply).bind_tools([stock, prices])
    inner = StateGraph(MessagesState)
    system = SystemMessage(f"You {name}.")
    inner.add_node("model", lambda state: {"messages": [model.invoke([system, *state["messages"]])]})
    inner.add_node("tools", ToolNode([stock, prices], handle_tool_errors=str))
    inner.add_edge(START, "model")
    inner.add_conditional_edges(
        "model", lambda state: "tools" if state["messages"][-1].tool_calls else "__end__", ["tools", "__end__"]
    )
    inner.add_edge("tools", "model")
    compiled: Any = inner.compile()

    def look(state: MessagesState) -> dict[str, Any]:
        ended = compiled.invoke({"messages": state["messages"][:1]})
        return {"messages": [AIMessage(ended["messages"][-1].text)]}

    return look


async def ran(graph: Any) -> tuple[Case, Anatomy]:
    """One run, and what it shows."""
    agent = wrap(graph)
    task = Task(id="t", input="How many chairs are there?")
    with Recorder().rollout("rollout", {}) as recording:
        output = await agent.run(task, GraphConfig(), recording.tracer)
        trajectory = recording.trajectory()
    score = Score(value=0.5, feedback="The day was wrong at first.")
    rollout = Rollout(task="t", candidate="c", output=output, trajectory=trajectory, score=score)
    return Case(task=task, rollout=rollout), agent.anatomy([trajectory])


async def told(graph: Any, component: str) -> str | None:
    """The evidence for one component of a run."""
    case, anatomy = await ran(graph)
    found = evidence(anatomy.component(component), [case], tokens=6000)
    return None if found is None else found.text


async def test_calls_of_every_node_are_told_right_and_wrong() -> None:
    """Both nodes' calls of the tool, with arguments, answers and errors; nothing of the node that has no tools."""
    graph = shop({"count": asks("Friday", "2026-11-27"), "check": asks("tomorrow")})
    case, anatomy = await ran(graph)
    component = anatomy.component("tools.stock.description")
    assert component.node == ""
    found = evidence(component, [case], tokens=6000)
    assert found is not None
    for passage in (
        "`count/model` called `stock`:\n```\n",
        "`check/model` called `stock`:\n```\n",
        "Friday is not a date as 2026-01-31",
        "tomorrow is not a date as 2026-01-31",
        "12 chairs",
        "The day was wrong at first.",
    ):
        assert passage in found.text, found.text
    assert found.text.count("called `stock`") == 3
    assert "You write" not in found.text


async def test_the_argument_is_told_the_same_calls() -> None:
    """Its description is what went wrong here."""
    text = await told(shop({"count": asks("Friday", "2026-11-27")}), "tools.stock.args.day")
    assert text is not None
    assert text.count("called `stock`") == 2
    assert "Friday is not a date" in text


async def test_a_tool_that_nobody_called_is_told_by_who_had_it() -> None:
    """A description may be why a model passed its tool over: each node that had it is told, once."""
    text = await told(shop({"count": asks("2026-11-27"), "check": says("I trust that.")}), "tools.prices.description")
    assert text is not None
    assert "`count/model` had `prices` and did not call it" in text
    assert "`check/model` had `prices` and did not call it" in text
    assert "called `stock`" not in text
