"""When a run ends: what the official package demands of its stoppers, and what they leave open."""

import pytest

from gepa_agents import Budget, BudgetError, Completion, ConfigError, Usage
from gepa_agents.parts.models.prices import PriceTable
from tests.peers.shim import SEED, Steps, climb, tasks


@pytest.mark.parametrize("rollouts", [60, 61, 75, 137])
@pytest.mark.parametrize("concurrency", [1, 8])
def test_the_budget_of_rollouts_is_not_passed(rollouts: int, concurrency: int):
    """The agent is never run more often than the budget says, the closing test included.

    Differs from the official engine, whose MaxMetricCalls is looked at between iterations and was measured at twice
    its value; it has no test of it.
    """
    run = climb(budget=Budget(rollouts=rollouts), concurrency=concurrency)
    assert len(run.agent.runs) <= rollouts
    assert run.result.spent.rollouts == len(run.agent.runs)


def test_a_budget_that_lets_no_proposal_through_is_refused():
    """Before anything is paid for, and with the number that is needed.

    Answers to no test of theirs: the official engine runs the seed on all of val and stops.
    """
    with pytest.raises(BudgetError, match="too small for one proposal"):
        climb(budget=Budget(rollouts=len(tasks().val)))


def test_it_goes_on_while_there_is_budget_and_stops_when_there_is_none():
    """The same run ends by its number of proposals under a wide budget of tokens, by the budget under a narrow one.

    Answers to test_reflection_cost_tracking.py: test_stops_when_budget_exceeded, test_continues_when_under_budget.
    """
    wide = climb(budget=Budget(tokens=10**9), max_iterations=10)
    assert wide.result.stopped.reason == "iterations"
    narrow = climb(budget=Budget(tokens=wide.result.spent.usage.tokens // 3), max_iterations=10)
    assert narrow.result.stopped.reason == "budget"
    assert narrow.result.spent.usage.tokens < wide.result.spent.usage.tokens


def test_costs_of_reflections_add_up():
    """What each answer cost is in the total, with its calls and tokens.

    Answers to test_reflection_cost_tracking.py: test_cost_and_tokens_accumulate, test_accumulates_across_calls.
    """

    class Costly(Steps):
        async def complete(self, prompt: str) -> Completion:
            answer = await super().complete(prompt)
            return answer.model_copy(update={"usage": Usage(calls=1, input_tokens=100, output_tokens=10, usd=0.5)})

    model = Costly()
    run = climb(model, max_iterations=6)
    spent = run.result.spent
    assert spent.reflection.calls == len(model.prompts)
    assert spent.reflection.tokens == 110 * len(model.prompts)
    assert spent.reflection.usd == pytest.approx(0.5 * len(model.prompts))


def test_a_budget_in_dollars_needs_prices():
    """A model without a known price can't be held to dollars, and the run says so.

    Differs from test_reflection_cost_tracking.py: test_tracking_lm_never_trips, test_unknown_model_cost_is_zero, where
    such a model counts as free and the stopper never stops.
    """
    with pytest.raises(ConfigError, match="no price is known"):
        climb(budget=Budget(usd=1.0), prices=PriceTable({}))


def test_a_minibatch_that_is_solved_already_teaches_nothing():
    """When every score of the parent reaches the perfect score, no reflection is asked for.

    Answers to test_callbacks.py: test_on_evaluation_skipped_perfect_scores.
    """
    model = Steps(steps=(1,))
    run = climb(model, lambda reached, task: 1.0 if task.id.startswith("train") else min(reached / 100, 1.0))
    assert {event.reason for event in run.rejected} == {"perfect"}
    assert not run.accepted
    assert model.reflections == 0


def test_without_a_perfect_score_nothing_is_skipped():
    """`perfect_score=None` reflects on solved minibatches too.

    Answers to test_callbacks.py: test_on_evaluation_skipped_with_none_scores, in so far as it asks for no comparison
    with a score that is not there.
    """
    model = Steps(steps=(1,))
    run = climb(model, lambda _level, _task: 1.0, perfect_score=None, max_iterations=3)
    assert model.reflections >= 3  # a text that was tried before is asked for once more
    assert run.rejected[0].reason == "no_better"
    assert not any(event.reason == "perfect" for event in run.rejected)


def test_a_candidate_that_solves_everything_ends_the_run():
    """There is nothing left to find on val.

    Answers to no test of theirs; the official engine has a ScoreThresholdStopper for it.
    """

    run = climb(Steps(steps=(41,)))
    assert run.result.stopped.reason == "perfect"
    assert run.candidates == [SEED, "LEVEL=41"]
