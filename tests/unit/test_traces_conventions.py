"""Each convention, as the real instrumentation packages wrote it down, tells what our own tracer saw of the same graph.

The files are made by `tests/traces/record.py`. What an instrumentation loses stands in `LOST`, and nowhere else.
"""

import asyncio
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from gepa_agents_langgraph import wrap
from gepa_agents_traces import Tally, read

from gepa_agents import Candidate, Case, GraphConfig, Task
from gepa_agents.parts.tracing.recorder import Recorder
from gepa_agents.words.trajectory import Message, ModelStep, NodeStep, Step, ToolStep, Trajectory
from tests.traces import shop

FOLDER = Path(__file__).parents[1] / "traces"
FILES = {
    "openinference": ("openinference.jsonl.gz", "phoenix_annotations.jsonl"),
    "traceloop": ("traceloop.jsonl.gz",),
    "genai": ("genai.jsonl",),
    "langsmith_otel": ("langsmith_otel.jsonl.gz",),
    "langsmith_runs": ("langsmith_runs.jsonl.gz", "langsmith_feedback.jsonl"),
    "langfuse_otel": ("langfuse.binpb", "langfuse_scores.jsonl"),
    "langfuse_observations": ("langfuse_observations.jsonl.gz", "langfuse_scores.jsonl"),
    "own": ("own.jsonl",),
}
NAMES = {"openinference": "OpenInference", "traceloop": "Traceloop", "genai": "GenAI", "own": "gepa-agents"}

Told = dict[str, object]
Loss = Callable[[Step, Told], Told]


def no_finish_reason(step: Step, told: Told) -> Told:
    """The reason for which a model stopped is not written down."""
    return told | {"finish_reason": ""} if isinstance(step, ModelStep) else told


def no_old_reasoning(step: Step, told: Told) -> Told:
    """Reasoning that LangChain keeps beside a message's content is lost where the message is sent again."""
    if not isinstance(step, ModelStep):
        return told
    return told | {"messages": [_without(message, step.node != "planner") for message in step.messages]}


def no_beside_reasoning(step: Step, told: Told) -> Told:
    """The same, in replies too (`reasoning_content`, as DeepSeek, vLLM and LiteLLM have it)."""
    told = no_old_reasoning(step, told)
    beside = isinstance(step, ModelStep) and step.reply is not None and step.reply.reasoning.startswith("First")
    if beside and isinstance(step, ModelStep) and step.reply is not None:
        return told | {"reply": _without(step.reply, True)}
    return told


def only_agents(step: Step, told: Told) -> Told:
    """No graph node is named; the nearest agent, or the workflow, stands in."""
    return told | {"node": "researcher" if step.node.startswith("researcher") else "shop"}


def no_error_type(step: Step, told: Told) -> Told:
    """Only the message of an error."""
    return told | {"error": str(told["error"]).partition(": ")[2]} if told["error"] else told


LOST: dict[str, tuple[Loss, ...]] = {
    "traceloop": (no_finish_reason, no_old_reasoning),
    "genai": (no_beside_reasoning, only_agents),
    "langfuse_otel": (no_finish_reason, no_error_type),
    "langfuse_observations": (no_finish_reason, no_error_type),
}


def _without(message: Message, applies: bool) -> dict[str, object]:
    told = message.model_dump()
    beside = applies and message.reasoning.startswith("First")
    return told | {"reasoning": ""} if beside else told


def told(step: Step, losses: tuple[Loss, ...] = ()) -> Told:
    """A step without its times, and without what is lost; messages as plain data."""
    plain: Told = step.model_dump(exclude={"started", "seconds"})
    for loss in losses:
        plain = loss(step, plain)
    if isinstance(step, ModelStep):
        plain["messages"] = [
            one.model_dump() if isinstance(one, Message) else one
            for one in plain["messages"]  # type: ignore[attr-defined]
        ]
    return plain


@cache
def seen() -> dict[str, Trajectory]:
    """What our own tracer sees of the graph, by question."""
    agent = wrap(shop.build())
    found = {}
    for question, customer, _ in shop.RUNS:
        state = {"messages": [{"role": "user", "content": question}], "customer": customer}
        with Recorder().rollout("shop", {}) as recording:
            asyncio.run(agent.run(Task(id="shop", input=state), GraphConfig(), recording.tracer))
        found[question] = recording.trajectory()
    return found


@cache
def stored(name: str) -> tuple[tuple[Case, ...], Tally]:
    """The runs in the files of a convention."""
    reading = read(*(FOLDER / file for file in FILES[name]))
    return tuple(reading), reading.tally


def question(one: Case) -> str:
    """What was asked in a run."""
    given = one.task.input
    if isinstance(given, dict):
        given = given["messages"][0]["content"]  # type: ignore[index, call-overload]
    assert isinstance(given, str)
    return given


@pytest.mark.parametrize("name", FILES)
def test_a_convention_tells_what_our_tracer_saw(name: str):
    """Every step in order: node, messages, reasoning, offered tools, calls with ids and arguments, results, errors,
    tokens; less what the instrumentation is known to lose."""
    runs, tally = stored(name)
    assert sorted(map(question, runs)) == sorted(seen())
    losses = LOST.get(name, ())
    for run in runs:
        truth = list(seen()[question(run)].steps)
        if name == "genai":
            truth = [step for step in truth if not isinstance(step, NodeStep)]
        for theirs, ours in zip(run.rollout.trajectory.steps, truth, strict=True):
            assert told(theirs) == told(ours, losses)
    assert tally.skipped == tally.broken == tally.homeless == 0


@pytest.mark.parametrize("name", ["openinference", "traceloop", "langsmith_otel", "langsmith_runs", "langfuse_otel"])
def test_input_and_output_are_those_of_the_graph(name: str):
    """A task made of a trace has the whole state that the graph was given, its messages as chat turns; the rollout has
    what the graph returned, as a rollout of ours would."""
    runs, _ = stored(name)
    for run, (asked, customer, _) in zip(runs, shop.RUNS, strict=True):
        assert run.task.input == {"messages": [{"role": "user", "content": asked}], "customer": customer}
        assert isinstance(run.rollout.output, dict)
        assert run.rollout.output["customer"] == customer
        assert run.rollout.text.startswith("Dear customer")


@pytest.mark.parametrize("name", ["openinference", "traceloop", "langsmith_runs", "langfuse_otel"])
def test_the_same_input_is_the_same_task_in_every_convention(name: str):
    """Ids are made of the input: whichever vendor stored it, it is one task."""
    assert [run.task.id for run in stored(name)[0]] == [run.task.id for run in stored("langfuse_observations")[0]]


def test_scores_are_feedback():
    """Evaluation events, Langfuse scores, LangSmith feedback and Phoenix annotations become scores and reasons."""
    judged = {
        name: [(run.rollout.score.value, run.rollout.score.feedback) if run.rollout.score else None for run in runs]
        for name in FILES
        if (runs := stored(name)[0])
    }
    poor = (0.25, "helpful: 0.25 (poor): It does not name the price.")
    assert judged["genai"] == [poor, poor, None]
    assert judged["openinference"] == [
        (1.0, "price: 1 (good): names the price"),
        (0.0, "price: 0 (bad): no price"),
        (1.0, "price: 1 (good)"),
    ]
    right = 'correctness: 0: expected: {"answer": "We have no unicorns."}'
    assert judged["langsmith_runs"] == [(0.5, "correctness: 0.5: The price is missing."), (0.0, right), None]
    assert judged["langfuse_otel"] == [(0.5, "helpful: 0.5: It takes long."), None, (1.0, "polite: 1")]
    assert judged["langfuse_observations"] == judged["langfuse_otel"]
    assert judged["own"] == [(0.25, "metric: 0.25: It does not name the price.")] * 3


def test_corrections_are_what_is_expected():
    """A correction becomes the task's expected outcome, also where no number was given."""
    assert [run.task.expected for run in stored("langsmith_runs")[0]] == [
        None,
        {"answer": "We have no unicorns."},
        None,
    ]
    second = stored("langfuse_otel")[0][1].task
    assert second.expected == "We have no unicorns."
    assert second.metadata["remarks"] == ["answer: expected: We have no unicorns."]


def test_our_own_rollouts_keep_their_names():
    """The optimizer's task and candidate are known again."""
    runs, _ = stored("own")
    assert [(run.task.id, run.rollout.task, run.rollout.candidate) for run in runs] == [
        (f"shop-{number}", f"shop-{number}", Candidate().id) for number in range(3)
    ]


@pytest.mark.parametrize("name", FILES)
def test_every_span_is_accounted_for(name: str):
    """Each span is a step of a convention, or counted as passed over or repeated; none is lost."""
    runs, tally = stored(name)
    steps = sum(sum(kinds.values()) for kinds in tally.steps.values())
    assert steps + sum(tally.passed.values()) + tally.repeated == tally.spans
    assert tally.doubled == tally.given_up == tally.cut == tally.broken == 0
    assert steps == sum(len(run.rollout.trajectory.steps) for run in runs)
    assert set(tally.steps) == {NAMES.get(name, "LangSmith" if "langsmith" in name else "Langfuse")}


def test_times_are_of_the_trace():
    """Steps lie within their run."""
    for name in FILES:
        for run in stored(name)[0]:
            trajectory = run.rollout.trajectory
            assert trajectory.seconds > 0
            for step in trajectory.steps:
                assert 0 <= step.started <= step.started + step.seconds <= trajectory.seconds + 1e-3


def test_tools_and_usage_are_counted():
    """Tokens add up to what the model said it used."""
    for name in FILES:
        for run in stored(name)[0]:
            assert run.rollout.usage == seen()[question(run)].usage == run.rollout.trajectory.usage
            assert any(isinstance(step, ToolStep) for step in run.rollout.trajectory.steps)
