"""Texts that need a closer look: named ones, tools' descriptions, framework texts, misses, and what is out of reach."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Annotated, Any

import pytest
from gepa_agents_langgraph import LangGraphAgent, prompt, wrap
from gepa_agents_langgraph.offered import Descriptions
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.prompts import PromptTemplate
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph

from gepa_agents.parts.tracing.recorder import Recorder
from gepa_agents.words.component import Anatomy, Component
from gepa_agents.words.errors import GraphConfigError, OverrideMissed
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import Trajectory
from tests.langgraph_zoo import Log, Scripted, agent, agent_todo, agents_as_tools, blocks, fstrings, says

INPUTS = ("Ann", "Benedikt von Stein", "Carla")


def one_node(act: Any) -> Any:
    """A graph of one node, `act`."""
    graph = StateGraph(MessagesState)
    graph.add_node("act", act)
    graph.add_edge(START, "act")
    return graph.compile()


async def trajectory(agent: LangGraphAgent, given: str = "Ann", config: GraphConfig | None = None) -> Trajectory:
    """One run."""
    with Recorder().rollout("rollout", {}) as recording:
        await agent.run(Task(id="t", input=given), config or GraphConfig(), recording.tracer)
        return recording.trajectory()


async def probed(agent: LangGraphAgent, inputs: tuple[str, ...] = INPUTS) -> Anatomy:
    """What some runs show."""
    return agent.anatomy([await trajectory(agent, given) for given in inputs])


def texts(anatomy: Anatomy, **new: str) -> GraphConfig:
    """A configuration of the anatomy."""
    return GraphConfig(components=anatomy.components, texts=new)


# Prompts that the author names.


def test_outside_a_graph_a_prompt_is_its_default() -> None:
    """`prompt` fills in what is named, at once, and leaves every other brace alone."""
    assert prompt("p", 'Say {a} and {b} as {"json": {}}.', a="{b}", b=2) == 'Say {b} and 2 as {"json": {}}.'


async def test_a_named_prompt_is_found_once_and_overridden() -> None:
    """It is one component under its own name, with its slots, and its message is not found a second time."""
    log = Log()
    model = Scripted(log=log, reply=says("text"))

    def act(state: MessagesState) -> dict[str, Any]:
        text = prompt("guide", "You guide {who} through {place} today.", who=state["messages"][-1].text, place="Rome")
        return {"messages": [model.invoke([SystemMessage(text), *state["messages"]])]}

    agent = wrap(one_node(act))
    anatomy = await probed(agent)
    (found,) = anatomy.components
    assert (found.name, found.node, found.registered) == ("guide", "act", True)
    assert [slot.name for slot in found.slots] == ["who", "place"]
    config = texts(anatomy, guide="{place}, {who}! {literal}")
    await trajectory(agent, "Ann", config)
    assert log.calls[-1].system == "Rome, Ann! {literal}"
    agent.apply(config).invoke({"messages": [("user", "Ben")]})
    assert log.calls[-1].system == "Rome, Ben! {literal}"


async def test_a_named_prompt_reaches_a_node_without_a_chat_model() -> None:
    """A node that calls something else than LangChain is tuned through its named prompt."""
    sent: list[str] = []

    def act(state: MessagesState) -> dict[str, Any]:
        sent.append(prompt("raw", "You are raw."))
        return {}

    agent = wrap(one_node(act))
    anatomy = await probed(agent)
    assert [component.name for component in anatomy.components] == ["raw"]
    await trajectory(agent, "Ann", texts(anatomy, raw="You are cooked."))
    assert sent[-1] == "You are cooked."


async def test_a_named_prompt_that_changed_is_a_miss() -> None:
    """When the author has rewritten a named prompt, its old override is not used, and the run says so."""
    old = Component(name="raw", kind="prompt", text="You were raw.", node="act", registered=True)

    def act(state: MessagesState) -> dict[str, Any]:
        prompt("raw", "You are raw.")
        return {}

    with pytest.raises(OverrideMissed, match="`raw`"):
        await trajectory(wrap(one_node(act)), "Ann", GraphConfig(components=(old,), texts={"raw": "New."}))


# Descriptions of tools and arguments.


async def test_tool_texts_are_found_and_overridden() -> None:
    """A tool's description and its argument's are components; overriding them leaves the user's tool as it is."""
    log = Log()
    wrapped = wrap(agent(log))
    anatomy = await probed(wrapped)
    found = {component.name: component.text for component in anatomy.components if component.kind != "prompt"}
    assert found == {
        "tools.search.description": "Search the catalogue.",
        "tools.search.args.query": "What to look for.",
    }
    new = {"tools.search.description": "Find goods.", "tools.search.args.query": "One noun."}
    seen = await trajectory(wrapped, "Ann", GraphConfig(components=anatomy.components, texts=new))
    offered = next(seen.models()).tools[0]
    assert offered.description == "Find goods."
    assert offered.parameters["properties"]["query"]["description"] == "One noun."  # type: ignore[index,call-overload]
    await trajectory(wrapped)
    assert log.calls[-1].tools[0]["function"]["description"] == "Search the catalogue."


SCHEMA = {"type": "object", "properties": {"q": {"type": "string", "description": "old q"}, "n": {"type": "integer"}}}
NEW = {"type": "object", "properties": {"q": {"type": "string", "description": "new q"}, "n": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"type": "function", "function": {"name": "t", "description": "old", "parameters": SCHEMA, "strict": True}},
            {"type": "function", "function": {"name": "t", "description": "new", "parameters": NEW, "strict": True}},
        ),
        (
            {"name": "t", "description": "old", "input_schema": SCHEMA, "cache_control": {"type": "ephemeral"}},
            {"name": "t", "description": "new", "input_schema": NEW, "cache_control": {"type": "ephemeral"}},
        ),
        (
            {"function_declarations": [{"name": "t", "description": "old", "parameters": SCHEMA}, {"name": "u"}]},
            {"function_declarations": [{"name": "t", "description": "new", "parameters": NEW}, {"name": "u"}]},
        ),
        ({"type": "web_search"}, {"type": "web_search"}),
        ("not a dictionary", "not a dictionary"),
    ],
    ids=["openai", "anthropic", "gemini", "built-in", "other"],
)
def test_every_shape_of_tools(given: Any, expected: Any) -> None:
    """The shapes of OpenAI, Anthropic and Gemini are rewritten without changing what was given."""
    before = repr(given)
    components = [
        Component(name="a", kind="tool_description", text="old", tool="t"),
        Component(name="b", kind="argument_description", text="old q", tool="t", argument="q"),
    ]
    assert Descriptions(components, {"a": "new", "b": "new q"}).applied([given]) == [expected]
    assert repr(given) == before


async def test_a_tool_whose_description_changed_is_a_miss() -> None:
    """An overridden description whose tool is offered with another text is an error."""
    old = Component(name="tools.search.description", kind="tool_description", text="Look up.", tool="search")
    config = GraphConfig(components=(old,), texts={old.name: "New."})
    with pytest.raises(OverrideMissed, match=r"`tools.search.description`.*Search the catalogue"):
        await trajectory(wrap(agent(Log())), "Ann", config)


async def test_a_tool_in_two_nodes_is_one_component() -> None:
    """A tool that two nodes offer with one text is one component without a node; with two texts, two."""
    model = Scripted(log=Log(), reply=says("text"))

    def named(description: str) -> Any:
        @tool(description=description)
        def find(query: Annotated[str, "A noun."]) -> str:
            return query

        return find

    def node(description: str) -> Any:
        bound = model.bind_tools([named(description)])
        return lambda state: {"messages": [bound.invoke([SystemMessage("You look for things."), *state["messages"]])]}

    graph = StateGraph(MessagesState)
    for name, description in (("a", "Find."), ("b", "Find."), ("c", "Find more.")):
        graph.add_node(name, node(description))
        graph.add_edge(START, name)
    anatomy = await probed(wrap(graph.compile()))
    assert {(one.name, one.node, one.text) for one in anatomy.components if one.kind != "prompt"} == {
        ("tools.find.description", "", "Find."),
        ("tools.find.description#2", "c", "Find more."),
        ("tools.find.args.query", "", "A noun."),
    }


# What frameworks append, content blocks, agents that share a path.


async def test_what_middleware_appends_stays() -> None:
    """The component is the author's part of the prompt; what LangChain's middleware appends stays behind it."""
    log = Log()
    wrapped = wrap(agent_todo(log))
    anatomy = await probed(wrapped)
    assert anatomy.component("model.system").text == "You plan the shopping."
    assert "write_todos" not in {component.tool for component in anatomy.components}
    await trajectory(wrapped, "Ann", GraphConfig(components=anatomy.components, texts={"model.system": "Plan well."}))
    told = log.calls[-1].system
    assert told.startswith("Plan well.")
    assert "write_todos" in told


async def test_a_block_keeps_its_cache_control() -> None:
    """Content blocks are replaced one by one and keep everything else that they hold."""
    log = Log()
    wrapped = wrap(blocks(log))
    anatomy = await probed(wrapped)
    new = GraphConfig(components=anatomy.components, texts={"look_up.system": "You know it all."})
    await trajectory(wrapped, "Ann", new)
    assert log.calls[-1].messages[0].content == [
        {"type": "text", "text": "You know it all.", "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": "Quote the page."},
    ]


async def test_agents_that_share_a_path_are_told_apart_by_text() -> None:
    """Two agents that are tools of a third run under one path; each is tuned separately."""
    log = Log()
    wrapped = wrap(agents_as_tools(log))
    anatomy = await probed(wrapped)
    cook = next(one for one in anatomy.components if "cook" in one.text and one.kind == "prompt")
    await trajectory(wrapped, "Ann", GraphConfig(components=anatomy.components, texts={cook.name: "You bake."}))
    told = {call.system for call in log.calls[-4:]}
    assert {"You bake.", "You know all about colours.", "You ask those who know."} == told


async def test_a_slot_takes_the_value_of_the_run() -> None:
    """A prompt that an f-string fills is overridden with this run's values, not with those of the probe."""
    log = Log()
    wrapped = wrap(fstrings(log))
    anatomy = await probed(wrapped)
    (found,) = anatomy.components
    assert [len(found.slots), "{plain}" in found.text] == [2, True]
    one, two = (f"{{{slot.name}}}" for slot in found.slots)
    await trajectory(wrapped, "Dora", texts(anatomy, **{"advise.system": f"For {one} ({{plain}}): {two}"}))
    assert log.calls[-1].system.startswith("For Dora ({plain}): Dora likes to travel. Dora likes")


async def test_a_text_template_is_exact() -> None:
    """`PromptTemplate | llm` reports its template: what never changed in the probe is a slot all the same."""
    log = Log()
    chain = PromptTemplate.from_template("Summarise for a child, in {language}: {text}") | Scripted(
        log=log, reply=says("text")
    )

    def act(state: MessagesState) -> dict[str, Any]:
        chain.invoke({"language": "French", "text": state["messages"][-1].text})
        return {}

    wrapped = wrap(one_node(act))
    anatomy = await probed(wrapped)
    assert [(one.name, one.text) for one in anatomy.components] == [
        ("act.user", "Summarise for a child, in {language}: {text}")
    ]
    await trajectory(wrapped, "Ann", texts(anatomy, **{"act.user": "{text} ({language})"}))
    assert log.calls[-1].everything == "Ann (French)"


async def test_an_optional_paragraph_is_a_slot() -> None:
    """A paragraph that stands in some runs only is a slot, and no word of the fixed text beside it is lost."""
    model = Scripted(log=Log(), reply=says("text"))

    def act(state: MessagesState) -> dict[str, Any]:
        who = str(state["messages"][-1].text)
        extra = "Be extra careful, the customer is important.\n" if len(who) > 3 else ""
        model.invoke(
            [SystemMessage(f"You help {who} with orders.\n{extra}Always give the order number."), *state["messages"]]
        )
        return {}

    anatomy = await probed(wrap(one_node(act)), ("Ann", "Robert", "Cy", "Benjamin"))
    assert [one.text for one in anatomy.components] == [
        "You help {slot_1} with orders.\n{slot_2}Always give the order number."
    ]


# Misses.


async def test_a_prompt_that_no_longer_matches_is_a_miss() -> None:
    """An override whose node asks something else is an error with node, component and what was seen."""
    old = Component(name="model.system", kind="prompt", text="You were a waiter.", node="model")
    config = GraphConfig(components=(old,), texts={"model.system": "New."})
    with pytest.raises(OverrideMissed, match=r"node `model`.*`model.system`.*'You are a shop assistant.'"):
        await trajectory(wrap(agent(Log())), "Ann", config)


async def test_a_changed_prompt_is_a_miss_among_others() -> None:
    """When one of a node's prompts still matches, another one that changed a little is still an error."""
    model = Scripted(log=Log(), reply=says("text"))

    def act(state: MessagesState) -> dict[str, Any]:
        model.invoke([SystemMessage("You are the first of two speakers."), *state["messages"]])
        model.invoke([SystemMessage("You are the second of all two speakers here."), *state["messages"]])
        return {}

    first = Component(name="act.system", kind="prompt", text="You are the first of two speakers.", node="act")
    second = Component(name="act.system#2", kind="prompt", text="You are the second of all two speakers.", node="act")
    for overridden, missed in ((first, False), (second, True)):
        config = GraphConfig(components=(first, second), texts={overridden.name: "New."})
        if missed:
            with pytest.raises(OverrideMissed, match=r"`act\.system#2`"):
                await trajectory(wrap(one_node(act)), "Ann", config)
        else:
            await trajectory(wrap(one_node(act)), "Ann", config)


async def test_a_node_that_is_not_visited_is_no_miss() -> None:
    """An override for a node that the run never reaches is no error."""
    old = Component(name="tools.system", kind="prompt", text="You are a tool.", node="tools")
    await trajectory(wrap(agent(Log())), "Ann", GraphConfig(components=(old,), texts={old.name: "New."}))


def test_another_graphs_texts_are_refused() -> None:
    """A configuration none of whose nodes is in the graph is refused, with both graphs' nodes."""
    other = Component(name="elsewhere.system", kind="prompt", text="You are elsewhere.", node="elsewhere")
    config = GraphConfig(components=(other,), texts={other.name: "New."})
    with pytest.raises(GraphConfigError, match="for a graph with `elsewhere`, but `shop` has `model`"):
        wrap(agent(Log())).apply(config)


# Out of reach.


class Vendor:
    """Stands for a vendor's client."""

    def create(self, text: str) -> str:
        """Answer."""
        return text


Vendor.__module__ = "openai.resources"


async def test_a_vendors_client_is_named() -> None:
    """A node that calls a vendor's client directly is out of reach, with the registry as the way out."""
    client = Vendor()

    def act(state: MessagesState) -> dict[str, Any]:
        client.create("You are hidden.")
        return {}

    (found,) = (await probed(wrap(one_node(act)))).unreachable
    assert found.node == "act"
    assert "openai" in found.reason
    assert "prompt(" in found.remedy


async def test_threads_of_a_nodes_own_are_named() -> None:
    """A node that calls its model in a raw pool loses LangGraph's context; it is out of reach, with a way out."""
    model = Scripted(log=Log(), reply=says("text"))

    def act(state: MessagesState) -> dict[str, Any]:
        with ThreadPoolExecutor() as pool:
            pool.submit(lambda: model.invoke([SystemMessage("You are lost."), *state["messages"]])).result()
        return {}

    anatomy = await probed(wrap(one_node(act)))
    assert anatomy.components == ()
    (found,) = anatomy.unreachable
    assert "threads of its own" in found.reason
    assert "copy_context" in found.remedy


async def test_threads_with_the_nodes_context_are_reached() -> None:
    """What the remedy says is true: a pool that is given the context, and `asyncio.to_thread`, are both reached."""
    log = Log()
    model = Scripted(log=log, reply=says("text"))
    asked = [SystemMessage("You are found again."), HumanMessage("x")]

    async def act(state: MessagesState) -> dict[str, Any]:
        with ThreadPoolExecutor() as pool:
            pool.submit(copy_context().run, model.invoke, asked).result()
        await asyncio.to_thread(model.invoke, asked)
        return {}

    wrapped = wrap(one_node(act))
    anatomy = await probed(wrapped)
    assert ([one.name for one in anatomy.components], anatomy.unreachable) == (["act.system"], ())
    await trajectory(wrapped, "Ann", texts(anatomy, **{"act.system": "New."}))
    assert [call.system for call in log.calls[-2:]] == ["New.", "New."]


async def test_a_prompt_that_is_data_is_named() -> None:
    """A system prompt that differs wholly in each run can't be tuned, nor a lone user message that is the task."""
    model = Scripted(log=Log(), reply=says("text"))

    def act(state: MessagesState) -> dict[str, Any]:
        text = str(state["messages"][-1].text)
        model.invoke([SystemMessage(text.swapcase() * len(text)), ("user", "go"), ("user", "on")])
        model.invoke(text)
        return {}

    anatomy = await probed(wrap(one_node(act)))
    assert anatomy.components == ()
    assert [(one.node, "prompt(" in one.remedy) for one in anatomy.unreachable] == [("act", True), ("act", True)]


async def test_a_node_that_did_not_run_is_named() -> None:
    """A node with a model that the probe did not reach is said to need another task."""
    model = Scripted(log=Log(), reply=says("text"))
    graph = StateGraph(MessagesState)
    graph.add_node("here", lambda state: {})
    graph.add_node("there", lambda state: {"messages": [model.invoke("You are there.")]})
    graph.add_conditional_edges(START, lambda state: "here", ["here", "there"])
    (found,) = (await probed(wrap(graph.compile()))).unreachable
    assert (found.node, found.reason) == ("there", "it did not run in the probe")


async def test_a_model_without_a_prompt_is_named() -> None:
    """A node that hands its model the conversation and nothing else is said to have no prompt."""
    model = Scripted(log=Log(), reply=says("text"))

    def act(state: MessagesState) -> dict[str, Any]:
        return {"messages": [model.invoke([*state["messages"], ("user", "go on")])]}

    (found,) = (await probed(wrap(one_node(act)))).unreachable
    assert found.reason == "its model is called without a prompt of the author's"


async def test_a_model_that_was_not_called_is_named() -> None:
    """A node that ran without calling its model is said to need another task."""
    model = Scripted(log=Log(), reply=says("text"))

    def act(state: MessagesState) -> dict[str, Any]:
        return {"messages": [model.invoke("You are never here.")]} if len(state["messages"]) > 9 else {}

    (found,) = (await probed(wrap(one_node(act)))).unreachable
    assert found.reason == "it ran, and called no model that was seen"


async def test_the_same_trajectories_give_the_same_anatomy() -> None:
    """Trajectories that were kept as JSON give the same components under the same names, for a graph built anew."""
    wrapped = wrap(agents_as_tools(Log()))
    seen = [await trajectory(wrapped, given) for given in INPUTS]
    kept = [Trajectory.model_validate_json(one.model_dump_json()) for one in seen]
    assert wrap(agents_as_tools(Log())).anatomy(kept) == wrapped.anatomy(seen)
