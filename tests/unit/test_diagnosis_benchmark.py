"""The benchmark of the checks: simulated graphs hold what they should, recorded rows are read as they were meant."""

import csv
import gzip
import json
from pathlib import Path

import pytest

from benchmarks.diagnosis import labels, rules, scenes, synthetic, tau_bench, workbench
from benchmarks.diagnosis.__main__ import findings, table
from benchmarks.diagnosis.scoring import count, share, wilson
from benchmarks.diagnosis.trace import Trace, case
from gepa_agents import Score, Task, Trajectory
from gepa_agents.parts.feedback.cohort import Cohort
from gepa_agents.parts.feedback.diagnosis import Diagnosis
from gepa_agents.words.trajectory import ModelStep, ToolStep

STEP = (
    "(AgentAction(tool='calendar.delete_event', tool_input={'event_id': '00000256'}, "
    "log='I delete it.\\nAction:\\n```{}```'), 'Event not found.')"
)
RESPONSE = f"{{'input': 'Cancel it', 'output': 'It has been cancelled.', 'intermediate_steps': [{STEP}, {STEP}]}}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One WorkBench row and one tau-bench run, in the form in which they were published."""
    (tmp_path / "workbench/results").mkdir(parents=True)
    (tmp_path / "workbench/queries_and_answers").mkdir()
    (tmp_path / "tau_bench").mkdir()
    with gzip.open(tmp_path / "workbench/results/calendar__gpt-4_all_2024.csv.gz", "wt", newline="") as lines:
        rows = csv.DictWriter(lines, ["query", "function_calls", "full_response", "error"])
        rows.writeheader()
        rows.writerow({"query": "Cancel it", "function_calls": "[]", "full_response": RESPONSE, "error": ""})
        rows.writerow({"query": "Cancel it", "function_calls": "[]", "full_response": "", "error": "Context window"})
    golds = tmp_path / "workbench/queries_and_answers/calendar_queries_and_answers.csv"
    with golds.open("w", newline="") as lines:
        gold = csv.DictWriter(lines, ["query", "answer", "base_template", "chosen_template", "domains"])
        gold.writeheader()
        due = "['calendar.delete_event.func(event_id=\"00000300\")']"
        gold.writerow({"query": "Cancel it", "answer": due, "base_template": "Cancel", "domains": "['calendar']"})
    called = {"id": "c1", "function": {"name": "get_user_details", "arguments": '{"user_id": "eva_1"}'}}
    run = {
        "task_id": 3,
        "trial": 1,
        "reward": 0.0,
        "info": {"task": {"instruction": "You are Eva.", "actions": [{"name": "cancel_reservation"}]}},
        "traj": [
            {"role": "system", "content": "You help."},
            {"role": "user", "content": "I am eva_1."},
            {"role": "assistant", "content": None, "tool_calls": [called]},
            {"role": "tool", "content": "Error: user not found", "name": "get_user_details", "tool_call_id": "c1"},
            {"role": "assistant", "content": "I can't find you."},
        ],
    }
    with gzip.open(tmp_path / "tau_bench/gpt-4o-airline.json.gz", "wt") as lines:
        json.dump([run], lines)
    return tmp_path


def faults(trace: Trace) -> set[str]:
    return {check for check, wrong in trace.labels.items() if wrong}


def test_each_simulated_scene_holds_its_faults_and_no_others() -> None:
    """Real graphs on scripted models: every check finds what it is for, and spares what only looks like it."""
    traces = list(synthetic.read(scenes.ORDERS[:1]))
    diagnosis = Diagnosis(cohort=Cohort.of([trace.case for trace in traces]))
    wrong = {
        trace.id: found ^ faults(trace)
        for trace in traces
        if (found := {finding.check for finding in diagnosis.of(trace.case)}) != faults(trace)
    }
    assert wrong == {}
    assert {check for trace in traces for check in faults(trace)} == set(synthetic.ALL)


def test_a_workbench_row_becomes_a_trajectory_with_labels(folder: Path) -> None:
    """Steps in order with thought, call and answer; labels from the gold and from what the tools answered."""
    (trace,) = workbench.read(folder / "workbench")
    steps = trace.case.rollout.trajectory.steps
    assert [type(step) for step in steps] == [ModelStep, ToolStep, ModelStep, ToolStep, ModelStep]
    replies = [step.reply for step in steps if isinstance(step, ModelStep) and step.reply is not None]
    assert [reply.reasoning for reply in replies] == ["I delete it.", "I delete it.", ""]
    assert replies[-1].text == "It has been cancelled."
    assert trace.case.rollout.score == Score(value=0.0)
    assert faults(trace) == {"tool_error", "repeated_call", "invented_argument", "missing_tool"}


def test_a_tau_bench_run_becomes_a_trajectory_with_labels(folder: Path) -> None:
    """A conversation in turns; the gold's tool was never called, and the id was the customer's own."""
    (trace,) = tau_bench.read(folder / "tau_bench")
    assert trace.id == "tau_bench/airline/gpt-4o/3/1"
    (tool,) = trace.case.rollout.trajectory.tools()
    assert (tool.arguments, tool.result) == ({"user_id": "eva_1"}, "Error: user not found")
    assert faults(trace) == {"tool_error", "missing_tool"}


def test_labels_by_reading_are_put_to_those_by_rule(folder: Path) -> None:
    """A verdict by reading adds to what rules say; without any error, none was ignored."""
    (trace,) = workbench.read(folder / "workbench")
    (read,) = labels.labelled([trace], {trace.id: {"ignored_error": True}})
    assert faults(read) == faults(trace) | {"ignored_error"}
    assert all(verdict in (True, False) for verdicts in labels.read().values() for verdict in verdicts.values())


def test_the_table_counts_found_missed_and_wrong(folder: Path) -> None:
    """One line a check, with Wilson's interval."""
    (trace,) = workbench.read(folder / "workbench")
    assert "| `tool_error` | 1 / 1 | 1.00 [.21, 1.00] | 1.00 [.21, 1.00] |" in table([trace], [], findings([trace]))
    tally = count([trace], {trace.id: frozenset({"unknown_tool"})}, "unknown_tool")
    assert (tally.found, tally.missed, tally.wrong, tally.silent) == (0, 0, 1, 0)
    assert share(0, 0) == "–"
    assert wilson(9, 10) == pytest.approx((0.5958, 0.9821), abs=1e-4)


def test_both_halves_keep_a_template_together() -> None:
    """What is tuned on one half has not been seen in the other, not even in other words."""
    asked = ("Cancel it", "Stop it", "No more")
    tasks = [Task(id=text, input=text, metadata={"template": "Cancel"}) for text in asked]
    traces = [Trace("x", "recorded", "c", case(task, Trajectory(), "", 0.0)) for task in tasks]
    assert len({trace.half for trace in traces}) == 1


@pytest.mark.parametrize(
    ("rounds", "loop"), [("aaaa", True), ("aaa", False), ("ababababc", True), ("abababcab", False)]
)
def test_a_loop_by_rule_is_four_rounds(rounds: str, loop: bool) -> None:
    """Written from the definition, without the check's code."""
    assert rules.labels([(call, {}, "ok") for call in rounds], ["done"])["endless_loop"] is loop
