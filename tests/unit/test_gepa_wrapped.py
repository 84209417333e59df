"""An adapter of the official package as an agent of ours: what is shown of it, and what it may not return."""

import threading
from typing import Any

import pytest
from gepa.core.adapter import EvaluationBatch, GEPAAdapter
from gepa_agents_gepa import suite, wrap

from gepa_agents import (
    AgentError,
    ConfigError,
    GepaError,
    GraphConfig,
    OverrideMissed,
    Settings,
    SuiteError,
    Task,
    evaluate,
)
from gepa_agents.words.component import Component
from tests.gepa_adapters import INSTANCES, SEED, Broken, Clerk

TASK = Task(id="t0", input={"question": "What is word 0?", "word": "word0"})


def one(adapter: GEPAAdapter[Any, Any, Any], **options: Any) -> Any:
    """The rollout of one task."""
    agent = wrap(adapter, SEED, **options)
    (rollout,) = evaluate(agent, [TASK], metric=agent.metric).rollouts
    return rollout


def test_records_become_model_calls_and_feedback_of_their_component():
    """What came in and went out is the call, feedback and further keys go to the component, the score is the
    adapter's."""
    rollout = one(Clerk())
    extract, answer = rollout.trajectory.models()
    assert (extract.node, answer.node) == ("extract", "answer")
    assert [message.text for message in extract.messages] == ["Find the facts.", "question: What is word 0?"]
    assert extract.reply.text == "word0"
    assert answer.messages[1].text == "word0"
    assert rollout.text == "it is word0"
    assert rollout.score.value == 0
    assert rollout.score.objectives == {"short": -0.11}
    assert rollout.score.by_component == {
        "extract": "Look under the year.\nscore: 0.0",
        "answer": "Use capital letters.\nscore: 0.0",
    }


def test_the_candidate_is_whole_and_in_the_seeds_order():
    """An adapter that takes the first text for its prompt gets the right one, changed or not."""
    adapter = Clerk()
    agent = wrap(adapter, SEED)
    component = Component(name="answer", kind="prompt", text=SEED["answer"], node="answer")
    config = GraphConfig(components=(component,), texts={"answer": "Use capital letters."})
    evaluate(agent, [TASK], metric=agent.metric, config=config)
    assert list(adapter.candidates[0].items()) == [("extract", SEED["extract"]), ("answer", "Use capital letters.")]


def test_several_records_of_one_component_are_several_calls():
    """A component that was asked twice shows both calls, and its feedback says which it is about."""
    records = {
        name: [{"Inputs": f"{name} {n}", "Generated Outputs": {"n": n}, "Feedback": f"no {n}"} for n in (1, 2)]
        for name in SEED
    }
    rollout = one(Broken(EvaluationBatch(outputs=["x"], scores=[1], trajectories=[None]), records))
    assert [step.messages[1].text for step in rollout.trajectory.models()] == [
        "extract 1",
        "extract 2",
        "answer 1",
        "answer 2",
    ]
    assert rollout.score.by_component["answer"] == "Call 1: no 1\n\nCall 2: no 2"


def test_a_record_without_the_recommended_keys_still_serves():
    """The adapter's own output stands for what came out, and every key is feedback."""
    records = {name: [{"hint": {"use": [1, 2]}, "seen": object}] for name in SEED}
    batch = EvaluationBatch(outputs=[{"answer": 42}], scores=[0.5], trajectories=[None])
    rollout = one(Broken(batch, records))
    step = next(rollout.trajectory.models())
    assert step.reply.text == "answer: 42"
    assert rollout.score.by_component["extract"].startswith("hint: use: [1, 2]\nseen: <class")


@pytest.mark.parametrize("records", [{}, {"extract": [], "answer": []}, RuntimeError("no valid predictions")])
def test_a_component_without_records_took_no_part(records: Any):
    """No call is shown of it; adapters say it with an empty list, a missing key or an exception, which is kept."""
    rollout = one(Broken(EvaluationBatch(outputs=["x"], scores=[1.0], trajectories=[None]), records))
    assert list(rollout.trajectory.models()) == []
    assert rollout.score.value == 1
    told = dict.fromkeys(SEED, "RuntimeError: no valid predictions") if isinstance(records, Exception) else {}
    assert rollout.output["silent"] == told


def test_a_text_without_records_is_shown_as_out_of_reach():
    """The anatomy has what runs showed, and says of the rest why it can't be tuned."""
    agent = wrap(Broken(None), SEED)
    anatomy = agent.anatomy([one(Clerk()).trajectory])
    assert [component.name for component in anatomy.components] == ["extract", "answer"]
    none = agent.anatomy([])
    assert none.components == ()
    assert [text.node for text in none.unreachable] == ["extract", "answer"]


def batch(**changes: Any) -> EvaluationBatch[Any, Any]:
    """A good answer for one instance, with something wrong with it."""
    return EvaluationBatch(**{"outputs": ["x"], "scores": [1.0], "trajectories": [None], **changes})


@pytest.mark.parametrize(
    ("answer", "records", "words"),
    [
        (None, {}, "returned NoneType from `evaluate`"),
        (batch(scores=[]), {}, "returned 0 scores for 1 instance"),
        (batch(outputs=["x", "y"]), {}, "returned 2 outputs for 1 instance"),
        (batch(trajectories=None), {}, "returned no trajectories"),
        (batch(objective_scores=[]), {}, "returned 0 objective_scores"),
        (batch(scores=[float("nan")]), {}, "returned nan as its score"),
        (batch(scores=["0.5"]), {}, "returned '0.5' as its score"),
        (batch(objective_scores=[{"cheap": float("inf")}]), {}, "returned inf as its objective `cheap`"),
        (batch(), [], "what are no records of `extract`"),
        (batch(), {"extract": ["words"]}, "what are no records of `extract`"),
    ],
)
def test_an_answer_that_breaks_the_protocol_stops_the_run(answer: Any, records: Any, words: str):
    """It is named with adapter and task, and is never scored: the official engine takes NaN for a number."""
    with pytest.raises(AgentError) as caught:
        one(Broken(answer, records))
    assert words in str(caught.value)
    assert "`Broken` on task `t0`" in str(caught.value)


def test_what_the_adapter_raises_is_a_fault():
    """An exception of `evaluate` fails this rollout, not the run."""
    rollout = one(Broken(OSError("disk")))
    assert rollout.score is None
    assert rollout.fault.message == "OSError: disk"


def test_texts_of_another_seed_are_missed():
    """A configuration that was tuned from other texts does not run as if it fitted."""
    agent = wrap(Clerk(), SEED)
    other = Component(name="extract", kind="prompt", text="Something else.", node="extract")
    with pytest.raises(OverrideMissed, match="`extract`"):
        agent.candidate(GraphConfig(components=(other,), texts={"extract": "New."}))


@pytest.mark.parametrize(("workers", "most"), [(1, 1), (8, 4)])
def test_calls_come_from_as_many_threads_as_are_let_in(workers: int, most: int):
    """Rollouts of a sync adapter run at once; with one worker they come one after the other."""
    together = threading.Barrier(most)
    inside: list[int] = []
    seen: list[int] = []

    class Watched(Clerk):
        def evaluate(self, batch: Any, candidate: Any, capture_traces: bool = False) -> Any:
            inside.append(1)
            seen.append(len(inside))
            together.wait(timeout=20)
            inside.pop()
            return super().evaluate(batch, candidate, capture_traces)

    tasks = suite(train=INSTANCES[:8], val=INSTANCES[:1], test=INSTANCES[:1]).train
    agent = wrap(Watched(), SEED, workers=workers)
    result = evaluate(agent, tasks, metric=agent.metric, settings=Settings(concurrency=4))
    assert result.faults == 0
    assert max(seen) == most


def test_instances_that_are_no_data_are_found_by_their_task():
    """Any Python object can be an instance: tasks name them, a function finds them."""
    examples = {"t0": object()}
    got: list[object] = []

    class Taking(Clerk):
        def evaluate(self, batch: Any, candidate: Any, capture_traces: bool = False) -> Any:
            got.extend(batch)
            return super().evaluate(INSTANCES[:1], candidate, capture_traces)

    one(Taking(), instance=lambda task: examples[task.id])
    assert got == [examples["t0"]]


def test_instances_become_tasks_of_their_list():
    """Ids tell list and place; what is no plain data, and an empty list, are errors that say so."""
    made = suite(train=INSTANCES[:2], val=INSTANCES[2:3], test=INSTANCES[3:4])
    assert [task.id for task in (*made.train, *made.val, *made.test)] == ["train-0", "train-1", "val-0", "test-0"]
    assert made.train[1].input == INSTANCES[1]
    with pytest.raises(ConfigError, match="instance 0 of val is no plain data"):
        suite(train=INSTANCES[:1], val=[object()], test=INSTANCES[:1])  # type: ignore[list-item]
    with pytest.raises(SuiteError, match="no task falls into test"):
        suite(train=INSTANCES[:1], val=INSTANCES[1:2], test=[])


def test_a_seed_without_texts_is_refused():
    """There would be nothing to tune."""
    with pytest.raises(GepaError, match="no texts"):
        wrap(Clerk(), {})
