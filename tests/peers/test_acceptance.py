"""Which proposals join the pool: what the official package demands of strict improvement, of whole runs of ours."""

import pytest

from gepa_agents import Task
from tests.peers.shim import Steps, climb, difficulty


@pytest.mark.parametrize(("after", "joins"), [(0.6, True), (0.5, False), (0.4, False), (0.5001, True)])
def test_a_child_has_to_be_better_than_its_parent(after: float, joins: bool):
    """Better by however little on its minibatch joins the pool; equal and worse do not.

    Answers to test_acceptance_criterion.py: TestStrictImprovementAcceptance (test_accepts_strict_improvement,
    test_rejects_equal_scores, test_rejects_worse_scores, test_accepts_marginal_improvement).
    """

    def scoring(level: int, task: Task) -> float:
        return after if level else 0.5

    run = climb(Steps(steps=(1,)), scoring, max_iterations=1)
    (decision,) = run.decisions
    assert (decision.event == "accepted") is joins
    assert decision.before == pytest.approx(0.5)
    assert decision.after == pytest.approx(after)
    assert len(run.candidates) == 1 + joins


def test_better_on_one_task_and_worse_by_as_much_on_another_is_no_improvement():
    """It is the sum over the minibatch that has to rise, not one of its scores.

    Answers to test_acceptance_criterion.py: test_rejects_equal_scores.
    """

    def scoring(level: int, task: Task) -> float:
        return 0.5 + (0.25 if difficulty(task) % 2 else -0.25) * level

    run = climb(Steps(steps=(1,)), scoring, max_iterations=1, minibatch=10)
    assert [decision.event for decision in run.decisions] == ["rejected"]
    assert run.decisions[0].before == run.decisions[0].after == pytest.approx(0.5)


def test_a_child_without_scores_is_no_improvement():
    """Where every rollout of the child fails, each counts as the failure score and the child does not join.

    Differs from test_acceptance_criterion.py: test_handles_none_scores, where there is nothing to compare.
    """
    run = climb(Steps(steps=(1,)), lambda _level, _task: 0.5, crashes=1, failure_score=0.25, max_iterations=1)
    assert [(event.event, event.before, event.after) for event in run.decisions] == [("rejected", 0.5, 0.25)]


def test_reasons_of_rejections_are_true():
    """`no_better` is said of proposals that were run and are not better, and every accepted one is.

    Answers to test_multi_proposal_invariants.py: I3, and test_parallel_proposals.py:
    test_selection_dropped_rejection_reason_is_truthful.
    """
    run = climb(max_iterations=20)
    assert run.accepted
    assert run.rejected
    for event in run.rejected:
        if event.reason == "no_better":
            assert event.before is not None
            assert event.after is not None
            assert event.after <= event.before
        else:
            assert event.after is None
    assert all(event.after > event.before for event in run.accepted if event.origin == "mutation")
