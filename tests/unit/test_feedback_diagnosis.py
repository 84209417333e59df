"""A case's diagnosis: what takes a task or other rollouts to see, and checks of one's own."""

from collections.abc import Iterable
from typing import Any

import pytest

from gepa_agents import Case, CheckError, Fault, Finding, Score, Usage
from gepa_agents.parts.feedback.cohort import Cohort
from gepa_agents.parts.feedback.diagnosis import Diagnosis
from gepa_agents.parts.feedback.evidence import evidence
from gepa_agents.words.trajectory import Step, ToolDefinition
from tests.rollouts import REFUND, call, case, prompt, ran, said

LOOK = ToolDefinition(name="look_up", parameters={"type": "object"})


def solved(*tools: str, name: str = "t1", score: float = 1.0) -> Case:
    """A rollout that called these tools, with success."""
    steps: list[Step] = []
    for number, tool in enumerate(tools):
        steps += [said(calls=[call(tool, {}, f"c{number}")], tools=[REFUND, LOOK])]
        steps += [ran(tool, {}, "done", call_id=f"c{number}")]
    return case(*steps, said("Done.", tools=[REFUND, LOOK]), score=score, name=name)


def checks(diagnosis: Diagnosis, one: Case) -> list[str]:
    return [finding.check for finding in diagnosis.of(one)]


def sized(tokens: int, turns: int = 1) -> Case:
    """A rollout of so many model calls, each of so many tokens."""
    return case(*(said("Done.", usage=Usage(input_tokens=tokens)) for _ in range(turns)))


def test_a_tool_that_solutions_called_is_missing_elsewhere() -> None:
    """One solution is enough for a tool that acts; one that only looks things up may have been a detour."""
    failed = solved(score=0.0)
    one = Diagnosis(cohort=Cohort.of([solved("refund", "look_up")]))
    assert [finding.tool for finding in one.of(failed)] == ["refund"]
    two = Diagnosis(cohort=Cohort.of([solved("refund", "look_up"), solved("look_up", "refund")]))
    assert [finding.tool for finding in two.of(failed)] == ["look_up", "refund"]
    assert two.of(failed)[1].sentence == (
        "In `resolver`, the tool `refund`, which every known solution of this task called, "
        "was at hand and never called."
    )
    differing = Diagnosis(cohort=Cohort.of([solved("refund"), solved("look_up")]))
    assert checks(differing, failed) == []
    assert checks(two, solved(score=0.0, name="another task")) == []
    assert checks(two, solved(score=1.0)) == []


def test_a_task_can_name_the_tools_that_it_takes() -> None:
    """Then it takes no other rollout to see that one is missing, whatever the score."""
    needing = solved("look_up")
    needing = needing.model_copy(
        update={"task": needing.task.model_copy(update={"metadata": {"tools": ["refund", "look_up", "elsewhere"]}})}
    )
    (found,) = Diagnosis().of(needing)
    assert (found.check, found.tool) == ("missing_tool", "refund")
    assert "which this task needs" in found.sentence


def test_an_outlier_is_told_with_what_is_usual() -> None:
    """Far out by quartiles and twice the median; of tokens or of model calls; never from a handful of rollouts."""
    usual = [sized(100 + number) for number in range(8)]
    diagnosis = Diagnosis(cohort=Cohort.of(usual))
    (found,) = diagnosis.of(sized(5000))
    assert (
        found.sentence == "The run took far more than others: 5000 tokens, where half of the others took 104 or fewer."
    )
    assert checks(diagnosis, sized(120)) == []
    assert "20 model calls" in diagnosis.of(sized(5, turns=20))[0].sentence
    assert checks(Diagnosis(cohort=Cohort.of(usual[:7])), sized(5000)) == []


def test_times_are_no_part_of_a_diagnosis() -> None:
    """They differ from run to run, and the same work must make the same prompt; where they matter, they are told."""

    def lasting(seconds: float) -> Case:
        one = sized(100)
        trajectory = one.rollout.trajectory.model_copy(update={"seconds": seconds})
        return one.model_copy(update={"rollout": one.rollout.model_copy(update={"trajectory": trajectory})})

    cohort = Cohort.of([lasting(1 + number / 10) for number in range(8)])
    assert checks(Diagnosis(cohort=cohort), lasting(60)) == []
    timed = Diagnosis(cohort=cohort, times=True)
    (found,) = timed.of(lasting(60))
    assert found.sentence == "The run took 60.0 s; half of the others took 1.4 s or less."
    assert checks(timed, lasting(1.5)) == []


@pytest.mark.parametrize(
    "given",
    [
        {"fault": Fault(kind="agent", message="GraphRecursionError: Recursion limit of 25 reached")},
        {"output": {"messages": [{"content": "Sorry, need more steps to process this request."}]}},
        {"output": "Model call limits exceeded: run limit (3/3)"},
    ],
)
def test_a_limit_that_no_step_tells_of_is_found(given: dict[str, object]) -> None:
    """LangGraph raises outside of every node, or answers in the agent's place."""
    assert checks(Diagnosis(), case(said("Hm."), **given)) == ["step_limit"]  # type: ignore[arg-type]


def polite(case: Case) -> Iterable[str | Finding]:
    """A check of one's own: one sentence for the run, one about a node."""
    if "please" not in case.rollout.text:
        yield "The answer does not say please."
        yield Finding(sentence="The writer forgot its manners.", node="writer", step=0)


def test_a_check_of_ones_own_is_one_function() -> None:
    """Its sentences become findings under its name, and stand in the evidence of the components they concern."""
    rude = case(said("No."), said("No.", node="writer"), said("", node="resolver"), output="No.")
    found = [finding for finding in Diagnosis(checks=[polite]).of(rude) if finding.check == "polite"]
    assert [(finding.node, finding.sentence) for finding in found] == [
        ("writer", "The writer forgot its manners."),
        ("", "The answer does not say please."),
    ]
    told = {
        node: evidence(prompt(node), [rude], tokens=2000, diagnosis=Diagnosis(checks=[polite]))
        for node in ("resolver", "writer")
    }
    assert all(one is not None and "does not say please" in one.text for one in told.values())
    assert [node for node, one in told.items() if one is not None and "forgot its manners" in one.text] == ["writer"]


def test_a_check_that_fails_is_an_error_of_its_author() -> None:
    """The message says which check, on which task, in which line."""

    def broken(case: Case) -> Iterable[str]:
        yield str(case.task.metadata["colour"])

    def odd(case: Case) -> Iterable[str]:
        return [3]  # type: ignore[list-item]

    with pytest.raises(CheckError, match=r"the check `broken` raised KeyError: 'colour' on task `t1` .*\.py:\d+"):
        Diagnosis(checks=[broken]).of(case(said("Hm.")))
    with pytest.raises(CheckError, match="the check `odd` returned 3 for task `t1`"):
        Diagnosis(checks=[odd]).of(case(said("Hm.")))


def test_a_check_may_be_an_object() -> None:
    """Its class names it, and a finding that names itself keeps its name."""

    class TooLong:
        def __call__(self, case: Case, /) -> Iterable[str | Finding]:
            return ["Too long.", Finding(check="length", sentence="Far too long.")]

    found = Diagnosis(checks=[TooLong()]).of(case(said("Hm."), score=Score(value=1.0)))
    assert [finding.check for finding in found] == ["TooLong", "length"]


@pytest.mark.parametrize(
    ("told", "sentences"),
    [
        (None, []),
        ("No price.", ["No price."]),
        (Finding(sentence="No price."), ["No price."]),
        (["No price.", Finding(sentence="No id.")], ["No price.", "No id."]),
    ],
)
def test_a_check_says_one_thing_several_or_none(told: Any, sentences: list[str]) -> None:
    """In whatever form: a sentence is not taken apart into its letters."""

    def mine(case: Case) -> Any:
        return told

    assert sorted(found.sentence for found in Diagnosis((mine,)).of(sized(100))) == sorted(sentences)
