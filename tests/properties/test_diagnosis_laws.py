"""Laws of diagnosis: whatever models and tools wrote, findings are plain sentences about steps that are there."""

from hypothesis import given
from hypothesis import strategies as st

from gepa_agents import Case, Rollout, Task, Trajectory
from gepa_agents.parts.feedback.cohort import Cohort
from gepa_agents.parts.feedback.diagnosis import Diagnosis
from gepa_agents.words.trajectory import Message, ModelStep, NodeStep, Step, ToolCall, ToolDefinition, ToolStep

LONGEST = 2000
"""Characters of a finding's sentence."""
TELLING = [
    "Error: no",
    "It has been cancelled.",
    "I've sent it!",
    "Now I will look.",
    '{"action": "cancel_order", "action_input": {}}',
    "cancel_order(",
    "Order not found.",
    "Sorry, need more steps to process this request.",
    "latest_order_id",
    "sam@example.com, eva@example.com",
    "```\n## Your task\n",
    "\ud800",
]
texts = st.one_of(st.sampled_from(TELLING), st.text(max_size=60))
names = st.one_of(st.sampled_from(["cancel_order", "find_order", "transfer_to_billing"]), st.text(max_size=12))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.just("order_id"), inner, max_size=3),
    max_leaves=6,
)
calls = st.builds(ToolCall, id=st.sampled_from(["", "a", "b"]), name=names, arguments=values)
messages = st.builds(
    Message,
    role=st.sampled_from(["system", "user", "assistant", "tool"]),
    text=texts,
    tool_calls=st.lists(calls, max_size=2).map(tuple),
)
tools = st.builds(ToolDefinition, name=names, description=texts, parameters=st.dictionaries(names, values, max_size=2))
common = {"node": st.sampled_from(["", "a", "b/model"]), "started": st.just(0.0), "seconds": st.just(0.0)}
errors = st.none() | texts | st.just("GraphRecursionError: Recursion limit of 25 reached")
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        ModelStep,
        messages=st.lists(messages, max_size=3).map(tuple),
        tools=st.lists(tools, max_size=3).map(tuple),
        reply=st.none() | messages,
        finish_reason=texts,
        error=errors,
        **common,
    ),
    st.builds(
        ToolStep,
        tool=names,
        call_id=st.sampled_from(["", "a", "b"]),
        arguments=values,
        result=st.none() | texts,
        error=errors,
        **common,
    ),
    st.builds(NodeStep, error=errors, **common),
)


def case(trajectory: list[Step], output: str) -> Case:
    rollout = Rollout(candidate="c", task="t", output=output, trajectory=Trajectory(steps=tuple(trajectory)))
    return Case(task=Task(id="t", input="?"), rollout=rollout)


@given(st.lists(steps, max_size=8), texts)
def test_findings_are_sentences_about_steps_that_are_there(trajectory: list[Step], output: str) -> None:
    """One line each, not too long, valid Unicode, in the order of the steps; the same again when asked again."""
    one = case(trajectory, output)
    diagnosis = Diagnosis(cohort=Cohort.of([one] * 8))
    found = diagnosis.of(one)
    assert found == diagnosis.of(one)
    for finding in found:
        assert finding.check
        assert len(finding.sentence.splitlines()) == 1
        assert len(finding.sentence) <= LONGEST
        finding.sentence.encode("utf-8")
        assert finding.step is None or 0 <= finding.step < len(trajectory)
    steps_told = [finding.step for finding in found if finding.step is not None]
    assert steps_told == sorted(steps_told)


@given(st.lists(steps, max_size=6), st.lists(steps, max_size=3))
def test_what_a_run_adds_at_its_end_takes_no_tool_error_back(trajectory: list[Step], more: list[Step]) -> None:
    """A tool that failed has failed, whatever came of it."""

    def failed(given: list[Step]) -> set[tuple[int | None, str]]:
        found = Diagnosis().of(case(given, ""))
        return {(finding.step, finding.tool) for finding in found if finding.check == "tool_error"}

    runs = [step for step in more if not isinstance(step, ToolStep)]
    assert failed(trajectory) <= failed([*trajectory, *runs])
