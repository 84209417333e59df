"""What must hold of a whole run, whatever it proposes: the official package's invariants, of ours.

Theirs are stated for several proposals an iteration and hold for one too; ours are checked at any concurrency.
"""

from pathlib import Path

import pytest

from gepa_agents import Budget, Stopped
from tests.peers.shim import SEED, Steps, climb


@pytest.mark.parametrize(("concurrency", "minibatch"), [(1, 3), (8, 1), (8, 3), (8, 10)])
def test_the_ledger_is_what_was_really_run(concurrency: int, minibatch: int):
    """The rollouts that the result counts are those that the agent made, none of them twice.

    Answers to test_multi_proposal_invariants.py: I1, and test_parallel_proposals.py: test_budget_ledger_is_consistent.
    """
    run = climb(concurrency=concurrency, minibatch=minibatch, max_iterations=8)
    assert run.result.spent.rollouts == len(run.agent.runs)
    assert len(set(run.agent.runs)) == len(run.agent.runs)


def test_the_pool_is_the_baseline_and_what_was_accepted():
    """One candidate for each accepted proposal, and parents stand in the pool before their children.

    Answers to test_multi_proposal_invariants.py: I2, I2b.
    """
    run = climb(max_iterations=8)
    assert len(run.candidates) == 1 + len(run.accepted)
    assert all(0 <= parent < one.number for one in run.result.candidates for parent in one.parents)
    assert [one.number for one in run.result.candidates] == list(range(len(run.candidates)))


def test_every_proposal_has_one_decision():
    """Iterations are numbered from 1 without a gap, and each is decided once.

    Answers to test_multi_proposal_invariants.py: I4, test_stateful_acceptance_criterion_judged_once_per_proposal, and
    test_callbacks.py: test_iteration_numbers_start_at_one.
    """
    run = climb(max_iterations=8)
    assert [decision.iteration for decision in run.decisions] == list(range(1, len(run.decisions) + 1))
    assert len(run.decisions) == 8


def test_a_finished_run_is_read_back_whole(tmp_path: Path):
    """From its folder comes the same result with the same decisions, and nothing is run again.

    Answers to test_multi_proposal_invariants.py: I5, and test_state.py: test_gepa_state_save_and_initialize.
    """
    first = climb(folder=tmp_path, max_iterations=8)
    again = climb(folder=tmp_path, max_iterations=8)
    assert again.agent.runs == []
    assert again.history == first.history
    assert again.result.best == first.result.best


def test_an_interrupted_run_ends_as_one_that_was_not(tmp_path: Path):
    """Stopped early and continued, it decides what it would have decided, and pays for nothing twice.

    Answers to test_state.py: test_e2e_resume_run, which asks for the same best candidate of a replayed run; the
    official engine's own resumed runs draw other minibatches.
    """
    whole = climb(max_iterations=8)
    part = climb(folder=tmp_path, max_iterations=5)
    rest = climb(folder=tmp_path, max_iterations=8)
    assert rest.history[:-1] == whole.history[:-1]
    assert rest.candidates == whole.candidates
    searched = {run for run in part.agent.runs if not run[1].startswith("test")}
    assert not searched & set(rest.agent.runs)


def test_the_same_settings_give_the_same_outcome():
    """Two runs alike decide alike, and how many rollouts go at once changes nothing.

    Answers to test_multi_proposal_invariants.py: I7 (test_multi_proposal_determinism).
    """
    one, other = climb(max_iterations=8), climb(max_iterations=8)
    assert one.history == other.history
    assert climb(max_iterations=8, concurrency=1).history == one.history
    assert climb(max_iterations=8, seed=1).history != one.history


def test_defaults_said_aloud_change_nothing():
    """Settings that repeat the defaults give the run that is had without them.

    Answers to test_parallel_proposals.py: test_explicit_defaults_identical_to_implicit_defaults.
    """
    said = climb(max_iterations=15, seed=0, minibatch=6, merges=5, perfect_score=1.0)
    assert said.history == climb(max_iterations=15).history


def test_a_text_that_was_proposed_before_is_not_run_again():
    """Of identical children one joins the pool; the others are told apart from those that did no better.

    Answers to test_multi_proposal_invariants.py: test_identical_children_are_deduplicated.
    """

    async def constant(prompt: str) -> str:
        return "<diagnosis>-</diagnosis><text>\nLEVEL=8\n</text>"

    run = climb(constant, budget=Budget(rollouts=200), max_iterations=8)
    assert run.candidates == [SEED, "LEVEL=8"]
    assert {event.reason for event in run.rejected} <= {"seen", "guard", "perfect"}
    assert any(event.reason in ("seen", "guard") for event in run.rejected)
    assert len(set(run.agent.runs)) == len(run.agent.runs)


def test_a_text_that_is_its_parents_again_is_not_run():
    """A reflection that changes nothing costs no rollout; the official engine runs it, and may accept it by chance.

    Differs from the official engine, which removes duplicates within an iteration only.
    """
    run = climb(Steps(steps=(0,)), max_iterations=5)
    assert run.rejected
    assert {event.reason for event in run.rejected} <= {"seen", "guard"}
    assert run.candidates == [SEED]


def test_events_come_in_order():
    """First the baseline, then decisions, then the end and the closing test.

    Answers to test_parallel_proposals.py: test_proposal_event_ordering, and test_callbacks.py:
    test_on_optimization_start_called_with_correct_args, test_on_optimization_end_called_with_final_state.
    """
    run = climb(max_iterations=10)
    names = [event["event"] for event in run.history]
    assert names[0] == "baseline"
    assert {"accepted", "rejected"} <= set(names[1:-2]) <= {"accepted", "rejected", "confirmed"}
    assert names[-2:] == ["stopped", "tested"]


def test_every_observer_is_told_what_it_is_about():
    """An accepted proposal names itself, its parents, its component and its text, as they stand in the result.

    Answers to test_callbacks.py: test_on_candidate_accepted_called_on_improvement,
    test_on_valset_evaluated_with_mutation.
    """
    run = climb(max_iterations=8)
    assert run.accepted
    for event, member in zip(run.accepted, run.result.candidates[1:], strict=True):
        assert event.candidate == member.config.candidate.id
        assert event.texts["climber.system"] == member.config.texts["climber.system"]
        assert event.component == "climber.system"
        assert [run.result.candidates[one].config.candidate.id for one in member.parents] == list(event.parents)


def test_the_reason_to_stop_is_told_once():
    """A run says once why it ended, in the result and to observers alike.

    Answers to test_callbacks.py: test_callback_with_stopper_interaction.
    """
    run = climb(max_iterations=3)
    stops = [event for event in run.events if isinstance(event, Stopped)]
    assert stops == [run.result.stopped]
    assert run.result.stopped.reason == "iterations"
