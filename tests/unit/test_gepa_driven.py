"""An agent of ours as an adapter of the official package: what it returns, and what becomes of failures."""

import asyncio
import gc
import threading
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from gepa_agents_gepa import AgentAdapter, probe
from gepa_agents_gepa.background import Background
from opentelemetry.trace import Tracer

from gepa_agents import (
    AgentError,
    Anatomy,
    ConfigError,
    GraphConfig,
    GraphConfigError,
    MetricError,
    Rollout,
    Score,
    Settings,
    Slot,
    Task,
)
from gepa_agents.testing.scripted_agent import ModelCall, ScriptedAgent, ToolRun
from gepa_agents.words.component import Component
from gepa_agents.words.frozen import JsonValue
from tests.landscape import Landscape, suite
from tests.landscape import metric as landscape_metric

PLAN = Component(name="plan.system", kind="prompt", text="Plan for {city}.", node="plan", slots=(Slot(name="city"),))
ECHO = Component(name="echo.system", kind="prompt", text="Echo.", node="echo")
TASKS = [Task(id=f"t{number}", input=f"go {number}") for number in range(4)]


def policy(texts: Mapping[str, str], task: Task) -> tuple[JsonValue, Sequence[ModelCall | ToolRun]]:
    """Both nodes speak, except that `break` in the plan breaks the run after it was made."""
    if "break" in texts["plan.system"] and task.id == "t0":
        raise ValueError("out of order")
    return texts["echo.system"], [ModelCall("plan.system", "a plan"), ModelCall("echo.system", "an echo")]


def metric(task: Task, rollout: Rollout) -> Score:
    """The length of the echo's text, in two ways."""
    assert isinstance(rollout.output, str)
    return Score(value=len(rollout.output) / 100, objectives={"long": len(rollout.output), "fixed": 1.0})


class Counting(ScriptedAgent):
    """Counts its runs, and how many there were at once."""

    runs: list[tuple[str, str]] = []
    at_once: list[int] = []

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> JsonValue:
        self.runs.append((config.candidate.id, task.id))
        self.at_once.append(self.at_once[-1] + 1 if self.at_once else 1)
        await asyncio.sleep(0.002)
        self.at_once.append(self.at_once[-1] - 1)
        return await super().run(task, config, tracer)


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Counting:
    monkeypatch.setattr(Counting, "runs", [])
    monkeypatch.setattr(Counting, "at_once", [])
    return Counting((PLAN, ECHO), policy)


@pytest.fixture
def adapter(agent: Counting) -> AgentAdapter:
    made = probe(agent, TASKS[:1], metric=metric, settings=Settings(failure_score=-1.0, concurrency=3))
    agent.runs.clear()
    return made


def test_a_probe_finds_the_seed(adapter: AgentAdapter):
    """The seed candidate is the agent's own texts, and as a configuration it changes nothing."""
    assert adapter.seed_candidate == {"plan.system": "Plan for {city}.", "echo.system": "Echo."}
    assert adapter.config(adapter.seed_candidate).texts == {}
    changed = adapter.config({**adapter.seed_candidate, "echo.system": "Louder."})
    assert changed.texts == {"echo.system": "Louder."}
    assert changed.components == (PLAN, ECHO)


def test_settings_say_what_may_change(agent: Counting):
    """`components` narrows the seed; a pattern that fits nothing is an error that says so."""
    narrow = probe(agent, TASKS[:1], metric=metric, settings=Settings(components=("echo.*",)))
    assert list(narrow.seed_candidate) == ["echo.system"]
    with pytest.raises(AgentError, match="no text of `scripted` can be tuned"):
        probe(agent, TASKS[:1], metric=metric, settings=Settings(components=("other",)))


def test_an_agent_that_always_fails_can_not_be_probed():
    """The first fault is named, so that it can be mended."""

    def fail(texts: Mapping[str, str], task: Task) -> Any:
        raise ValueError("no key")

    with pytest.raises(AgentError, match="all 2 probes of `scripted` failed, the first with ValueError: no key"):
        probe(ScriptedAgent((PLAN,), fail), TASKS[:2], metric=metric)


def test_a_batch_has_one_of_everything_for_each_task(adapter: AgentAdapter):
    """Outputs, scores, objectives and traces stand in the order of the tasks; traces only when they are asked for."""
    batch = adapter.evaluate(TASKS, {**adapter.seed_candidate, "echo.system": "12345"}, capture_traces=True)
    assert batch.outputs == ["12345"] * 4
    assert batch.scores == [0.05] * 4
    assert batch.objective_scores == [{"long": 5, "fixed": 1.0}] * 4
    assert batch.num_metric_calls == 4
    assert [case.task for case in batch.trajectories or []] == TASKS
    assert adapter.evaluate(TASKS, adapter.seed_candidate).trajectories is None


def test_a_task_that_stands_twice_is_paid_once(adapter: AgentAdapter, agent: Counting):
    """The official sampler fills minibatches up with repeats: they share one rollout, and the count says so."""
    batch = adapter.evaluate([TASKS[0], TASKS[1], TASKS[0]], adapter.seed_candidate, capture_traces=True)
    assert [task for _, task in agent.runs] == ["t0", "t1"]
    assert len(batch.scores) == len(batch.trajectories or []) == 3
    assert batch.num_metric_calls == 2


def test_a_fault_is_a_failure_that_its_record_tells_of(adapter: AgentAdapter):
    """One task of a broken text fails with the failure score, the others are scored; its objectives fail too."""
    broken = {**adapter.seed_candidate, "plan.system": "break {city}"}
    batch = adapter.evaluate(TASKS[:2], broken, capture_traces=True)
    assert batch.scores == [-1.0, 0.05]
    assert batch.outputs[0] is None
    assert batch.objective_scores == [{"long": -1.0, "fixed": -1.0}, {"long": 5, "fixed": 1.0}]
    fault = (batch.trajectories or [])[0].rollout.fault
    assert fault is not None
    assert fault.message == "ValueError: out of order"


def test_a_text_that_lost_its_slot_costs_nothing(adapter: AgentAdapter, agent: Counting):
    """The official engine guards no slots: the text scores as a failure with the reason, and no rollout is made."""
    lost = {**adapter.seed_candidate, "plan.system": "Plan for Paris."}
    with pytest.raises(GraphConfigError, match=r"`plan.system` lacks \{city\}"):
        adapter.config(lost)
    batch = adapter.evaluate(TASKS[:2], lost, capture_traces=True)
    assert agent.runs == []
    assert batch.num_metric_calls == 0
    assert batch.scores == [-1.0, -1.0]
    faults = [case.rollout.fault for case in batch.trajectories or []]
    assert all(fault and "lacks {city}" in fault.message for fault in faults)


def test_records_are_cut_for_the_component_and_name_its_slots(adapter: AgentAdapter):
    """Each component's records hold what it did; where a slot is due, the reflection model is told to keep it."""
    batch = adapter.evaluate(TASKS[:2], adapter.seed_candidate, capture_traces=True)
    made = adapter.make_reflective_dataset(adapter.seed_candidate, batch, ["plan.system", "echo.system"])
    assert [len(records) for records in made.values()] == [2, 2]
    plan, echo = made["plan.system"][0], made["echo.system"][0]
    assert set(plan) == {"Inputs", "Generated Outputs", "Feedback"}
    assert "a plan" in plan["Generated Outputs"]
    assert "an echo" not in plan["Generated Outputs"].partition("In the end")[0]
    assert "must keep {city} exactly" in plan["Feedback"]
    assert "must keep" not in echo["Feedback"]
    assert "Score: 0.05" in echo["Feedback"]
    with pytest.raises(ConfigError, match="capture_traces=True"):
        adapter.make_reflective_dataset(
            adapter.seed_candidate, adapter.evaluate(TASKS[:1], adapter.seed_candidate), ["plan.system"]
        )


def test_the_turn_of_a_component_that_took_no_part_is_passed_on():
    """In a graph with a branch that is hardly taken, the official engine's iterations all go to what was seen."""

    def branch(texts: Mapping[str, str], task: Task) -> tuple[JsonValue, Sequence[ModelCall]]:
        rare = [ModelCall("echo.system", "an echo")] if task.id == "t0" else []
        return texts["plan.system"], [ModelCall("plan.system", "a plan"), *rare]

    adapter = probe(ScriptedAgent((PLAN, ECHO), branch), TASKS, metric=metric)
    state = SimpleNamespace(
        named_predictor_id_to_update_next_for_program_candidate=[0],
        list_of_named_predictors=list(adapter.seed_candidate),
    )

    def turn(tasks: list[Task]) -> list[str]:
        seen = adapter.evaluate(tasks, adapter.seed_candidate, capture_traces=True).trajectories or []
        return adapter.select(state, seen, [], 0, adapter.seed_candidate)  # type: ignore[arg-type]

    assert [turn(TASKS[1:])[0] for _ in range(3)] == ["plan.system"] * 3
    assert [turn(TASKS[:2])[0] for _ in range(3)] == ["echo.system", "plan.system", "echo.system"]


def test_several_candidates_run_in_one_crowd(adapter: AgentAdapter, agent: Counting):
    """Batches of several candidates come back apart, never more at once than the settings say."""
    items = [({**adapter.seed_candidate, "echo.system": "x" * size}, TASKS[: size + 1]) for size in range(3)]
    batches = adapter.batch_evaluate(items)
    assert [batch.scores for batch in batches] == [[0.0], [0.01] * 2, [0.02] * 3]
    assert all(batch.trajectories is not None for batch in batches)
    assert max(agent.at_once) == 3


def test_a_candidate_of_another_agent_is_refused(adapter: AgentAdapter):
    """A text that belongs to no component is a mistake of whoever made the candidate, not a bad candidate."""
    with pytest.raises(ConfigError, match="a text for `system_prompt`"):
        adapter.evaluate(TASKS, {"system_prompt": "Hi."})


def test_a_metric_that_raises_stops_the_run(agent: Counting):
    """A broken metric concerns every task, so it is no failure of a candidate."""

    def broken(task: Task, rollout: Rollout) -> float:
        raise KeyError("expected")

    with pytest.raises(MetricError, match="KeyError"):
        probe(agent, TASKS[:1], metric=broken)


async def test_it_works_within_a_running_loop(agent: Counting):
    """A notebook has a loop already: the sync methods work there."""
    adapter = probe(agent, TASKS[:1], metric=metric)
    assert len(adapter.evaluate(TASKS, adapter.seed_candidate).scores) == 4


def test_all_runs_share_one_loop():
    """Clients that an agent opened in one evaluation are of use in the next: the loop is the same."""
    loops = []

    class Landed(Landscape):
        async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> Any:
            loops.append(asyncio.get_running_loop())
            return await super().run(task, config, tracer)

    tasks = suite().train
    adapter = probe(Landed(), tasks[:2], metric=landscape_metric)
    adapter.evaluate(list(tasks), adapter.seed_candidate)
    assert len(set(loops)) == 1


def test_the_anatomy_of_an_earlier_process_serves(agent: Counting):
    """An adapter made of a stored anatomy needs no probe."""
    anatomy = Anatomy.model_validate_json(Anatomy(nodes=("plan", "echo"), components=(PLAN, ECHO)).model_dump_json())
    assert AgentAdapter(agent, anatomy, metric).evaluate(TASKS[:1], {"echo.system": "1"}).scores == [0.01]


def test_the_background_loop_ends_with_its_owner():
    """No thread and no open loop is left behind, and what a coroutine raises comes out before that."""

    async def work(number: int) -> int:
        if number < 0:
            raise ValueError(number)
        await asyncio.sleep(0)
        return threading.get_ident()

    background = Background()
    thread = background.wait(work(1))
    assert thread != threading.get_ident()
    assert background.wait(work(2)) == thread
    with pytest.raises(ValueError, match="-1"):
        background.wait(work(-1))
    del background
    gc.collect()
    assert thread not in {one.ident for one in threading.enumerate()}
