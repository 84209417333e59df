"""The contract of agents, on wrapped LangGraph graphs: made by `create_agent`, by hand, and with a subgraph."""

from collections.abc import Sequence
from typing import Any

import pytest
from gepa_agents_langgraph import wrap
from langchain.agents import create_agent
from langchain_core.messages import BaseMessage, SystemMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

from gepa_agents.ports.agent import Agent
from gepa_agents.testing.agent_contract import AgentContract, Build, Deliberate
from tests.langgraph_zoo import Log, Reply, Scripted, search, uses

PROMPT = "You are a shop assistant."
OTHER = "Bake bread, and nothing else."


def on_purpose(messages: Sequence[BaseMessage], tools: Sequence[Any]) -> str:
    """The model's answer to everything."""
    raise Deliberate("on purpose")


def made(prompt: str, reply: Reply) -> Any:
    """`create_agent`."""
    return create_agent(Scripted(log=Log(), reply=reply), [search], system_prompt=prompt, name="shop")


def by_hand(prompt: str, reply: Reply) -> Any:
    """A hand-written graph with an async node and a tool loop."""
    model = Scripted(log=Log(), reply=reply).bind_tools([search])

    async def serve(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await model.ainvoke([SystemMessage(prompt), *state["messages"]])]}

    graph = StateGraph(MessagesState)
    graph.add_node("serve", serve)
    graph.add_node("tools", ToolNode([search]))
    graph.add_edge(START, "serve")
    graph.add_conditional_edges("serve", tools_condition, {"tools": "tools", END: END})
    graph.add_edge("tools", "serve")
    return graph.compile(name="shop")


def nested(prompt: str, reply: Reply) -> Any:
    """A graph with the agent as a subgraph."""
    graph = StateGraph(MessagesState)
    graph.add_node("assistant", made(prompt, reply))
    graph.add_edge(START, "assistant")
    graph.add_edge("assistant", END)
    return graph.compile(name="shop")


class GraphContract(AgentContract):
    """The contract with the fixtures that all graphs share."""

    prompt = PROMPT

    def graph(self, prompt: str, reply: Reply) -> Any:
        """The graph with a prompt and a scripted model."""
        raise NotImplementedError

    @pytest.fixture
    def build(self) -> Build:
        return lambda: wrap(self.graph(PROMPT, uses("search", query="lamp")))

    @pytest.fixture
    def changed(self) -> Agent:
        return wrap(self.graph(OTHER, uses("search", query="lamp")))

    @pytest.fixture
    def failing(self) -> Agent:
        return wrap(self.graph(PROMPT, on_purpose))


class TestCreateAgent(GraphContract):
    """`create_agent`."""

    def graph(self, prompt: str, reply: Reply) -> Any:
        return made(prompt, reply)


class TestHandWritten(GraphContract):
    """A hand-written graph."""

    def graph(self, prompt: str, reply: Reply) -> Any:
        return by_hand(prompt, reply)


class TestSubgraph(GraphContract):
    """An agent within a graph."""

    many = 50

    def graph(self, prompt: str, reply: Reply) -> Any:
        return nested(prompt, reply)
