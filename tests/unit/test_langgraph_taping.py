"""Recording and replaying real graphs: every kind of call that a graph makes, and none of them live."""

import asyncio
import json
import logging
import operator
import re
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import pytest
from gepa_agents_langgraph import taped, wrap
from langchain.agents import create_agent
from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake import FakeListLLM
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import InjectedToolCallId, ToolException, tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import InjectedState, ToolNode
from langgraph.types import Command, Send, interrupt
from opentelemetry.trace import NoOpTracer

from gepa_agents import GraphConfig, MissingRecording, Recording, RecordingError, RecordingSettings, Task
from gepa_agents.parts.tracing.recorder import Recorder
from gepa_agents.words import semconv
from tests.langgraph_zoo import ZOO, Log, Scripted, Specimen, call, closures, says, uses

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
AGENTS_AS_TOOLS = RecordingSettings(live=("ask_*",))


class Typewriter(BaseChatModel):
    """Streams its words; each call counts."""

    words: tuple[str, ...] = ("one ", "two ", "three")
    breaks: bool = False
    log: Any

    @property
    def _llm_type(self) -> str:
        return "typewriter"

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        self.log.append("generate")
        return ChatResult(generations=[ChatGeneration(message=AIMessage("".join(self.words)))])

    def _stream(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        self.log.append("stream")
        for word in self.words:
            yield ChatGenerationChunk(message=AIMessageChunk(word), generation_info={"word": word.strip()})
        if self.breaks:
            raise ConnectionError("the line is dead")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the recording goes."""
    return tmp_path / "calls.jsonl"


def run(agent: Any, given: Any, name: str = "t") -> Any:
    """Do one task."""
    return agent.run(Task(id=name, input=given), GraphConfig(), NoOpTracer())


def modes(file: Path, **more: Any) -> Any:
    """A recording, and then a replay of it."""
    for mode in ("record", "replay"):
        with Recording(file, mode, **more) as calls:
            yield calls


@pytest.mark.parametrize("specimen", ZOO, ids=lambda specimen: specimen.build.__name__)
async def test_every_kind_of_graph_is_replayed_without_a_call(specimen: Specimen, file: Path):
    """The same outcome, and no model was asked: subgraphs, Send, handoffs, retries, structured output, interrupts."""
    outcomes, logs = [], [Log(), Log()]
    for log, calls in zip(logs, modes(file, settings=AGENTS_AS_TOOLS), strict=True):
        agent = wrap(specimen.build(log), answers=specimen.answers, calls=calls)
        done = [await run(agent, given, f"t{n}") for n, given in enumerate(specimen.inputs)]
        outcomes.append(UUID.sub("id", json.dumps(done)))

    assert outcomes[0] == outcomes[1]
    assert logs[0].calls
    assert logs[1].calls == []


async def test_many_rollouts_at_once_are_replayed_each_as_it_was(file: Path):
    """Candidates and tasks run concurrently, and models answer differently each time."""
    numbers = iter(range(10_000))

    def graph() -> Any:
        model = Scripted(log=Log(), reply=lambda _messages, _tools: str(next(numbers)))

        async def ask(state: MessagesState) -> dict[str, Any]:
            await asyncio.sleep(0)
            said = await asyncio.gather(*(model.ainvoke([SystemMessage("You answer."), "again"]) for _ in range(3)))
            return {"messages": sorted(said, key=lambda message: int(message.text))}

        builder = StateGraph(MessagesState)
        builder.add_node("ask", ask)
        builder.add_edge(START, "ask")
        return builder.compile()

    outcomes = []
    for calls in modes(file):
        agent = wrap(graph(), calls=calls)
        anatomy = [GraphConfig(texts={"a": text}) for text in ("x", "y")]
        given = [(config, Task(id=f"t{n}", input="hi")) for config in anatomy for n in range(10)]
        order = given if calls.counts == {} and not outcomes else given[::-1]
        done = await asyncio.gather(*(agent.run(task, config, NoOpTracer()) for config, task in order))
        said = {(config.candidate.id, task.id): out for (config, task), out in zip(order, done, strict=True)}
        outcomes.append(said)

    assert outcomes[0] == outcomes[1]
    assert len({json.dumps(out) for out in outcomes[0].values()}) == 20


async def test_repetitions_of_a_rollout_are_told_apart(file: Path):
    """By the number on the rollout's root span."""
    answers = iter("abcd")
    outcomes = []
    for calls in modes(file):
        graph = create_agent(Scripted(log=Log(), reply=lambda _m, _t: next(answers)), [], system_prompt="You spell.")
        agent, said = wrap(graph, calls=calls), {}
        for repeat in (0, 1) if not outcomes else (1, 0):
            with Recorder().rollout("r", {semconv.REPEAT: repeat}) as recording:
                out: Any = await agent.run(Task(id="t", input="hi"), GraphConfig(), recording.tracer)
            said[repeat] = out["messages"][-1]["content"]
        outcomes.append(said)

    assert outcomes == [{0: "a", 1: "b"}] * 2


def test_a_stream_is_replayed_chunk_by_chunk(file: Path):
    """Sync and async, with what stands beside the words."""
    log: list[str] = []
    model, seen = Typewriter(log=log), []
    for calls in modes(file):
        with taped(calls):
            chunks = list(model.stream("go"))

            async def astream() -> list[Any]:
                return [chunk async for chunk in model.astream("go on")]

            seen.append([(c.content, c.response_metadata) for c in chunks + asyncio.run(astream())])

    assert seen[0] == seen[1]
    assert [content for content, _ in seen[0]] == ["one ", "two ", "three", ""] * 2
    assert log == ["stream", "stream"]


def test_what_was_streamed_answers_a_call_and_the_other_way_round(file: Path):
    """The question is the same, so the recording is."""
    log: list[str] = []
    model = Typewriter(log=log)
    with Recording(file) as calls, taped(calls):
        list(model.stream("streamed"))
        model.invoke("whole")
    with Recording(file, "replay") as calls, taped(calls):
        assert model.invoke("streamed").text == "one two three"
        assert [chunk.text for chunk in model.stream("whole")] == ["one two three"]
    assert log == ["stream", "generate"]


def test_a_graph_streams_its_tokens_from_the_recording(file: Path):
    """`stream_mode="messages"`, as a user interface reads it."""
    log: list[str] = []
    graph = create_agent(Typewriter(log=log), [])
    seen = []
    for calls in modes(file):
        with taped(calls, "ui"):
            parts = graph.stream({"messages": [("user", "hi")]}, stream_mode="messages")
            seen.append([chunk.text for chunk, _ in parts])

    assert seen[0] == seen[1]
    assert "two " in seen[0]
    assert len(log) == 1


@pytest.mark.skipif(not hasattr(BaseChatModel, "_chat_model_stream_v3"), reason="newer versions of LangChain have it")
@pytest.mark.filterwarnings("ignore:The method .* is in beta")
def test_streams_of_events_are_replayed(file: Path):
    """LangChain's newest protocol, also where a vendor makes the events by itself."""

    class Native(Typewriter):
        def _stream_chat_model_events(self, *_args: Any, **_kwargs: Any) -> Any:
            raise AssertionError("what a recording answers is `_stream`")

    log: list[str] = []
    seen = []
    for calls in modes(file):
        with taped(calls):
            for model in (Typewriter(log=log), Native(log=log)):
                asked: Any = model
                seen.append(str(asked.stream_events("sync", version="v3").output.text))

                async def stream(asked: Any = asked) -> str:
                    events = await asked.astream_events("async", version="v3")
                    return str((await events.output).text)

                seen.append(asyncio.run(stream()))
    assert seen == ["one two three"] * 8
    assert log == ["stream"] * 4


def test_a_stream_that_breaks_off_breaks_off_again(file: Path):
    """After the same words, with the same error; and one that nobody read to its end is kept as far as it was read."""
    model, seen = Typewriter(log=[], breaks=True), []
    for calls in modes(file):
        with taped(calls):
            words = []
            with pytest.raises(ConnectionError, match="the line is dead"):
                words.extend(chunk.text for chunk in model.stream("go"))
            stream = model.stream("not to the end")
            seen.append((words, next(stream).text))
            stream.close()

    assert seen[0] == seen[1] == (["one ", "two ", "three"], "one ")


def test_a_secret_that_lies_across_chunks_is_not_written(file: Path):
    """Such a stream is kept in one piece."""
    key = "sk-abcdefghijklmnopqrstuvwx"
    with Recording(file) as calls, taped(calls):
        list(Typewriter(words=(key[:9], key[9:]), log=[]).stream("key?"))

    assert key[:9] not in file.read_text()
    assert key[9:] not in file.read_text()


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    raise ToolException(f"no weather in {city}")


@tool(response_format="content_and_artifact")
def fetch(query: str) -> tuple[str, list[Document]]:
    """Fetch documents."""
    RAN.append("fetch")
    return f"found {query}", [Document(page_content=query, metadata={"page": 1})]


@tool
def note(text: str, call_id: Annotated[str, InjectedToolCallId], state: Annotated[Any, InjectedState]) -> Command[Any]:
    """Write a note down."""
    RAN.append("note")
    answer = ToolMessage(f"noted {text}", tool_call_id=call_id)
    return Command(update={"notes": [text], "messages": [answer]})


@tool
def objects(size: int) -> Any:
    """Return something odd."""
    RAN.append("objects")
    return frozenset(range(size))


RAN: list[str] = []


class Noting(MessagesState):
    """A state with notes."""

    notes: Annotated[list[str], operator.add]


def tools_graph(*names: str) -> Any:
    """A graph that calls tools, under an id that is another one each time."""
    number = iter(range(1000))
    known = {"weather": weather, "fetch": fetch, "note": note, "objects": objects}
    arguments = {"weather": {"city": "Oslo"}, "fetch": {"query": "x"}, "note": {"text": "y"}, "objects": {"size": 2}}

    def ask(state: Noting) -> dict[str, Any]:
        ids = {name: f"{name}_{next(number)}_{id(state)}" for name in names}
        calls = [{"name": name, "args": arguments[name], "id": ids[name], "type": "tool_call"} for name in names]
        return {"messages": [AIMessage("", tool_calls=calls)]}

    builder = StateGraph(Noting)
    builder.add_node("ask", ask)
    builder.add_node("tools", ToolNode([known[name] for name in names], handle_tool_errors=True))
    builder.add_edge(START, "ask")
    builder.add_edge("ask", "tools")
    return builder.compile()


def test_tools_are_answered_with_all_they_gave(file: Path):
    """An artifact, a command that answers under its own call's id, an error that the graph handles."""
    RAN.clear()
    seen = []
    for calls in modes(file):
        with taped(calls):
            out = tools_graph("weather", "fetch", "note").invoke({"messages": [], "notes": []})
        asked = {one["name"]: one["id"] for one in out["messages"][0].tool_calls}
        assert {one.tool_call_id for one in out["messages"][1:]} == set(asked.values())
        answers = [(one.content, one.status, one.artifact) for one in out["messages"][1:]]
        seen.append((sorted(answers, key=str), out["notes"]))

    assert seen[0] == seen[1]
    assert len(seen[0][0]) == 3
    assert seen[0][1] == ["y"]
    assert sorted(RAN) == ["fetch", "note"]


def test_what_a_file_cant_hold_is_said_and_still_read_by_models(file: Path, caplog: pytest.LogCaptureFixture):
    """The model reads the same text; code that calls the tool itself is told."""
    RAN.clear()
    seen = []
    for calls in modes(file):
        with taped(calls):
            seen.append(tools_graph("objects").invoke({"messages": [], "notes": []})["messages"][-1].content)
    assert seen[0] == seen[1] == "frozenset({0, 1})"
    assert "returned something of type frozenset" in caplog.text
    with Recording(file, "replay") as calls, pytest.raises(RecordingError, match="under `live`"), taped(calls):
        objects.invoke({"size": 2})
    assert RAN == ["objects"]


def test_a_tool_that_works_on_an_object_of_the_graph_is_noticed(file: Path, caplog: pytest.LogCaptureFixture):
    """What it does to it is in no recording; said once, and not when the tool is named under `live`."""

    class Till:
        money = 0

    @tool
    def pay(amount: int, till: Annotated[Any, InjectedState("till")]) -> str:
        """Pay."""
        till.money += amount
        return "paid"

    for settings, said in ((RecordingSettings(live=("pay",)), 0), (RecordingSettings(), 1)):
        with Recording(file, settings=settings) as calls, taped(calls):
            for amount in (1, 2):
                pay.invoke({"amount": amount, "till": Till()})
        assert caplog.text.count("is handed `till`, a Till") == said


def test_models_live_and_tools_from_the_recording(file: Path):
    """What tuning needs: new prompts, new answers of models, and no tool is run."""
    RAN.clear()
    for mode, prompt in (("record", "You fetch."), ("replay", "You fetch, and say thanks.")):
        log = Log()
        graph = create_agent(Scripted(log=log, reply=uses("fetch", query="x")), [fetch], system_prompt=prompt)
        with Recording(file, "record" if mode == "record" else "live", tools=mode) as calls, taped(calls):  # type: ignore[arg-type]
            graph.invoke({"messages": [("user", "hi")]})
        assert len(log.calls) == 2
    assert RAN == ["fetch"]


async def test_a_simulator_stands_in_for_tools_sync_and_async(file: Path):
    """It is told tool and arguments; its answer reaches the model as the tool's would, and is checked like it."""
    RAN.clear()
    with Recording(file) as calls, taped(calls):
        pass

    def simulated(asked: Any) -> str:
        return f"simulated {asked.name} {asked.request['query']}"

    async def asimulated(asked: Any) -> str:
        return simulated(asked)

    expected = "simulated fetch x"
    for simulator in (simulated, asimulated):
        with Recording(file, "replay", missing=simulator) as calls, taped(calls):
            out = await tools_graph("fetch").ainvoke({"messages": [], "notes": []})
            assert out["messages"][-1].content == expected
    with Recording(file, "replay", missing=simulated) as calls, taped(calls):
        assert tools_graph("fetch").invoke({"messages": [], "notes": []})["messages"][-1].content == expected
    with (
        Recording(file, "replay", missing=asimulated) as calls,
        pytest.raises(RecordingError, match="sync"),
        taped(calls),
    ):
        fetch.invoke({"query": "x"})
    assert RAN == []


async def test_a_changed_prompt_stops_the_replay_and_names_the_node(file: Path):
    """Also in a graph that catches everything."""

    def graph(text: str) -> Any:
        model = Scripted(log=Log(), reply=says("yes"))

        def careless(state: MessagesState) -> dict[str, Any]:
            try:
                return {"messages": [model.invoke([SystemMessage(text), *state["messages"]])]}
            except Exception:  # noqa: BLE001
                return {"messages": [AIMessage("sorry")]}

        builder = StateGraph(MessagesState)
        builder.add_node("careless", careless)
        builder.add_edge(START, "careless")
        return builder.compile()

    with Recording(file) as calls:
        await run(wrap(graph("You are kind."), calls=calls), "hi")
    with Recording(file, "replay") as calls, pytest.raises(MissingRecording) as error:
        await run(wrap(graph("You are kind!"), calls=calls), "hi")
    assert "in node `careless`, task `t`" in str(error.value)
    assert "`messages.0.content` is 'You are kind!' and was 'You are kind.'" in str(error.value)


def test_a_thread_that_does_not_know_its_run_is_refused(file: Path, caplog: pytest.LogCaptureFixture):
    """While it is recorded, it is told; while it is replayed, it may not call anything."""
    log = Log()
    model = Scripted(log=log, reply=says("yes"))

    def ask() -> Any:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: model.invoke("hi")).result()

    with Recording(file) as calls, taped(calls):
        ask()
        ask()
        assert calls.counts == {"unseen": 2}
    assert caplog.text.count("is not recorded") == 1
    log.calls.clear()
    with Recording(file, "replay") as calls, pytest.raises(MissingRecording, match="copy_context"), taped(calls):
        ask()
    assert log.calls == []


def test_a_tool_in_such_a_thread_is_refused_too(file: Path):
    """Also where the models are live: nothing with side effects slips through. One named under `live` may run."""
    RAN.clear()
    Recording(file).close()

    def ask() -> Any:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: fetch.invoke({"query": "x"})).result()

    with Recording(file, "replay", models="live") as calls, pytest.raises(MissingRecording, match="`fetch`"):  # noqa: SIM117
        with taped(calls):
            ask()
    assert RAN == []
    live = RecordingSettings(live=("fetch",))
    with Recording(file, "replay", models="live", settings=live) as calls, taped(calls):
        ask()
    assert RAN == ["fetch"]


async def test_a_thread_that_gets_the_nodes_config_belongs_to_its_run(file: Path):
    """As it does for tuned texts."""
    log = Log()
    model = Scripted(log=log, reply=says("yes"))

    def ask(state: MessagesState, config: RunnableConfig) -> dict[str, Any]:
        said: list[Any] = []
        thread = threading.Thread(target=lambda: said.append(model.invoke(state["messages"], config)))
        thread.start()
        thread.join()
        return {"messages": said}

    builder = StateGraph(MessagesState)
    builder.add_node("ask", ask)
    builder.add_edge(START, "ask")
    for calls in modes(file):
        await run(wrap(builder.compile(), calls=calls), "hi")
        assert not calls.counts["unseen"]
    assert len(log.calls) == 1


def test_text_completion_models_are_refused(file: Path):
    """They are not recorded, and would be live in a replay."""
    with Recording(file) as calls, taped(calls), pytest.raises(RecordingError, match="text completion model"):
        FakeListLLM(responses=["a"]).invoke("hi")
    assert FakeListLLM(responses=["a"]).invoke("hi") == "a"


def test_langchains_own_cache_does_not_come_between(file: Path):
    """What it held is in the recording, too."""
    from langchain_core.caches import InMemoryCache

    log = Log()
    model = Scripted(log=log, reply=says("yes"), cache=InMemoryCache())
    model.invoke("hi")
    for calls in modes(file):
        with taped(calls):
            assert model.invoke("hi").text == "yes"
    assert calls.counts == {"answered": 1}


def test_models_and_tools_are_left_as_they_are(file: Path):
    """A recording changes no object of the user's."""
    model = Scripted(log=Log(), reply=says("yes"))
    before = dict(vars(model)), dict(vars(fetch))
    with Recording(file) as calls, taped(calls):
        model.invoke("hi")
        fetch.invoke({"query": "x"})
    after = {key: value for key, value in vars(model).items() if key != "_serialized"}, dict(vars(fetch))
    assert after == before


def test_identical_branches_find_their_own_answers(file: Path):
    """`Send` starts the same question many times; the answers come back in the order of the branches."""
    numbers = iter(range(100))
    model = Scripted(log=Log(), reply=lambda _messages, _tools: str(next(numbers)))

    class State(MessagesState):
        parts: Annotated[list[str], operator.add]

    async def part(_state: Any) -> dict[str, Any]:
        return {"parts": [(await model.ainvoke("the same")).text]}

    builder = StateGraph(State)
    builder.add_node("part", part)
    builder.add_conditional_edges(START, lambda _state: [Send("part", {}) for _ in range(8)], ["part"])
    seen = []
    for calls in modes(file):
        with taped(calls):
            seen.append(asyncio.run(builder.compile().ainvoke({"messages": []}))["parts"])
    assert seen[0] == seen[1]
    assert len(set(seen[0])) == 8


def test_ids_that_a_graph_invents_do_not_count(file: Path):
    """A tool call's id is another one in every run, in the message and in the vendor's blocks."""
    log = Log()
    model = Scripted(log=log, reply=says("done"))
    for calls, name in zip(modes(file), ("id_1", "id_2"), strict=True):
        block: dict[str, Any] = {"type": "tool_use", "id": name, "name": "find", "input": {}}
        asked = AIMessage([block], id=name, tool_calls=[{"name": "find", "args": {}, "id": name, "type": "tool_call"}])
        messages: Sequence[BaseMessage] = [HumanMessage("hi", id=name), asked, ToolMessage("x", tool_call_id=name)]
        with taped(calls):
            model.invoke(messages)
    assert len(log.calls) == 1


async def test_an_agent_as_a_tool_is_answered_as_a_whole_unless_it_is_named(
    file: Path, caplog: pytest.LogCaptureFixture
):
    """Then it runs, and its models are answered."""
    zoo = next(one for one in ZOO if one.build.__name__ == "agents_as_tools")
    with Recording(file) as calls:
        await run(wrap(zoo.build(Log()), calls=calls), "hi")
    for settings, counts in ((RecordingSettings(), {"answered": 4}), (AGENTS_AS_TOOLS, {"answered": 4, "live": 2})):
        log = Log()
        with Recording(file, "replay", settings=settings) as calls:
            await run(wrap(zoo.build(log), calls=calls), "hi")
            assert calls.counts == counts
        assert log.calls == []
    assert "`ask_cook` is answered as a whole" in caplog.text


async def test_a_tool_that_asks_a_person_is_answered_without_asking(file: Path):
    """The recorded answer has what the person said; named under `live`, the tool asks again."""

    @tool
    def permit(what: str) -> str:
        """Ask whether something may be done."""
        return f"{what}: {interrupt(f'may I {what}?')}"

    def graph() -> Any:
        return create_agent(Scripted(log=Log(), reply=uses("permit", what="mail")), [permit], system_prompt="You ask.")

    asked: list[Any] = []

    def reply(_task: Task, question: Any) -> str:
        asked.append(question)
        return "yes"

    outcomes = []
    for mode, settings, times in (("record", (), 1), ("replay", (), 1), ("replay", ("permit",), 2)):
        with Recording(file, mode, settings=RecordingSettings(live=settings)) as calls:  # type: ignore[arg-type]
            outcomes.append(await run(wrap(graph(), answers=reply, calls=calls), "hi"))
        assert len(asked) == times
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert "mail: yes" in json.dumps(outcomes[0])


async def test_without_a_recording_nothing_is_kept(caplog: pytest.LogCaptureFixture):
    """The patch is inert."""
    caplog.set_level(logging.DEBUG, "gepa_agents")
    log = Log()
    await run(wrap(closures(log)), "hi")
    assert len(log.calls) == 4
    assert caplog.text == ""
    assert call("x").tool_calls
