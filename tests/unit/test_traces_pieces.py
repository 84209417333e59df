"""What stored traces are put together from: messages in every shape, errors, torn calls, scores, tasks."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gepa_agents_traces import Tally, Tasks, read
from gepa_agents_traces.assembling import Assembler
from gepa_agents_traces.failure import failure, interrupted
from gepa_agents_traces.mending import mended
from gepa_agents_traces.messages import definitions, message, reply
from gepa_agents_traces.scoring import score
from gepa_agents_traces.span import Remark, Span
from gepa_agents_traces.states import state
from langchain_core.load import dumpd
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage, message_to_dict

from gepa_agents import Case, Fault, Message, ModelStep, Rollout, Score, Task, TaskSuite, ToolCall, ToolStep
from gepa_agents.words.trajectory import ToolDefinition

LAMP = ToolCall(id="c1", name="search", arguments={"query": "lamp"})
ASKED = {"name": "search", "args": {"query": "lamp"}, "id": "c1", "type": "tool_call"}
TEXT = {"type": "text", "text": "Yes."}
FUNCTION = {"name": "search", "arguments": '{"query": "lamp"}'}
THOUGHT = Message(role="assistant", text="Yes.", reasoning="Hm.", tool_calls=(LAMP,))


@pytest.mark.parametrize(
    "shape",
    [
        dumpd(AIMessage([{"type": "reasoning", "reasoning": "Hm."}, TEXT], tool_calls=[ASKED])),
        message_to_dict(AIMessage("Yes.", tool_calls=[ASKED], additional_kwargs={"reasoning_content": "Hm."})),
        AIMessage("Yes.", tool_calls=[ASKED], additional_kwargs={"reasoning_content": "Hm."}).model_dump(),
        {
            "role": "assistant",
            "content": "Yes.",
            "reasoning_content": "Hm.",
            "tool_calls": [{"id": "c1", "type": "function", "function": FUNCTION}],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm."},
                TEXT,
                {"type": "tool_use", "id": "c1", "name": "search", "input": {"query": "lamp"}},
            ],
        },
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Hm."},
                {"type": "text", "content": "Yes."},
                {"type": "tool_call", "id": "c1", **FUNCTION},
            ],
        },
        {
            "message": {
                "role": "assistant",
                "contents": [
                    {"message_content": {"type": "reasoning", "text": "Hm."}},
                    {"message_content": {"type": "text", "text": "Yes."}},
                ],
                "tool_calls": [{"tool_call": {"id": "c1", "function": FUNCTION}}],
            }
        },
    ],
    ids=["langchain dump", "langchain dict", "langchain model", "openai", "anthropic", "genai", "openinference"],
)
def test_an_answer_is_read_in_every_shape(shape: Any):
    """Text, reasoning and tool calls are found wherever a vendor keeps them."""
    assert message(json.loads(json.dumps(shape))) == THOUGHT
    assert reply([json.loads(json.dumps(shape))]) == THOUGHT


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (dumpd(SystemMessage("Be brief.")), Message(role="system", text="Be brief.")),
        ({"role": "developer", "content": "Be brief."}, Message(role="system", text="Be brief.")),
        (["user", "Hello"], Message(role="user", text="Hello")),
        ("Hello", Message(role="user", text="Hello")),
        (dumpd(ToolMessage("42", tool_call_id="c1")), Message(role="tool", text="42", call_id="c1")),
        (
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "42"}]},
            Message(role="tool", text="42", call_id="c1"),
        ),
        (
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "42"}]},
            Message(role="tool", text="42", call_id="c1"),
        ),
        ({"color": "red"}, None),
        (7, None),
    ],
)
def test_other_messages_are_read(shape: Any, expected: Message | None):
    """Roles by any name; a tool's answer with the call that it answers; what is no message is none."""
    assert message(shape) == expected


@pytest.mark.parametrize(
    "shape",
    [
        [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}],
        [{"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}}],
        [{"name": "f", "description": "d", "input_schema": {"type": "object"}}],
        [{"function_declarations": [{"name": "f", "description": "d", "parameters": {"type": "object"}}]}],
    ],
    ids=["openai", "genai", "anthropic", "gemini"],
)
def test_offered_tools_are_read(shape: Any):
    """In the shapes of the vendors."""
    assert list(definitions(shape)) == [ToolDefinition(name="f", description="d", parameters={"type": "object"})]


def failed(status: str = "", events: tuple[Any, ...] = (), **attributes: str) -> Span:
    """A failed span."""
    named: dict[str, Any] = {name.replace("_", "."): value for name, value in attributes.items()}
    return Span("t", "s", "", "", "", 1, 2, failed=True, status=status, attributes=named, events=events)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (failed("no luck", error_type="builtins.ValueError"), "ValueError: no luck"),
        (failed("ValueError: no luck", error_type="ValueError"), "ValueError: no luck"),
        (failed("ValueError('no luck')Traceback (most recent call last):\n  File…"), "ValueError: no luck"),
        (failed("no luck"), "no luck"),
        (failed(error_type="ValueError"), "ValueError"),
        (failed(), "error"),
        (
            failed("x", (("exception", 1, {"exception.type": "a.ValueError", "exception.message": "no luck"}),)),
            "ValueError: no luck",
        ),
        (
            failed("x", (("exception", 1, {"exception.type": "Exception", "exception.message": "KeyError('a')"}),)),
            "KeyError: a",
        ),
    ],
)
def test_an_error_reads_as_ours_do(span: Span, expected: str):
    """`Type: message`, without traceback, whichever way it was written down."""
    assert failure(span) == expected


def test_a_pause_is_no_failure():
    """LangGraph's control flow is recorded as an error by most; it is none."""
    pause = failed("GraphInterrupt((Interrupt(value='sure?'),))", error_type="GraphInterrupt")
    assert failure(pause) is None
    assert interrupted(pause)
    jump = failed("", (("exception", 1, {"exception.type": "langgraph.errors.ParentCommand"}),))
    assert failure(jump) is None
    assert not interrupted(jump)


def asked(*calls: ToolCall) -> ModelStep:
    """A model that calls tools."""
    return ModelStep(node="n", started=0, seconds=1, reply=Message(role="assistant", tool_calls=calls))


def ran(arguments: Any, call_id: str = "", tool: str = "search") -> ToolStep:
    """A tool's run."""
    return ToolStep(node="n", started=1, seconds=1, tool=tool, arguments=arguments, call_id=call_id)


def test_a_torn_call_is_put_together():
    """A run that shows its only argument's value, or nothing, takes id and arguments of the call that it answers."""
    desk = ToolCall(id="c2", name="search", arguments={"query": "desk"})
    steps = [asked(LAMP, desk), ran("desk"), ran(None, "c1"), ran("lamp"), ran(None, tool="other")]
    _, first, second, third, fourth = mended(steps)
    assert first == ran({"query": "desk"}, "c2")
    assert second == ran({"query": "lamp"}, "c1")
    assert third == ran("lamp")  # nothing is open any more
    assert fourth == ran(None, tool="other")


def test_a_run_keeps_what_it_says_itself():
    """A run whose own arguments differ from the call's is left as it is: the graph may have added to them."""
    own = ran({"query": "lamp", "state": 1}, "c1")
    assert list(mended([asked(LAMP), own]))[1] == own


def remark(name: str, value: float | None = None, **more: Any) -> Remark:
    """Something said about a trace."""
    return Remark("t", more.pop("span", ""), name, value, **more)


def test_one_score_is_the_score():
    """Its number counts, its words are the feedback; several of one name are averaged."""
    assert score([remark("a", 0.5, text="meh")], {}) == Score(value=0.5, feedback="a: 0.5: meh")
    both = score([remark("a", 0, label="bad"), remark("a", 1, label="good")], {})
    assert both == Score(value=0.5, feedback="a: 0 (bad)\na: 1 (good)")


def test_of_several_scores_the_chosen_one_counts():
    """By name; without a choice, the mean of those between 0 and 1, for stars can't be averaged with shares."""
    said = [remark("right", 1), remark("polite", 0.5), remark("stars", 4)]
    every = {"right": 1, "polite": 0.5, "stars": 4}
    free, chosen = score(said, {}), score(said, {}, "stars")
    assert free is not None
    assert chosen is not None
    assert (free.value, free.objectives) == (0.75, every)
    assert (chosen.value, chosen.objectives) == (4, every)
    assert score(said, {}, "absent") is None
    assert score([remark("stars", 4), remark("clicks", 7)], {}) is None


def test_words_without_a_number_are_no_score():
    """They are kept with a score, and never make one up."""
    assert score([remark("note", text="hello")], {}) is None
    with_number = score([remark("note", text="hello"), remark("a", 1)], {})
    assert with_number is not None
    assert with_number.feedback == "note: hello\na: 1"


def test_words_about_a_step_are_meant_for_its_node():
    """An annotation of a model's span is feedback for the node that it is in."""
    found = score([remark("a", 0, text="too long", span="s1"), remark("b", 1, span="root")], {"s1": "writer"})
    assert found is not None
    assert found.by_component == {"writer": "a: 0: too long"}
    assert found.feedback == "b: 1"


def test_a_state_becomes_plain_data():
    """Messages as chat turns, without ids; everything else as it is."""
    given = {
        "messages": [dumpd(HumanMessage("Hello", id="x")), ["user", "again"]],
        "kind": {"type": "tool"},
        "n": [1, 2],
    }
    assert state(json.loads(json.dumps(given))) == {
        "messages": [{"role": "user", "content": "Hello"}, {"role": "user", "content": "again"}],
        "kind": {"type": "tool"},
        "n": [1, 2],
    }


def chat(name: str, parent: str, scope: str, start: int, **attributes: Any) -> Span:
    """A model's span by the GenAI conventions."""
    told = {"gen_ai.operation.name": "chat", "gen_ai.output.messages": '[{"role": "assistant", "parts": []}]'}
    return Span("t", name, parent, "chat", scope, start, start + 10, attributes={**told, **attributes})


def test_two_instrumentations_of_one_call_count_once():
    """One inside the other, or side by side at the same time: the call is one step, the other span is counted."""
    tally = Tally()
    inner = [chat("a", "", "langchain", 10), chat("b", "a", "openai", 11)]
    nested = Assembler(tally).case(inner, [])
    assert nested is not None
    assert len(nested.rollout.trajectory.steps) == tally.repeated == 1
    tally = Tally()
    other = {"openinference.span.kind": "LLM", "output.value": "x"}
    beside = [chat("a", "", "openai", 10), Span("t", "b", "", "LLM", "arize", 11, 15, attributes=other)]
    single = Assembler(tally).case(beside, [])
    assert single is not None
    assert len(single.rollout.trajectory.steps) == tally.repeated == 1
    twice = Assembler(Tally()).case([chat("a", "", "openai", 10), chat("b", "", "openai", 40)], [])
    assert twice is not None
    assert len(twice.rollout.trajectory.steps) == 2


def test_older_numbered_attributes_are_read():
    """What OpenLLMetry's instrumentations of vendors wrote before the messages were one attribute."""
    attributes = {
        "llm.request.type": "chat",
        "gen_ai.prompt.0.role": "system",
        "gen_ai.prompt.0.content": "Be brief.",
        "gen_ai.prompt.1.role": "user",
        "gen_ai.prompt.1.content": "Hello",
        "gen_ai.completion.0.content": "Hi.",
        "gen_ai.completion.0.tool_calls.0.id": "c1",
        "gen_ai.completion.0.tool_calls.0.name": "search",
        "gen_ai.completion.0.tool_calls.0.arguments": '{"query": "lamp"}',
        "gen_ai.usage.prompt_tokens": 5,
        "gen_ai.request.model": "gpt-5",
    }
    span = Span("t", "a", "", "openai.chat", "opentelemetry.instrumentation.openai.v1", 1, 2, attributes=attributes)
    stored = Assembler(Tally()).case([span], [])
    assert stored is not None
    (step,) = stored.rollout.trajectory.models()
    assert [(one.role, one.text) for one in step.messages] == [("system", "Be brief."), ("user", "Hello")]
    assert step.reply == Message(role="assistant", text="Hi.", tool_calls=(LAMP,))
    assert (step.model, step.usage.input_tokens) == ("gpt-5", 5)
    assert (stored.task.input, stored.rollout.output) == ("Hello", "Hi.")


def test_a_failed_run_is_a_fault():
    """The error of the outermost span, with the steps before it; what was said of the run is kept beside it."""
    root = Span("t", "r", "", "LangGraph", "arize", 1, 50, True, "GraphRecursionError: limit of 25 reached")
    root = replace(root, attributes={"openinference.span.kind": "CHAIN", "input.value": "Hello"})
    found = Assembler(Tally()).case([root, chat("a", "r", "openai", 10)], [remark("rating", 0, text="no answer")])
    assert found is not None
    assert found.rollout.fault == Fault(kind="agent", message="GraphRecursionError: limit of 25 reached")
    assert found.rollout.score == Score(value=0, feedback="rating: 0: no answer")
    assert (found.task.input, len(found.rollout.trajectory.steps)) == ("Hello", 1)


def test_spans_in_a_circle_end():
    """Parents that lead back to where they began are followed once, and the first span stands for all."""
    circle = [chat("a", "b", "x", 1), chat("b", "c", "x", 2), chat("c", "a", "x", 3)]
    stored = Assembler(Tally()).case(circle, [])
    assert stored is not None
    assert len(stored.rollout.trajectory.steps) == 1


def told(name: str, given: Any, expected: Any = None) -> Case:
    """A run with this task."""
    return Case(task=Task(id=name, input=given, expected=expected), rollout=Rollout(candidate="c", task=name))


def test_tasks_stand_once_and_keep_corrections(tmp_path: Path):
    """The same input is one task; a corrected one goes before one without, the first before a later."""
    with Tasks() as tasks:
        for one in (told("b", 1), told("a", 2), told("b", 1, "x"), told("b", 1, "y"), told("c", None)):
            tasks.add(one)
        assert [json.loads(line) for line in tasks.lines()] == [
            {"id": "a", "input": 2},
            {"id": "b", "input": 1, "expected": "x"},
        ]
        assert tasks.counts() == (2, 1)
        assert (tasks.given, tasks.without_input) == (5, 1)


def test_a_suite_can_be_loaded_from_them(tmp_path: Path):
    """The lines are what `TaskSuite.load` reads."""
    path = tmp_path / "tasks.jsonl"
    with Tasks() as tasks:
        for number in range(40):
            tasks.add(told(f"trace-{number}", {"messages": [{"role": "user", "content": f"{number}\u2028?"}]}))
        path.write_text("".join(f"{line}\n" for line in tasks.lines()), encoding="utf-8")
    suite = TaskSuite.load(path)
    assert len(suite.train) + len(suite.val) + len(suite.test) == 40


def test_the_same_input_again_is_a_repeat(tmp_path: Path):
    """Runs of one task are numbered in order of their start."""
    path = tmp_path / "twice.jsonl"
    spans = [
        {"traceId": f"{number:032x}", "spanId": f"{number:016x}", "startTimeUnixNano": str(number), "name": "chat"}
        | {"attributes": [{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}]}
        for number in (3, 1, 2)
    ]
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}))
    runs = list(read(path))
    assert [(run.rollout.repeat, run.task.metadata["trace"]) for run in runs] == [
        (number - 1, f"{number:032x}") for number in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("written", "read_as"), [(None, None), ("", ""), ({"a": 1}, '{"a": 1}'), (7, "7"), ([None, "x"], '[null, "x"]')]
)
def test_a_result_of_our_own_scope_is_a_text(written: Any, read_as: str | None):
    """Whoever writes spans under our scope's name may put an object or a number where our tracer puts a text."""
    attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "x", "gen_ai.tool.call.result": written}
    stored = Assembler(Tally()).case([Span("t", "a", "", "x", "gepa_agents", 1, 5, attributes=attributes)], [])
    assert stored is not None
    (tool,) = stored.rollout.trajectory.tools()
    assert tool.result == read_as
    assert Case.model_validate_json(stored.model_dump_json()) == stored


@pytest.mark.parametrize(
    ("literal", "read_as"),
    [
        ("{'q': (1, 2), 'n': None}", {"q": [1, 2], "n": None}),
        ("{'q': {1, 2}}", "{'q': {1, 2}}"),
        ("{'q': b'x'}", "{'q': b'x'}"),
        ("{'q': 1e999}", "{'q': 1e999}"),
        ("{'q': '\\ud83d'}", {"q": "?"}),
        ("{1: 2}", "{1: 2}"),
        ("{'q': " + "[" * 150 + "]" * 150 + "}", "{'q': " + "[" * 150 + "]" * 150 + "}"),
    ],
    ids=["tuple", "set", "bytes", "infinity", "half a character", "number as a key", "deep"],
)
def test_a_literal_of_python_is_read_as_json_or_as_a_text(literal: str, read_as: Any):
    """Traceloop writes a tool's arguments as Python does; what JSON does not have stays as it was written."""
    attributes = {
        "traceloop.span.kind": "tool",
        "traceloop.entity.name": "search",
        "traceloop.entity.input": json.dumps({"input_str": literal}),
    }
    stored = Assembler(Tally()).case([Span("t", "a", "", "x", "", 1, 5, attributes=attributes)], [])
    assert stored is not None
    (tool,) = stored.rollout.trajectory.tools()
    assert tool.arguments == read_as


def test_scores_beyond_all_measure_have_a_mean_that_is_a_number():
    """Numbers whose sum no float holds don't end the reading."""
    found = score([Remark("t", "", "speed", value=1.7e308), Remark("t", "", "speed", value=1.7e308)], {})
    assert found is not None
    assert found.value == pytest.approx(1.7e308)


def test_what_is_nested_too_deeply_to_be_read_again_is_not_read(tmp_path: Path):
    """Of more levels than our own files can hold, a line is named, and a text that holds JSON stays a
    text, and what is read can be written and read again."""
    path = tmp_path / "deep.jsonl"
    rows = []
    for number, levels in enumerate((90, 110, 190, 230, 5000, 100_000)):
        nested = "[" * levels + "]" * levels
        row = {
            "id": f"r{number}",
            "trace_id": f"t{number}",
            "run_type": "tool",
            "name": "x",
            "start_time": "2024-01-01",
        }
        rows += [json.dumps(row | {"inputs": nested}), json.dumps(row | {"inputs": "@"}).replace('"@"', nested)]
    path.write_text("\n".join(rows))
    reading = read(path)
    cases = list(reading)
    assert [Case.model_validate_json(case.model_dump_json()) for case in cases] == cases
    assert len(cases) == 6
    assert reading.tally.places == [
        (f"{path}:{line}", "no JSON: it is nested too deeply") for line in (4, 6, 8, 10, 12)
    ]
