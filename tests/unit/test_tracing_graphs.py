"""What the spans of real graphs tell: nodes, model calls, tools, reasoning, templates, errors that are and are not."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import pytest
from gepa_agents_langgraph import wrap
from gepa_agents_langgraph.tracing import GraphTracer
from langchain.agents import create_agent
from langchain_core.language_models import FakeListLLM
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphRecursionError
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import InjectedState, ToolNode, tools_condition
from langgraph.types import Command, interrupt
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gepa_agents.parts.tracing.recorder import Recorder
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import Message, ModelStep, NodeStep, ToolCall, Trajectory
from tests.langgraph_zoo import Log, Reply, Scripted, call, fan_out, says, search, subgraphs, supervisor, uses

MODES = pytest.mark.parametrize("mode", ["invoke", "ainvoke", "stream", "astream"])


@pytest.fixture(autouse=True)
def no_callback_fails(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """LangChain logs what callbacks raise, and goes on; here that is a failure."""
    with caplog.at_level(logging.WARNING):
        yield
    assert "GraphTracer" not in caplog.text


async def traced(graph: Any, given: Any, mode: str = "ainvoke", recorder: Recorder | None = None, **config: Any) -> Any:
    """One run of the graph: its trajectory, or what it raised with the trajectory until then."""
    with (recorder or Recorder()).rollout("rollout", {}) as recording:
        config = {**config, "callbacks": [GraphTracer(recording.tracer)]}
        try:
            if mode == "invoke":
                graph.invoke(given, config)
            elif mode == "ainvoke":
                await graph.ainvoke(given, config)
            elif mode == "stream":
                list(graph.stream(given, config, stream_mode="messages"))
            else:
                [chunk async for chunk in graph.astream(given, config, stream_mode="messages")]
        except Exception as error:  # noqa: BLE001 - the tests look at it
            return error, recording.trajectory()
        return recording.trajectory()


def asks(text: str) -> dict[str, Any]:
    """A state with a user's message."""
    return {"messages": [HumanMessage(text)]}


def one_node(node: Callable[..., Any], **options: Any) -> Any:
    """A graph of one node, called `only`."""
    graph = StateGraph(MessagesState)
    graph.add_node("only", node)
    graph.add_edge(START, "only")
    return graph.compile(**options)


def with_tools(reply: Reply, *tools: Any, handle: Any = True) -> Any:
    """A model and its tools in a loop."""
    model = Scripted(log=Log(), reply=reply).bind_tools(tools)
    graph = StateGraph(MessagesState)
    graph.add_node("think", lambda state: {"messages": [model.invoke(state["messages"])]})
    graph.add_node("tools", ToolNode(list(tools), handle_tool_errors=handle))
    graph.add_edge(START, "think")
    graph.add_conditional_edges("think", tools_condition)
    graph.add_edge("tools", "think")
    return graph.compile()


def outline(trajectory: Trajectory) -> list[tuple[str, str]]:
    """Kind and node of each step."""
    return [(step.kind, step.node) for step in trajectory.steps]


class TestSteps:
    @MODES
    async def test_an_agent_with_a_tool(self, mode: str) -> None:
        """Each node is one step, followed by what ran in it, however the graph is run."""
        model = Scripted(log=Log(), reply=uses("search", query="lamp"))
        graph = create_agent(model, [search], system_prompt="You sell.")
        trajectory = await traced(graph, asks("A lamp?"), mode)

        assert outline(trajectory) == [
            ("node", "model"),
            ("model", "model"),
            ("node", "tools"),
            ("tool", "tools"),
            ("node", "model"),
            ("model", "model"),
        ]
        first, second = trajectory.models()
        assert first.messages == (Message(role="system", text="You sell."), Message(role="user", text="A lamp?"))
        assert [one.name for one in first.tools] == ["search"]
        assert first.tools[0].parameters["properties"] == {
            "query": {"description": "What to look for.", "type": "string"}
        }
        asked = ToolCall(id="call_search", name="search", arguments={"query": "lamp"})
        assert first.reply == Message(role="assistant", tool_calls=(asked,))
        assert second.messages[-1] == Message(role="tool", text="found lamp", call_id="call_search")
        (used,) = trajectory.tools()
        assert (used.tool, used.call_id, used.arguments) == ("search", "call_search", {"query": "lamp"})
        assert (used.result, used.error) == ("found lamp", None)

    @MODES
    async def test_nodes_of_subgraphs_have_paths(self, mode: str) -> None:
        """The path of an inner node leads through the nodes around it; no run's UUID is in it."""
        trajectory = await traced(subgraphs(Log()), asks("Write."), mode)
        assert [step.node for step in trajectory.models()] == [
            "researcher/model",
            "researcher/model",
            "writer/drafter",
            "writer/critic",
        ]
        assert [step.node for step in trajectory.nodes()] == [
            "researcher",
            "researcher/model",
            "researcher/tools",
            "researcher/model",
            "writer",
            "writer/drafter",
            "writer/critic",
        ]

    async def test_sent_nodes_are_one_step_each(self) -> None:
        """`Send` runs one node several times at once: each has its step and its model call, after the router's."""
        trajectory = await traced(fan_out(Log()), asks("Write."))
        assert [step.node for step in trajectory.nodes()] == ["__start__", "part", "part", "part"]
        assert sorted(step.messages[-1].text for step in trajectory.models()) == ["moon", "stars", "sun"]

    @MODES
    async def test_parallel_tools_keep_their_own(self, mode: str) -> None:
        """Tools called in one turn, even by the same name, each have their arguments and their result."""
        calls = [{**call("search", query=query).tool_calls[0], "id": query} for query in ("sun", "moon", "stars")]

        def reply(messages: Sequence[BaseMessage], tools: Sequence[Any]) -> str | AIMessage:
            return "done" if isinstance(messages[-1], ToolMessage) else AIMessage("", tool_calls=calls)

        trajectory = await traced(with_tools(reply, search), asks("Look."), mode)
        found = sorted((step.call_id, str(step.arguments), step.result) for step in trajectory.tools())
        assert found == sorted((query, str({"query": query}), f"found {query}") for query in ("sun", "moon", "stars"))

    async def test_a_node_without_a_model_is_a_step(self) -> None:
        """Nothing but its visit is known of it."""
        (step,) = (await traced(one_node(lambda state: {}), asks("Hi."))).steps
        assert (step.kind, step.node, step.error) == ("node", "only", None)

    async def test_times_are_of_the_rollout(self) -> None:
        """What is inside a step lies within its time."""
        trajectory = await traced(one_node(lambda state: model.invoke("Hi.") and {}), asks("Hi."))
        node, step = trajectory.steps
        assert 0 <= node.started <= step.started
        assert step.started + step.seconds <= node.started + node.seconds <= trajectory.seconds + 1e-9


model = Scripted(log=Log(), reply=says("Hello."))


class TestModels:
    @pytest.mark.parametrize(
        "reply",
        [
            AIMessage([{"type": "reasoning", "reasoning": "Let me see."}, {"type": "text", "text": "Yes."}]),
            AIMessage([{"type": "reasoning", "summary": [{"text": "Let me "}, {"text": "see."}]}, "Yes."]),
            AIMessage([{"type": "thinking", "thinking": "Let me see."}, {"type": "text", "text": "Yes."}]),
            AIMessage("Yes.", additional_kwargs={"reasoning_content": "Let me see."}),
        ],
        ids=["reasoning block", "summary", "thinking block", "reasoning_content"],
    )
    @MODES
    async def test_reasoning_in_every_form(self, reply: AIMessage, mode: str) -> None:
        """What a model thought is kept apart from what it said, in the reply and where the reply is sent again."""
        thinking = Scripted(log=Log(), reply=lambda messages, tools: reply)

        def node(state: MessagesState) -> dict[str, Any]:
            said = thinking.invoke(state["messages"])
            return {"messages": [said, thinking.invoke([*state["messages"], said])]}

        first, second = (await traced(one_node(node), asks("Well?"), mode)).models()
        assert first.reply == Message(role="assistant", text="Yes.", reasoning="Let me see.")
        assert second.messages[-1] == first.reply

    async def test_messages_keep_their_order(self) -> None:
        """A system message in the middle of a conversation stays there."""
        sent = [SystemMessage("One."), HumanMessage("Two."), SystemMessage("Three."), HumanMessage("Four.")]
        (step,) = (await traced(one_node(lambda state: {"messages": model.invoke(sent)}), asks("Hi."))).models()
        assert [(one.role, one.text) for one in step.messages] == [
            ("system", "One."),
            ("user", "Two."),
            ("system", "Three."),
            ("user", "Four."),
        ]

    async def test_tokens_names_and_finish_reason(self) -> None:
        """They are what the provider reported."""
        reply = AIMessage(
            "Yes.",
            usage_metadata={"input_tokens": 11, "output_tokens": 3, "total_tokens": 14},
            response_metadata={"model_name": "tiny-2026", "finish_reason": "stop"},
        )
        counted = Scripted(log=Log(), reply=lambda messages, tools: reply)
        trajectory = await traced(one_node(lambda state: {"messages": counted.invoke("Hi.")}), asks("Hi."))
        (step,) = trajectory.models()
        assert (step.model, step.finish_reason) == ("tiny-2026", "stop")
        assert (trajectory.usage.calls, trajectory.usage.input_tokens, trajectory.usage.output_tokens) == (1, 11, 3)

    async def test_a_model_that_is_no_chat_model(self) -> None:
        """Its prompt is what the user said, its completion the reply."""
        plain = FakeListLLM(responses=["Paris."])
        graph = one_node(lambda state: {"messages": [AIMessage(plain.invoke("The capital of France is"))]})
        (step,) = (await traced(graph, asks("Hi."))).models()
        assert step.messages == (Message(role="user", text="The capital of France is"),)
        assert step.reply == Message(role="assistant", text="Paris.")

    async def test_a_model_that_fails(self) -> None:
        """The step has the error and no reply, and so has the node that did not catch it."""

        def away(messages: Sequence[BaseMessage], tools: Sequence[Any]) -> str:
            raise ConnectionError("the server is away")

        broken = Scripted(log=Log(), reply=away)
        error, trajectory = await traced(one_node(lambda state: {"messages": broken.invoke("Hi.")}), asks("Hi."))
        assert isinstance(error, ConnectionError)
        assert [step.error for step in trajectory.steps] == ["ConnectionError: the server is away"] * 2
        (step,) = trajectory.models()
        assert step.reply is None
        assert step.messages == (Message(role="user", text="Hi."),)

    async def test_templates_are_reported_as_written(self) -> None:
        """A filled `ChatPromptTemplate` is known exactly: text with slots, escaped braces as they read, and role."""
        template = ChatPromptTemplate(
            [("system", "Answer {who} in {language}, as {{json}}."), ("placeholder", "{messages}"), ("user", "{ask}")]
        ).partial(language="French")
        chain = template | model

        def node(state: MessagesState) -> dict[str, Any]:
            return {"messages": [chain.invoke({"who": "Ada", "ask": "Why?", "messages": state["messages"]})]}

        trajectory = await traced(one_node(node), asks("Hi."))
        node_step, model_step = trajectory.steps
        assert isinstance(node_step, NodeStep)
        assert isinstance(model_step, ModelStep)
        assert [(one.role, one.text, one.variables) for one in node_step.templates] == [
            ("system", "Answer {who} in {language}, as {json}.", ("who", "language")),
            ("user", "{ask}", ("ask",)),
        ]
        assert model_step.messages[0].text == "Answer Ada in French, as {json}."


@tool
def strict(number: int) -> str:
    """Takes only one number."""
    raise LookupError(f"there is no {number}")


@tool
def polite(number: int, tool_call_id: Annotated[str, InjectedToolCallId]) -> ToolMessage:
    """Says in its answer that something went wrong."""
    return ToolMessage(f"there is no {number}", tool_call_id=tool_call_id, status="error")


@tool
def updating(query: str, tool_call_id: Annotated[str, InjectedToolCallId]) -> Command[Any]:
    """Answers by an update of the state."""
    return Command(update={"messages": [ToolMessage(f"noted {query}", tool_call_id=tool_call_id)]})


@tool
def injected(query: str, state: Annotated[dict[str, Any], InjectedState]) -> str:
    """Reads the state, which the model does not write."""
    return f"{query} of {len(state['messages'])}"


class TestTools:
    @MODES
    async def test_a_tool_that_raises(self, mode: str) -> None:
        """Its step has the error even if the graph handles it; the node is not at fault."""
        trajectory = await traced(with_tools(uses("strict", number=7), strict), asks("Go."), mode)
        (step,) = trajectory.tools()
        assert (step.error, step.result) == ("LookupError: there is no 7", None)
        assert step.arguments == {"number": 7}
        assert all(one.error is None for one in trajectory.nodes())

    async def test_a_tool_that_says_it_failed(self) -> None:
        """A tool message with the status `error` is an error, and the model reads it."""
        (step,) = (await traced(with_tools(uses("polite", number=7), polite), asks("Go."))).tools()
        assert (step.error, step.result) == ("there is no 7", "there is no 7")

    async def test_a_tool_that_updates_the_state(self) -> None:
        """Its result is what the model will read."""
        (step,) = (await traced(with_tools(uses("updating", query="it"), updating), asks("Go."))).tools()
        assert (step.result, step.call_id) == ("noted it", "call_updating")

    async def test_arguments_are_what_the_model_wrote(self) -> None:
        """What the graph injects is not among them."""
        (step,) = (await traced(with_tools(uses("injected", query="it"), injected), asks("Go."))).tools()
        assert step.arguments == {"query": "it"}
        assert step.result == "it of 2"

    @pytest.mark.parametrize("result", [{(1, 2): 3}, {"a": {1, 2}}, [object()], None, 3.5, {"messages": 1}])
    async def test_a_tool_that_returns_anything(self, result: Any) -> None:
        """Whatever a tool called by hand returns, its step is there."""

        @tool
        def odd() -> Any:
            """Returns something odd."""
            return result

        (step,) = (await traced(one_node(lambda state: odd.invoke({}) and {}), asks("Go."))).tools()
        assert step.tool == "odd"
        assert step.result


class TestErrors:
    async def test_a_node_that_raises(self) -> None:
        """The step has the error as type and message."""

        def node(state: MessagesState) -> dict[str, Any]:
            raise ZeroDivisionError("by zero")

        error, trajectory = await traced(one_node(node), asks("Hi."))
        assert isinstance(error, ZeroDivisionError)
        assert [step.error for step in trajectory.steps] == ["ZeroDivisionError: by zero"]

    @MODES
    async def test_an_interrupt_is_no_error(self, mode: str) -> None:
        """The node that asks a person is interrupted; visited again with the answer, it is not."""
        graph = one_node(lambda state: {"messages": [str(interrupt("May I?"))]}, checkpointer=InMemorySaver())
        thread = {"configurable": {"thread_id": "1"}}
        asked = await traced(graph, asks("Hi."), mode, **thread)
        answered = await traced(graph, Command(resume="yes"), mode, **thread)
        assert [(step.interrupted, step.error) for step in asked.nodes()] == [(True, None)]
        assert [(step.interrupted, step.error) for step in answered.nodes()] == [(False, None)]

    async def test_a_jump_to_the_parent_graph_is_no_error(self) -> None:
        """A handover leaves the inner graph by an exception of LangGraph's; nothing went wrong."""
        trajectory = await traced(supervisor(Log()), asks("6 times 7?"))
        assert [step.error for step in trajectory.steps] == [None] * len(trajectory.steps)
        assert {step.tool for step in trajectory.tools()} >= {"transfer_to_maths"}

    async def test_too_many_steps_are_an_error(self) -> None:
        """`GraphRecursionError` comes out; the node whose subgraph looped has it too, what did run is there."""
        endless = StateGraph(MessagesState)
        endless.add_node("again", lambda state: {})
        endless.add_edge(START, "again")
        endless.add_edge("again", "again")
        outer = StateGraph(MessagesState)
        outer.add_node("inner", endless.compile())
        outer.add_edge(START, "inner")
        error, trajectory = await traced(outer.compile(), asks("Hi."), recursion_limit=4)
        assert isinstance(error, GraphRecursionError)
        inner, *again = trajectory.nodes()
        assert (inner.error or "").startswith("GraphRecursionError: ")
        assert [(step.node, step.error) for step in again] == [("inner/again", None)] * 4

    async def test_a_run_that_is_cancelled_shows_how_far_it_came(self) -> None:
        """After a time-out the node that hung has its step, marked as cancelled."""

        async def hang(state: MessagesState) -> dict[str, Any]:
            model.invoke("Hi.")
            await asyncio.Event().wait()
            return {}

        with Recorder().rollout("rollout", {}) as recording:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await one_node(hang).ainvoke(asks("Hi."), {"callbacks": [GraphTracer(recording.tracer)]})
            node, step = recording.trajectory().steps
        assert node.node == step.node == "only"
        assert (node.error or "").startswith("CancelledError")
        assert step.error is None


class TestTogether:
    async def test_concurrent_rollouts_do_not_mix(self) -> None:
        """Fifty runs in tasks and fifty in threads: each trajectory is whole and its own, and no span is an orphan."""
        exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        recorder = Recorder(provider)

        def reply(messages: Sequence[BaseMessage], tools: Sequence[Any]) -> str | AIMessage:
            time.sleep(0.001)
            return "done" if isinstance(messages[-1], ToolMessage) else call("search", query=str(messages[0].text))

        graph = with_tools(reply, search)

        def check(number: int, trajectory: Trajectory) -> None:
            assert len(trajectory.steps) == 6
            assert {step.messages[0].text for step in trajectory.models()} == {f"number {number}"}
            assert [step.result for step in trajectory.tools()] == [f"found number {number}"]

        runs = (traced(graph, asks(f"number {number}"), recorder=recorder) for number in range(50))
        for number, trajectory in enumerate(await asyncio.gather(*runs)):
            check(number, trajectory)

        def in_thread(number: int) -> Trajectory:
            return asyncio.run(traced(graph, asks(f"number {number}"), "invoke", recorder))

        with ThreadPoolExecutor(10) as pool:
            for number, trajectory in enumerate(pool.map(in_thread, range(50))):
                check(number, trajectory)

        spans = exporter.get_finished_spans()
        known = {(span.context.trace_id, span.context.span_id) for span in spans if span.context}
        assert len(known) == 100 * 7
        assert all((span.parent.trace_id, span.parent.span_id) in known for span in spans if span.parent)

    async def test_the_users_own_spans_inside_a_tool(self) -> None:
        """They go to the user's backend in the same trace, and make no steps."""
        exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(exporter))

        @tool
        def measured(query: str) -> str:
            """Looks something up, and is traced by its author."""
            with provider.get_tracer("shop").start_as_current_span("chat query"):
                return f"found {query}"

        graph = with_tools(uses("measured", query="lamp"), measured)
        trajectory = await traced(graph, asks("Go."), recorder=Recorder(provider))
        assert len(trajectory.steps) == 6
        spans = exporter.get_finished_spans()
        assert len({span.context.trace_id for span in spans if span.context}) == 1
        assert "chat query" in {span.name for span in spans}

    async def test_the_users_backend_can_tell_prompts_and_candidates_apart(self) -> None:
        """A model span of a tuned run names the prompt of its node, and the candidate as its version."""
        exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        agent = wrap(create_agent(model, [], system_prompt="You sell."))
        task = Task(id="lamp", input="A lamp?")
        with Recorder(provider).rollout("probe", {}) as recording:
            await agent.run(task, GraphConfig(), recording.tracer)
        anatomy = agent.anatomy([recording.trajectory()])
        config = GraphConfig(components=anatomy.components, texts={"model.system": "You sell well."})
        exporter.clear()
        with Recorder(provider).rollout("tuned", {}) as recording:
            await agent.run(task, config, recording.tracer)
        (chat,) = [span.attributes or {} for span in exporter.get_finished_spans() if span.name.startswith("chat")]
        assert chat["gen_ai.prompt.name"] == "model.system"
        assert chat["gen_ai.prompt.version"] == config.candidate.id
