"""A judge held against labels: what is read, what is measured, and which disagreements are shown."""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from gepa_agents_evaluators import Judge, JudgeSettings, Labelled, ameasure, combine, labelled, measure
from gepa_agents_evaluators.measures import kappa, spearman, wilson
from hypothesis import given
from hypothesis import strategies as st

from gepa_agents import (
    Completion,
    ConfigError,
    MetricError,
    ModelRefused,
    ModelUnavailable,
    Rollout,
    Score,
    SuiteError,
    Task,
    Usage,
)
from gepa_agents.ports.metric import NoVerdict
from tests.rollouts import case, wrong_refund


def run(name: str, label: float, output: str = "", why: str = "", **labels: float) -> Labelled:
    """A labelled run."""
    task = Task(id=name, input="x")
    return Labelled(
        task=task,
        rollout=Rollout(candidate="0" * 12, task=name, output=output),
        labels=labels or {"score": label},
        why=why,
    )


def test_agreement_of_a_judge_with_labels_is_measured() -> None:
    """Accuracy with its interval, kappa, the four cells, and the disagreements with both reasons, the worst first."""
    runs = [run(f"g{n}", 1, "good") for n in range(8)] + [run(f"b{n}", 0, "bad") for n in range(6)]
    runs += [run("harsh", 1, "0.25", "It is right."), run("mild", 0, "good", "No source."), run("worse", 0, "0.75")]

    def judge(task: Task, rollout: Rollout) -> tuple[float, str]:
        value = {"good": 1.0, "bad": 0.0}.get(rollout.text)
        return (float(rollout.text) if value is None else value), f"because {rollout.text}"

    measured = measure(judge, runs)
    (found,) = measured.agreements
    cells = found.confusion
    assert (cells.both_good, cells.only_label, cells.only_judge, cells.both_bad) == (8, 1, 2, 6)
    assert found.accuracy.value == 14 / 17
    assert (found.accuracy.low, found.accuracy.high) == wilson(14, 17)
    assert found.kappa is not None
    assert found.kappa.value == pytest.approx((14 / 17 - 146 / 289) / (1 - 146 / 289))
    assert found.kappa.low < found.kappa.value < found.kappa.high
    assert found.spearman is not None
    assert found.error == pytest.approx((0.75 + 1 + 0.75) / 17)
    assert [(one.task, one.label, one.score) for one in measured.disagreements] == [
        ("mild", 0, 1),
        ("harsh", 1, 0.25),
        ("worse", 0, 0.75),
    ]
    assert (measured.disagreements[0].said, measured.disagreements[0].why) == ("because good", "No source.")


async def test_criteria_are_compared_each_by_itself() -> None:
    """Labels by criterion, within a running loop too; a label for a criterion that there is none of is said."""

    async def judge(task: Task, rollout: Rollout) -> Score:
        return Score(value=0.5, objectives={"polite": 1.0, "right": 0.0})

    runs = [run(f"t{n}", 0, polite=1.0, right=float(n % 2)) for n in range(10)]
    measured = await ameasure(judge, runs)
    by_name = {one.name: one for one in measured.agreements}
    assert by_name["polite"].accuracy.value == 1.0
    assert by_name["right"].accuracy.value == 0.5
    assert by_name["polite"].kappa is None  # both always say the same: chance explains it
    assert measure(judge, runs) == measured
    with pytest.raises(MetricError, match="label for `kind`, which the judge does not score; it scores score, polite"):
        await ameasure(judge, [run("a", 0, kind=1.0)])


async def test_what_the_judge_can_not_judge_counts_nowhere() -> None:
    """It is listed; where nothing can be judged, that is the error."""

    def judge(task: Task, rollout: Rollout) -> float:
        if rollout.text == "odd":
            raise MetricError("no usable verdict")
        if rollout.text == "dead":
            raise ModelUnavailable("out of reach")
        if rollout.text == "bug":
            raise KeyError("x")
        return 1.0

    measured = await ameasure(judge, [run("a", 1, "odd"), run("b", 1)])
    assert [(one.task, one.problem) for one in measured.unjudged] == [("a", "no usable verdict")]
    assert measured.agreements[0].runs == 1
    with pytest.raises(MetricError, match="on any labelled run: no usable verdict"):
        await ameasure(judge, [run("a", 1, "odd")])
    with pytest.raises(ModelUnavailable):
        await ameasure(judge, [run("a", 1, "dead"), run("b", 1, "dead")])
    with pytest.raises(MetricError, match="the metric raised KeyError: 'x' on `a`"):
        await ameasure(judge, [run("a", 1, "bug")])


async def test_a_model_that_fails_on_the_way_does_not_cost_the_verdicts_before() -> None:
    """They are what was paid for. Once it is out of reach it is asked no more; one run that it refuses is that one."""
    asked: list[str] = []

    def judge(task: Task, rollout: Rollout) -> Score:
        asked.append(task.id)
        if rollout.text == "dead":
            raise ModelUnavailable("out of reach")
        if rollout.text == "long":
            raise ModelRefused("the prompt is too long")
        return Score(value=1.0, usage=Usage(calls=1, usd=0.25))

    runs = [run("a", 1), run("b", 1, "long"), run("c", 1), run("d", 1, "dead"), run("e", 1)]
    measured = await ameasure(judge, runs, together=1)
    assert asked == ["a", "b", "c", "d"]
    assert measured.agreements[0].runs == 2
    assert measured.usage.usd == 0.5
    assert [(one.task, one.problem) for one in measured.unjudged] == [
        ("b", "the prompt is too long"),
        ("d", "out of reach"),
        ("e", "not asked, since the model failed before: out of reach"),
    ]
    asked.clear()
    with pytest.raises(ModelRefused):
        await ameasure(judge, [run(name, 1, "long") for name in "abcd"], together=1)
    assert asked == ["a"]


async def test_verdicts_that_can_not_be_read_are_on_the_bill() -> None:
    """Both askings of each sample, also where other metrics are combined with the judge."""

    class Nonsense:
        name = "nonsense"

        async def complete(self, prompt: str) -> Completion:
            return Completion(text="Lovely!", usage=Usage(calls=1, usd=0.01))

    judge = Judge("It is right.", Nonsense(), JudgeSettings(samples=3))
    readable = Score(value=1.0, usage=Usage(calls=1, usd=0.5))
    both = combine({"judge": judge, "other": lambda task, rollout: readable})
    one = run("a", 1)
    for metric, usd in ((judge, 0.06), (both, 0.56)):
        with pytest.raises(NoVerdict) as caught:
            await metric(one.task, one.rollout)
        assert caught.value.usage.usd == pytest.approx(usd)

    def half(task: Task, rollout: Rollout) -> object:
        return readable if task.id == "b" else judge(task, rollout)

    assert (await ameasure(half, [one, run("b", 1)])).usage.usd == pytest.approx(0.56)


def test_labels_are_read_from_json_lines_and_tables(tmp_path: Path) -> None:
    """Numbers, truth values, words; runs by their output, by a task's id, or with all of their steps."""
    full = case(*wrong_refund(), score=None, output="All is well.")
    rows: list[dict[str, Any]] = [
        {"id": "one", "input": "q", "expected": "e", "output": "a", "label": True, "why": "Right."},
        {"task": "known", "output": {"messages": [{"role": "assistant", "content": "a"}]}, "label": 0.25},
        {**json.loads(full.model_dump_json(exclude_none=True)), "label": {"polite": "Yes", "right": 0}},
        {"input": "q", "output": "a", "label": "FAIL"},
    ]
    path = tmp_path / "labels.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    one, two, three, four = labelled(path, {"known": Task(id="known", input="q2", expected="e2")})
    assert (one.task, one.labels, one.why) == (Task(id="one", input="q", expected="e"), {"score": 1.0}, "Right.")
    assert (two.task.expected, two.rollout.text, two.labels["score"]) == ("e2", "a", 0.25)
    assert (three.rollout, three.labels) == (full.rollout, {"polite": 1.0, "right": 0.0})
    assert (four.task.id, four.labels) == ("4", {"score": 0.0})
    table = tmp_path / "labels.csv"
    table.write_text("id,input,output,label,why\none,q,a,pass,\ntwo,q,b,0.5,Half.\n")
    assert [(run.task.id, run.labels["score"], run.why) for run in labelled(table)] == [
        ("one", 1.0, ""),
        ("two", 0.5, "Half."),
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"input": "q", "output": "a", "label": 3}, "l.jsonl:1: the label 3 is no number from 0 to 1"),
        ({"input": "q", "output": "a", "label": "so so"}, "the label 'so so' is no number"),
        ({"input": "q", "output": "a"}, "the label None is no number"),
        ({"input": "q", "output": "a", "label": 10**400}, "the label 10{400} is no number"),
        ({"input": "q", "output": "a", "label": {}}, "`labels`"),
        ({"input": "q", "label": 1}, "there is no `output`"),
        ({"output": "q", "label": 1}, "there is no `input`, and no `task`"),
        ({"task": "gone", "output": "q", "label": 1}, "there is no task `gone`"),
        ({"input": "q", "output": "a", "lable": 1}, "there is no use for `lable`"),
        (3, "no object"),
    ],
)
def test_what_is_wrong_with_labels_is_named_with_its_line(tmp_path: Path, row: Any, said: str) -> None:
    """One sentence with file and line."""
    path = tmp_path / "l.jsonl"
    path.write_text(json.dumps(row))
    with pytest.raises(SuiteError, match=said):
        labelled(path)
    path.write_text("")
    with pytest.raises(SuiteError, match="holds no labelled run"):
        labelled(path)


def test_a_judge_is_a_metric_like_others_here() -> None:
    """Measured through its real prompt and answer."""
    answers = {"good": "<reason>ok</reason><score>4</score>", "bad": "<reason>no</reason><score>1</score>"}
    judge = Judge("Says good.", lambda prompt: answers["good" if "```\ngood\n```" in prompt else "bad"])
    measured = measure(judge, [run(f"t{n}", n % 2, "good" if n % 2 else "bad") for n in range(12)])
    assert measured.agreements[0].accuracy.value == 1.0
    assert measured.usage.calls == 12
    with pytest.raises(ConfigError):
        Judge("", lambda prompt: "")


BOOLS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1)
FLOATS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2)


@given(BOOLS)
def test_kappa_keeps_its_bounds_and_its_symmetry(pairs: list[tuple[bool, bool]]) -> None:
    """Within its interval, 1 only for full agreement, and no matter who is asked first."""
    one, other = [a for a, _ in pairs], [b for _, b in pairs]
    found = kappa(one, other)
    assert (found is None) == (len({*one, *other}) == 1)
    if found is None:
        return
    value, low, high = found
    assert -1 <= low <= value + 1e-12
    assert value - 1e-12 <= high <= 1 + 1e-12
    assert low < high
    assert math.isclose(value, 1) == (one == other)
    assert kappa(other, one) == pytest.approx(found)


@given(FLOATS)
def test_spearman_knows_order_alone(pairs: list[tuple[int, int]]) -> None:
    """Within -1 and 1; a stretched scale changes nothing, an upside-down one the sign."""
    one, other = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]
    value = spearman(one, other)
    if value is None:
        assert len(set(one)) == 1 or len(set(other)) == 1
        return
    assert -1 - 1e-9 <= value <= 1 + 1e-9
    assert spearman([a**3 for a in one], other) == pytest.approx(value)
    assert spearman([-a for a in one], other) == pytest.approx(-value)


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"), [(81, 263, 0.2553, 0.3662), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
)
def test_intervals_of_shares_are_those_of_the_textbook(hits: int, count: int, low: float, high: float) -> None:
    """Figures of Newcombe 1998 (Statistics in Medicine 17, table I), Wilson's method without correction."""
    assert wilson(hits, count) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize(("count", "right"), [(20, 0.8), (60, 0.8), (60, 0.95), (200, 0.6)])
def test_an_interval_of_kappa_covers_the_truth_about_as_often_as_it_says(count: int, right: float) -> None:
    """Of 1000 drawn sets of labels, the 95 % interval holds the true kappa in 92 to 99 %."""
    held, sets, truth = 0, 1000, 2 * right - 1
    for seed in range(sets):
        draw = random.Random(seed)
        one = [draw.random() < 0.5 for _ in range(count)]
        other = [a if draw.random() < right else not a for a in one]
        found = kappa(one, other)
        assert found is not None
        held += found[1] <= truth <= found[2]
    assert 0.92 <= held / sets <= 0.99


def test_reasons_with_half_a_character_can_be_written() -> None:
    """A metric that quotes cut-off text may return half of a surrogate pair; what is measured is text all the same."""
    measured = measure(lambda task, rollout: (0.0, "half \ud83d of it"), [run("a", 1.0), run("b", 0.0)])
    (found,) = [one.said for one in measured.disagreements]
    assert found == "half ? of it"
    assert found in measured.model_dump_json()
