"""Tuned descriptions in the HTTP bodies that the providers' own LangChain packages send. Where a package is not
installed, its tests are skipped; what it binds is kept as a shape in tests/unit/test_tool_shapes.py."""

import asyncio
import importlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import pytest
from gepa_agents_langgraph import LangGraphAgent, wrap
from langchain.agents import create_agent
from langchain.agents.structured_output import ToolStrategy
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import SystemMessage
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from pydantic import BaseModel, Field

from gepa_agents.parts.tracing.recorder import Recorder
from gepa_agents.words.component import Anatomy
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import Trajectory
from tests.vendor_server import VendorServer

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
"""Google's package warns of itself."""

RUNS = 200


class Stay(BaseModel):
    """When."""

    night: str = Field(description="The first night.")


class Verdict(BaseModel):
    """What came of it."""

    words: str = Field(description="In a few words.")


TONIGHT = Stay(night="tonight")


@tool
def search(query: Annotated[str, "What to look for."], stay: Annotated[Stay, "The dates."] = TONIGHT) -> str:
    """Search the catalogue."""
    return f"nothing for {query}"


REMOTE = {
    "name": "remote",
    "description": "Ask the other side.",
    "parameters": {"type": "object", "properties": {"query": {"type": "string", "description": "A question."}}},
}
"""A tool as a server of the model context protocol lists it, already as a schema."""


def make(vendor: str, url: str) -> BaseChatModel:
    """A chat model of the vendor's own package that talks to `url`."""
    package, name = {
        "openai": ("langchain_openai", "ChatOpenAI"),
        "responses": ("langchain_openai", "ChatOpenAI"),
        "anthropic": ("langchain_anthropic", "ChatAnthropic"),
        "gemini": ("langchain_google_genai", "ChatGoogleGenerativeAI"),
    }[vendor]
    pytest.importorskip(package, reason=f"{package} is not installed")
    options: dict[str, dict[str, Any]] = {
        "openai": {"model": "m", "base_url": f"{url}/v1"},
        "responses": {"model": "m", "base_url": f"{url}/v1", "use_responses_api": True},
        "anthropic": {"model": "claude-m", "base_url": url},
        "gemini": {"model": "gemini-2.5-flash", "base_url": url, "vertexai": False},
    }
    made: BaseChatModel = getattr(importlib.import_module(package), name)(
        api_key="none", max_retries=2, **options[vendor]
    )
    return made


def prebuilt(model: BaseChatModel) -> Any:
    """`create_agent`, which binds by itself and calls its model without blocking."""
    return create_agent(model, [search], system_prompt="You look things up.")


def by_hand(model: BaseChatModel) -> Any:
    """`bind_tools`, a node that blocks its thread, a `ToolNode`."""
    bound = model.bind_tools([search])
    graph = StateGraph(MessagesState)
    system = SystemMessage("You look things up.")
    graph.add_node("work", lambda state: {"messages": [bound.invoke([system, *state["messages"]])]})
    graph.add_node("tools", ToolNode([search]))
    graph.add_edge(START, "work")
    graph.add_conditional_edges("work", tools_condition)
    graph.add_edge("tools", "work")
    return graph.compile()


VENDORS = ("openai", "responses", "anthropic", "gemini")


@pytest.fixture
def server() -> Iterator[VendorServer]:
    """One for each test."""
    with VendorServer() as serving:
        yield serving


async def ran(agent: LangGraphAgent, said: str, config: GraphConfig | None = None) -> Trajectory:
    """One run."""
    with Recorder().rollout("rollout", {}) as recording:
        await agent.run(Task(id="t", input=said), config or GraphConfig(), recording.tracer)
        return recording.trajectory()


async def probed(agent: LangGraphAgent) -> Anatomy:
    """What one run shows."""
    return agent.anatomy([await ran(agent, "Run 0.")])


def tools(anatomy: Anatomy) -> dict[str, str]:
    """The components that are not prompts."""
    return {one.name: one.text for one in anatomy.components if one.kind != "prompt"}


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("graph", [prebuilt, by_hand])
async def test_each_run_sends_its_own_candidate(
    server: VendorServer, vendor: str, graph: Callable[[BaseChatModel], Any]
) -> None:
    """Of 200 runs at once, each with texts of its own, every request that left carries those of its run and no other's:
    the tool's description, its argument's, and that of a field within an argument."""
    agent = wrap(graph(make(vendor, server.url)))
    anatomy = await probed(agent)
    found = tools(anatomy)
    assert found == {
        "tools.search.description": "Search the catalogue.",
        "tools.search.args.query": "What to look for.",
        "tools.search.args.stay": "The dates.",
        "tools.search.args.stay.night": "The first night.",
    }
    server.bodies.clear()

    def config(number: int) -> GraphConfig:
        texts = {name: f"Text {place} of candidate {number}." for place, name in enumerate(found)}
        return GraphConfig(components=anatomy.components, texts=texts)

    await asyncio.gather(*(ran(agent, f"Run {number}.", config(number)) for number in range(1, RUNS + 1)))
    sent = [json.dumps(body) for body in server.bodies]
    assert len(sent) == 2 * RUNS
    for body in sent:
        (run,) = set(re.findall(r"Run (\d+)\.", body))
        assert sorted(re.findall(r"Text (\d) of candidate (\d+)\.", body)) == [(str(at), run) for at in range(4)]
        assert not any(text in body for text in found.values())


@pytest.mark.parametrize("vendor", VENDORS)
async def test_schemas_and_structured_output(server: VendorServer, vendor: str) -> None:
    """A tool that is only a schema, and a structured answer that is asked for as a tool, are found and overridden."""
    model = make(vendor, server.url)
    bound, structured = model.bind_tools([REMOTE]), model.with_structured_output(Verdict, method="function_calling")

    async def work(state: MessagesState) -> dict[str, Any]:
        asked = [SystemMessage("You ask."), *state["messages"]]
        reply = await bound.ainvoke(asked)
        with pytest.raises(ValueError, match="words"):  # the server answers with another argument
            await structured.ainvoke(asked)
        return {"messages": [reply]}

    graph = StateGraph(MessagesState)
    graph.add_node("work", work)
    graph.add_edge(START, "work")
    agent = wrap(graph.compile())
    anatomy = await probed(agent)
    found = tools(anatomy)
    assert found == {
        "tools.remote.description": "Ask the other side.",
        "tools.remote.args.query": "A question.",
        "tools.Verdict.description": "What came of it.",
        "tools.Verdict.args.words": "In a few words.",
    }
    server.bodies.clear()
    texts = {name: f"New {name}." for name in found}
    await ran(agent, "Run 1.", GraphConfig(components=anatomy.components, texts=texts))
    sent = json.dumps(server.bodies)
    assert all(text in sent for text in texts.values())
    assert not any(text in sent for text in found.values())


@pytest.mark.parametrize("vendor", VENDORS)
async def test_an_answer_in_a_tool_of_the_prebuilt_agent(server: VendorServer, vendor: str) -> None:
    """`create_agent(response_format=ToolStrategy(...))` offers the answer as a tool: tuned like any other."""
    graph: Any = create_agent(make(vendor, server.url), [search], response_format=ToolStrategy(Verdict))
    agent = wrap(graph)
    anatomy = await probed(agent)
    assert (
        tools(anatomy).items()
        >= {
            "tools.Verdict.description": "What came of it.",
            "tools.Verdict.args.words": "In a few words.",
        }.items()
    )
    server.bodies.clear()
    config = GraphConfig(components=anatomy.components, texts={"tools.Verdict.args.words": "At length."})
    graph_tuned = agent.apply(config)
    await graph_tuned.ainvoke({"messages": [("user", "Run 1.")]})
    assert all("At length." in json.dumps(body) for body in server.bodies)


async def test_geminis_own_records(server: VendorServer) -> None:
    """Tools that are given as records of Google's package, or bare in the call, are found and overridden too."""
    model = make("gemini", server.url)
    types = importlib.import_module("google.genai.types")
    string = types.Schema(type="STRING", description="A noun.")
    function = types.FunctionDeclaration(
        name="lookup",
        description="Look it up.",
        parameters=types.Schema(type="OBJECT", properties={"query": string}),
    )
    record = types.Tool(function_declarations=[function])

    async def work(state: MessagesState) -> dict[str, Any]:
        asked = [SystemMessage("You ask."), *state["messages"]]
        await model.ainvoke(asked, tools=[search])
        return {"messages": [await model.ainvoke(asked, tools=[record])]}

    graph = StateGraph(MessagesState)
    graph.add_node("work", work)
    graph.add_edge(START, "work")
    agent = wrap(graph.compile())
    anatomy = await probed(agent)
    found = tools(anatomy)
    assert set(found) >= {"tools.lookup.description", "tools.lookup.args.query", "tools.search.args.query"}
    server.bodies.clear()
    texts = {name: f"New {name}." for name in found}
    await ran(agent, "Run 1.", GraphConfig(components=anatomy.components, texts=texts))
    assert all(text in json.dumps(server.bodies) for text in texts.values())
    assert record.function_declarations[0].description == "Look it up."
