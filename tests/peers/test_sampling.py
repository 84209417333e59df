"""Which train tasks a proposal is drawn from, and which component it rewrites."""

from itertools import chain
from random import Random

import pytest
from pydantic import ValidationError

from gepa_agents import AgentError, Settings, SuiteError, Task, TaskSuite, optimize
from gepa_agents.parts.frontier.selection import Minibatches, RoundRobin
from gepa_agents.testing.scripted_agent import ScriptedAgent
from gepa_agents.words.settings import Budget
from tests.landscape import Landscape, metric, reflect, suite
from tests.peers.shim import Steps, climb, tasks


def test_an_epoch_shows_every_task_before_any_again():
    """Minibatches of one epoch have no task in common and cover all; the next epoch is in another order.

    Answers to test_batch_sampler.py: test_repeated_calls_within_iteration_return_distinct_minibatches; there the fourth
    call of an iteration repeats the first, here it begins the next epoch.
    """
    drawn = [Minibatches(6, 2, seed=0).draw(number) for number in range(6)]
    assert sorted(chain(*drawn[:3])) == sorted(chain(*drawn[3:])) == list(range(6))
    assert drawn[:3] != drawn[3:]


def test_other_draws_do_not_change_what_is_drawn():
    """A minibatch is a function of the seed and its number, whatever was drawn before.

    Answers to test_batch_sampler.py: test_extra_calls_do_not_perturb_later_iterations.
    """
    busy = Minibatches(8, 3, seed=0)
    for number in range(10):
        assert busy.draw(number) == Minibatches(8, 3, seed=0).draw(number)
        for extra in range(4):
            busy.draw(number + extra)


def test_no_task_stands_twice_in_a_minibatch():
    """Where an epoch ends within a minibatch, the next one fills it up with other tasks.

    Differs from the official sampler, which fills up with repeats of the least drawn tasks; it has no test of it.
    """
    batches = [Minibatches(5, 3, seed=seed).draw(number) for seed in range(5) for number in range(20)]
    assert all(len(set(batch)) == 3 for batch in batches)


def test_there_have_to_be_train_tasks():
    """A suite without train tasks is refused where it is made.

    Answers to test_batch_sampler.py: test_epoch_sampler_errors_when_loader_empty.
    """
    with pytest.raises(SuiteError, match="no task falls into train"):
        TaskSuite.of([Task(id="v", input="x", split="val"), Task(id="t", input="x", split="test")])


@pytest.mark.parametrize(("given", "size"), [({}, 6), ({"minibatch": 7}, 7), ({"minibatch": 5}, 5)])
def test_a_minibatch_has_the_size_that_the_settings_say(given: dict[str, int], size: int):
    """Three train tasks by default, else as many as are asked for.

    Answers to test_module_selector.py: test_batch_sampler_configuration.
    """
    run = climb(Steps(steps=(1,)), max_iterations=1, **given)
    baseline = run.agent.runs[0][0]
    parents_runs = [task for candidate, task in run.agent.runs if candidate == baseline and task.startswith("train")]
    assert len(parents_runs) == size


@pytest.mark.parametrize("wrong", [{"minibatch": 0}, {"module_selector": "all"}, {"reflection_style": "long"}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]):
    """A value or a name that there is not is an error before the run begins.

    Answers to test_module_selector.py: test_module_selector_invalid_string_raises_error,
    test_batch_sampler_invalid_configuration.
    """
    with pytest.raises(ValidationError):
        Settings(**wrong)  # type: ignore[arg-type]


def test_components_take_turns():
    """One component a proposal, one after the other down a lineage.

    Answers to test_module_selector.py: test_module_selector_default_round_robin,
    test_module_selector_string_round_robin.
    """
    order = [RoundRobin().order(["plan", "solve", "write"], attempts, Random(0))[0] for attempts in range(6)]
    assert order == ["plan", "solve", "write", "plan", "solve", "write"]


def test_every_component_is_tried():
    """In a run over an agent of three texts, each of them is proposed for.

    Answers to test_module_selector.py: test_all_reflection_component_selector_behavior, in so far as no component is
    forgotten; we rewrite those that are to blame.
    """
    events: list = []
    optimize(
        Landscape(),
        suite(),
        metric=metric,
        reflection_lm=reflect,
        budget=Budget(rollouts=200),
        observer=events.append,
    )
    decisions = [event for event in events if event.event in ("accepted", "rejected")]
    proposed = {component for event in decisions for component in event.component.split(", ")}
    assert {"planner.system", "solver.system", "writer.system"} <= proposed


def test_an_agent_without_texts_can_not_be_tuned():
    """There is nothing to improve, and the run says so instead of spending.

    Answers to test_optimize.py: test_empty_seed_candidate, test_none_seed_candidate.
    """
    with pytest.raises(AgentError, match="no text of the agent can be tuned"):
        optimize(
            ScriptedAgent((), lambda _texts, _task: ("x", ())),
            tasks(),
            metric=lambda _task, _rollout: 0.0,
            reflection_lm=Steps(),
            budget=Budget(rollouts=200),
        )
