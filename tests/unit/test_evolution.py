"""The search on a small world: it finds hidden rules, at any concurrency the same, and pays for nothing twice."""

import asyncio
from pathlib import Path

import pytest

from gepa_agents.loop.asking import Asking
from gepa_agents.loop.evolution import Evolution
from gepa_agents.loop.optimize import aoptimize, optimize
from gepa_agents.loop.rollouts import Rollouts
from gepa_agents.parts.models.function import FunctionModel
from gepa_agents.parts.models.prices import PriceTable
from gepa_agents.parts.runs.journal import Journal, read
from gepa_agents.parts.runs.ledger import Ledger
from gepa_agents.ports.language_model import Completion
from gepa_agents.words import semconv
from gepa_agents.words.candidate import Candidate
from gepa_agents.words.component import Anatomy
from gepa_agents.words.errors import (
    AgentError,
    BudgetError,
    ConfigError,
    JournalError,
    JournalMismatch,
    MetricError,
    ModelError,
    ModelRefused,
)
from gepa_agents.words.events import Accepted, Baseline, Rejected, Stopped
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.settings import Budget, Settings
from gepa_agents.words.usage import Usage
from tests.landscape import Landscape, metric, reflect, suite
from tests.timeless import TIMES


def run(
    folder: Path | None = None, agent=None, reflection=reflect, budget=None, judge=metric, settings=None, **options
):
    """One optimization of the landscape; returns its result and its decisions."""
    events: list = []
    result = optimize(
        agent or Landscape(),
        suite(),
        metric=judge,
        reflection_lm=reflection,
        budget=budget or Budget(rollouts=400),
        settings=settings or Settings(**options),
        run=folder,
        observer=events.append,
    )
    return result, [event for event in events if event.event not in ("progress", "proposed")]


def test_it_finds_rules_that_only_evidence_reveals():
    """From a baseline of nothing to most of the hidden rules, on tasks that nothing was tuned on."""
    result, events = run()
    assert result.test is not None
    assert result.baseline_val == 0
    assert result.test.baseline == 0
    assert result.test.tuned > 0.6
    assert result.improved
    assert isinstance(events[0], Baseline)
    assert isinstance(events[-2], Stopped)
    assert events[-1].event == "tested"


def test_without_evidence_it_finds_nothing():
    """The reflection model can write only what it reads: with a metric that does not say why, nothing improves."""
    result, _ = run(judge=lambda task, rollout: metric(task, rollout).value, max_iterations=12)
    assert result.best.texts == {}
    assert result.test is None


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_is_the_same_run_at_any_concurrency(seed: int):
    """One worker or many, in order or not: the same decisions, the same candidates, the same ledger."""
    runs = [
        run(agent=Landscape(delays=delays), seed=seed, concurrency=workers)
        for workers, delays in ((1, False), (3, True), (16, True))
    ]
    results = [result.model_dump(exclude=TIMES) for result, _ in runs]
    assert results[0] == results[1] == results[2]
    assert runs[0][1] == runs[1][1] == runs[2][1]


@pytest.mark.parametrize("ahead", [1, 4])
def test_a_leader_in_doubt_is_run_on_the_rest_of_val_once(ahead: int):
    """However many steps are under way; afterwards its mean is what it really scored on every val task."""
    result, events = run(ahead=ahead, val_block=1, budget=Budget(rollouts=700))
    confirmed = [event for event in events if event.event == "confirmed"]
    assert confirmed
    assert len({event.candidate for event in confirmed}) == len(confirmed)
    members = {scores.config.candidate.id: scores for scores in result.candidates}
    for event in confirmed:
        member = members[event.candidate]
        assert member.known == tuple(range(len(suite().val)))
        assert event.val == pytest.approx(member.mean)


def test_another_seed_is_another_run():
    """The seed decides something."""
    assert run(seed=0, max_iterations=6)[1] != run(seed=3, max_iterations=6)[1]


def test_nothing_is_paid_for_twice():
    """No candidate is run twice on the same task."""
    agent = Landscape()
    run(agent=agent)
    assert len(agent.runs) == len(set(agent.runs))


@pytest.mark.parametrize("cap", [60, 61, 83, 97])
def test_a_budget_of_rollouts_is_kept_exactly(cap: int):
    """Not one rollout more than allowed, the closing test included, and the ledger says what was really run."""
    agent = Landscape()
    result, _ = run(agent=agent, budget=Budget(rollouts=cap))
    assert result.spent.rollouts == len(agent.runs) <= cap
    assert result.stopped.reason == "budget"


def test_a_budget_too_small_for_one_proposal_says_so_before_spending():
    """No rollout is made, and the sentence says how much is needed."""
    agent = Landscape()
    with pytest.raises(BudgetError, match="give at least 48"):
        run(agent=agent, budget=Budget(rollouts=47))
    assert agent.runs == []


@pytest.mark.parametrize("workers", [1, 8])
def test_a_budget_of_tokens_ends_the_run_the_same_at_any_concurrency(workers: int):
    """Whether one or eight rollouts were under way when the tokens ran out, the candidates are the same."""
    result, _ = run(budget=Budget(tokens=12_000), concurrency=workers, agent=Landscape(delays=workers > 1))
    alone, _ = run(budget=Budget(tokens=12_000), concurrency=1)
    assert result.stopped.reason == "budget"
    assert [scores.config.texts for scores in result.candidates] == [scores.config.texts for scores in alone.candidates]
    assert result.spent.usage.tokens < 12_000 + workers * 400


@pytest.mark.parametrize("tokens", [8_000, 16_000, 22_000])
@pytest.mark.parametrize("ahead", [4, 8])
def test_a_budget_of_tokens_ends_the_run_the_same_whatever_later_steps_had_spent(tokens: int, ahead: int):
    """What the steps under way have spent when the tokens run out depends on timing; what is decided does not."""
    ends = []
    for workers in (1, 4, 16):
        agent = Landscape(delays=workers > 1)
        result, events = run(agent=agent, budget=Budget(tokens=tokens), concurrency=workers, ahead=ahead, seed=1)
        ends.append((events[:-1], result.stopped, result.choice, [one.val for one in result.candidates]))
    assert ends[0] == ends[1] == ends[2]


def test_a_finished_run_is_read_not_repeated(tmp_path: Path):
    """The same call again makes no rollout and asks no model, and ends with the same result."""
    first, _ = run(tmp_path)
    agent = Landscape()
    calls = []
    again, _ = run(tmp_path, agent=agent, reflection=_counting(calls))
    assert agent.runs == []
    assert calls == []
    assert _comparable(again) == _comparable(first)


def test_a_larger_budget_continues_a_run(tmp_path: Path):
    """What was paid for with the smaller budget is used, and the end is that of one run with the larger."""
    run(tmp_path, budget=Budget(rollouts=120))
    continued, _ = run(tmp_path, budget=Budget(rollouts=300))
    straight, _ = run(budget=Budget(rollouts=300))
    assert _comparable(continued)["candidates"] == _comparable(straight)["candidates"]


@pytest.mark.parametrize("seed", [1, 3])
@pytest.mark.parametrize("ahead", [2, 16])
def test_a_larger_budget_is_kept_whatever_the_smaller_one_was_spent_on(tmp_path: Path, seed: int, ahead: int):
    """The earlier re-check and closing test are paid, though another candidate wins now; the same again is free."""
    agent = Landscape()
    for cap in (90, 140, 200, 200):
        made = len(agent.runs)
        result, _ = run(tmp_path, agent=agent, budget=Budget(rollouts=cap), seed=seed, ahead=ahead)
        assert result.spent.rollouts == len(agent.runs) <= cap
    assert len(agent.runs) == made


def test_a_larger_budget_is_kept_after_a_closing_test_that_broke_off(tmp_path: Path):
    """What the first process paid for at its end counts, though it never got to say so."""

    def broken(task, rollout):
        if task.split == "test" and rollout.candidate != Candidate().id:
            raise KeyError(task.id)
        return metric(task, rollout)

    agent = Landscape()
    with pytest.raises(MetricError):
        run(tmp_path, agent=agent, judge=broken, budget=Budget(rollouts=90), seed=3, ahead=16)
    result, _ = run(tmp_path, agent=agent, budget=Budget(rollouts=140), seed=3, ahead=16)
    assert result.spent.rollouts == len(agent.runs) <= 140


def test_other_tasks_or_settings_are_refused(tmp_path: Path):
    """A run folder does not mix two runs."""
    run(tmp_path, max_iterations=2)
    with pytest.raises(JournalMismatch, match="with other settings"):
        run(tmp_path, max_iterations=2, minibatch=5)


def test_a_changed_agent_is_noticed(tmp_path: Path):
    """When a replay decides differently than the journal recorded, it stops instead of mixing two runs."""
    run(tmp_path, max_iterations=3)
    with Journal(tmp_path, {}) as journal:
        journal.forget([key for key, _ in journal.calls("reflection/")])
    with pytest.raises(JournalMismatch, match="came out differently"):
        run(tmp_path, max_iterations=3, reflection=_named("reflect", lambda prompt: "<text>Something else.</text>"))


@pytest.mark.parametrize("kind", ["rollout", "reflection"])
def test_a_call_that_is_none_of_its_kind_is_named(tmp_path: Path, kind: str):
    """A body that can't be read back gives one sentence with its key, not a traceback."""
    run(tmp_path, max_iterations=3)
    with Journal(tmp_path, {}) as journal:
        for key, body in list(journal.calls(kind)):
            journal.record(key, body[:20])
    with pytest.raises(JournalError, match=f"the call `{kind}/.*can't be read"):
        run(tmp_path, max_iterations=3)


def test_a_failing_metric_loses_no_rollout(tmp_path: Path):
    """The rollouts that were paid for are judged by the mended metric, not run again."""

    def broken(task, rollout):
        raise KeyError(task.id)

    agent = Landscape()
    with pytest.raises(MetricError, match="raised KeyError"):
        run(tmp_path, agent=agent, judge=broken)
    kept = len(agent.runs)
    assert kept > 0
    run(tmp_path, agent=agent, max_iterations=1)
    assert len(agent.runs) == len(set(agent.runs))


def test_a_failing_metric_loses_no_rollout_of_steps_beside_the_one_it_failed_in(tmp_path: Path):
    """What was under way elsewhere ends on its own, and is in the journal."""
    judged = []

    class Slow(Landscape):
        async def run(self, task, config, tracer):
            output = await super().run(task, config, tracer)
            await asyncio.sleep(0.02 * (int(task.id[1:]) % 3))
            return output

    def broken(task, rollout):
        if task.split == "train":
            judged.append(task.id)
            if len(judged) == 5:
                raise KeyError("oops")
        return metric(task, rollout)

    agent = Slow()
    with pytest.raises(MetricError, match="raised KeyError"):
        run(tmp_path, agent=agent, judge=broken, ahead=8, concurrency=16)
    with read(tmp_path) as journal:
        assert len(list(journal.calls("rollout/"))) == len(agent.runs) == len(set(agent.runs))


def test_a_failing_agent_is_shown_as_failing():
    """A rollout that raises has a fault and no score; the run goes on, and says how many there were."""

    class Fragile(Landscape):
        async def run(self, task, config, tracer):
            if task.id in ("t13", "t17"):
                raise ValueError("no such city")
            return await super().run(task, config, tracer)

    result, events = run(agent=Fragile(), max_iterations=3)
    assert events[0].faults == 2
    assert result.candidates[0].val.count(0.0) >= 2


def test_scores_on_another_scale_ask_for_the_perfect_score():
    """A metric from 0 to 10 would seem to solve every task that it gives 1; who says what is perfect is believed."""

    def tenfold(task, rollout):
        score = metric(task, rollout)
        return score.model_copy(update={"value": 10 * score.value + 2})

    with pytest.raises(ConfigError, match="gave 2 for task `t12`, but `perfect_score` is 1"):
        run(judge=tenfold)
    result, _ = run(judge=tenfold, perfect_score=12)
    assert len(result.candidates) > 1
    run(judge=tenfold, perfect_score=1)


def test_feedback_for_nobody_is_refused(tmp_path: Path):
    """A name that is no node and no component is a slip, and what was told would reach no reflection."""

    def misspelt(task, rollout):
        return metric(task, rollout).model_copy(update={"by_component": {"planer": "Follow rule R1."}})

    with pytest.raises(ConfigError, match=r"feedback for `planer` .* there are planner, solver, writer"):
        run(tmp_path, judge=misspelt)


def test_an_agent_that_always_fails_stops_the_run_and_is_run_again_when_mended(tmp_path: Path):
    """All baseline rollouts failing says nothing about candidates; nothing of it is kept."""

    class Broken(Landscape):
        async def run(self, task, config, tracer):
            raise ValueError("no key")

    with pytest.raises(
        AgentError, match=r"all 10 baseline rollouts failed; the first, on task `t12`: ValueError: no key"
    ):
        run(tmp_path, agent=Broken())
    result, _ = run(tmp_path, max_iterations=2)
    assert result.candidates[0].val


def test_a_rollout_that_hangs_is_a_time_out():
    """It counts as failed after the limit, and is called what it is."""
    import asyncio

    class Slow(Landscape):
        async def run(self, task, config, tracer):
            if task.id == "t13":
                await asyncio.sleep(60)
            return await super().run(task, config, tracer)

    with Journal(None, {}):
        _, events = run(agent=Slow(), rollout_timeout=0.2, max_iterations=1)
    assert events[0].faults == 1


def test_test_tasks_are_not_run_before_the_search_is_over():
    """When selection stops, no test task has been run; the closing test runs each twice, and nothing follows it."""
    agent, held_out = Landscape(), {task.id for task in suite().test}
    seen = []

    def observe(event):
        if isinstance(event, Stopped):
            seen.extend(task for _, task in agent.runs)

    optimize(agent, suite(), metric=metric, reflection_lm=reflect, budget=Budget(rollouts=150), observer=observe)
    after = [task for _, task in agent.runs[len(seen) :]]
    assert seen
    assert not held_out & set(seen)
    assert sorted(after) == sorted([*held_out, *held_out])


def test_a_budget_in_dollars_needs_the_reflection_models_price():
    """A model whose cost nobody knows can't be held to a cap; that is said before the first rollout."""
    agent = Landscape()
    with pytest.raises(ConfigError, match="no price is known for the reflection model"):
        run(agent=agent, budget=Budget(usd=3))
    assert agent.runs == []


def test_a_budget_in_dollars_needs_the_agents_price_and_only_of_calls_that_answered():
    """The model without a price is named; a call that failed on the way has none, and is no reason to stop."""

    class Failing(Landscape):
        async def run(self, task, config, tracer):
            chat = {semconv.OPERATION: semconv.CHAT, semconv.REQUEST_MODEL: "landscape"}
            tracer.start_span("chat landscape", attributes=chat).end()
            return await super().run(task, config, tracer)

    def priced(prompt):
        return Completion(text=reflect(prompt), usage=Usage(calls=2, unpriced_calls=1, usd=0.01))

    given = {"metric": metric, "reflection_lm": priced, "budget": Budget(usd=1), "settings": Settings(max_iterations=2)}
    with pytest.raises(ConfigError, match="no price is known for `landscape`"):
        optimize(Failing(), suite(), **given, prices=PriceTable({"other": (1, 1)}))
    result = optimize(Failing(), suite(), **given, prices=PriceTable({"landscape": (1, 1)}))
    assert result.stopped.reason == "iterations"
    assert result.spent.task.unpriced_calls == result.spent.rollouts


def test_a_dead_reflection_model_is_found_before_the_first_rollout():
    """Nothing is paid for when the model that should reflect does not answer."""

    class Dead:
        name = "dead"

        async def complete(self, prompt):
            raise ModelRefused("wrong key")

    agent = Landscape()
    with pytest.raises(ModelError, match="wrong key"):
        run(agent=agent, reflection=Dead())
    assert agent.runs == []


def test_a_reflection_model_that_dies_later_leaves_what_was_found(tmp_path: Path):
    """The run stops with the candidates so far and the reason, and goes on when the model is back."""
    calls = []

    class Dying:
        name = "reflect"

        async def complete(self, prompt):
            calls.append(prompt)
            if len(calls) > 5:
                raise ModelError("gone")
            return Completion(text=reflect(prompt), usage=Usage(calls=1))

    result, _ = run(tmp_path, reflection=Dying())
    assert result.stopped.reason == "reflection"
    assert "gone" in result.stopped.detail
    assert len(result.candidates) > 1
    again, _ = run(tmp_path, reflection=Dying())
    assert again.stopped == result.stopped
    continued, _ = run(tmp_path, reflection=_named("reflect", reflect))
    straight, _ = run()
    assert _comparable(continued)["candidates"] == _comparable(straight)["candidates"]


def test_useless_answers_stop_the_run():
    """So many reflections in a row without a usable text, and the budget is left alone."""
    result, events = run(reflection=lambda prompt: "I would rather not.", reflection_failures=3)
    assert result.stopped.reason == "reflection"
    assert [event.reason for event in events if isinstance(event, Rejected)] == ["reflection"] * 3
    assert result.spent.rollouts < 40


async def test_lineages_are_merged():
    """Two lines that learned about different components become one candidate that knows both."""

    class Baseline:
        def choose(self, weights, random):
            return 0

    decisions = []
    agent, settings = Landscape(), Settings(max_iterations=8)
    with Journal(None, {}) as journal:
        ledger = Ledger(Budget(rollouts=400))
        rollouts = Rollouts(agent, metric, journal, ledger, settings, lambda _event: None)
        baseline = await rollouts.run(GraphConfig(), suite().val, "baseline")
        anatomy = agent.anatomy([rollout.trajectory for rollout in baseline])
        asking = Asking(FunctionModel(reflect), journal, ledger)
        evolution = Evolution(
            suite(), anatomy, rollouts, asking, settings, lambda _n, one: decisions.append(one), parents=Baseline()
        )
        await evolution.run(baseline)
    merged = [one for one in decisions if isinstance(one, Accepted) and one.origin == "merge"]
    assert merged
    members = {member.candidate.id: member for member in evolution.pool.members}
    for event in merged:
        child, parents = members[event.candidate], [members[parent] for parent in event.parents]
        assert set(child.candidate.texts) == set().union(*(parent.candidate.texts for parent in parents))
        assert child.mean >= max(parent.mean for parent in parents)


def test_a_child_that_is_no_better_is_not_run_on_val():
    """A text that changes no score on the minibatch is rejected there, with both means, and joins no pool."""
    agent = Landscape()
    result, events = run(
        agent=agent,
        reflection=lambda prompt: "<text>Be kind.</text>",
        max_iterations=3,
        component_choice="round_robin",
        rewrites=1,
    )
    decisions = [event for event in events if isinstance(event, Rejected)]
    assert [event.reason for event in decisions] == ["no_better"] * 3
    assert all(event.after == event.before == 0 for event in decisions)
    assert len(result.candidates) == 1
    children = [task for candidate, task in agent.runs if candidate != result.best.candidate.id]
    assert not {task.id for task in suite().val} & set(children)


def test_a_decision_holds_the_texts_that_came_back_and_no_others():
    """Where one of several rewrites fails, its component's text is not named as one that was tried."""

    def half(prompt: str) -> str:
        spoken = "Follow rule" in prompt.split("## Evidence")[0]
        return "I would rather not." if spoken and "its name is `planner.system`" in prompt else reflect(prompt)

    result, events = run(reflection=half, seed=1)
    texts = {one.config.candidate.id: one.config.texts for one in result.candidates}
    rewrites = [event for event in events if isinstance(event, Accepted | Rejected) and event.origin == "mutation"]
    assert any(event.component.count(",") > len(event.texts) - 1 for event in rewrites)
    for event in rewrites:
        parent = texts[event.parents[0]]
        assert all(parent.get(name) != text for name, text in event.texts.items())


def test_going_back_to_the_agents_own_text_is_remembered():
    """It is an attempt like any other: it stands in the decision, and later reflections are told of it."""
    prompts = []

    def back(prompt: str) -> str:
        prompts.append(prompt)
        own = "You are the planner."
        if "its name is `planner.system`" in prompt and "Follow rule" in prompt.split("## Evidence")[0]:
            return f"<text>{own}</text>"
        return reflect(prompt)

    _, events = run(reflection=back, perfect_score=None, max_iterations=8)
    gone = [event for event in events if isinstance(event, Rejected) and event.reason == "no_better"]
    assert any(event.texts.get("planner.system") == "You are the planner." for event in gone)
    assert any("You are the planner.\n" in prompt.partition("## Tried before")[2] for prompt in prompts)


def test_only_chosen_components_change():
    """Patterns over names keep the rest as it is."""
    result, events = run(components=("writer.*",), max_iterations=8)
    assert {name for scores in result.candidates for name in scores.config.texts} == {"writer.system"}
    assert [component.name for component in events[0].components] == ["writer.system"]


def test_the_papers_algorithm_is_one_call_away():
    """Three tasks a minibatch, one component at a time, each in its turn, val whole, no re-check: it learns, too."""
    result, events = run(settings=Settings.paper(seed=2), budget=Budget(rollouts=600))
    decisions = [event for event in events if isinstance(event, Accepted | Rejected) and event.origin == "mutation"]
    assert {event.component for event in decisions[:1]} == {"planner.system"}
    assert all(event.component.count(",") == 0 for event in decisions)
    assert all(one.known == tuple(range(len(suite().val))) for one in result.candidates)
    assert result.choice.rollouts == 0
    assert result.best_val > result.baseline_val
    assert Settings.paper(minibatch=4).minibatch == 4
    with pytest.raises(ValueError, match="minibach"):
        Settings.paper(minibach=4)


@pytest.mark.parametrize("steered", [True, False])
def test_time_that_was_lost_is_looked_for_only_where_seconds_are_an_objective(steered: bool):
    """Elsewhere times stay out of the evidence, so that the same work makes the same prompt."""
    how = Settings(frontier="both", objectives=("seconds",)) if steered else Settings()
    agent, ledger = Landscape(), Ledger(Budget(rollouts=100))
    with Journal(None, {}) as journal:
        rollouts = Rollouts(agent, metric, journal, ledger, how, lambda _event: None)
        asking = Asking(FunctionModel(reflect), journal, ledger)
        evolution = Evolution(suite(), Anatomy(), rollouts, asking, how, lambda _n, _one: None)
    assert evolution.trials.lessons.diagnosis.times is steered


def test_no_component_to_change_is_said():
    """A pattern that matches nothing stops the run with the names there are."""
    with pytest.raises(AgentError, match=r"Components found: planner.system, solver.system, writer.system"):
        run(components=("nobody",))


def test_the_journal_holds_what_the_result_says(tmp_path: Path):
    """Decisions and rollouts can be read back from the run folder."""
    result, events = run(tmp_path)
    with read(tmp_path) as journal:
        decisions = list(journal.decisions())
        rollouts = list(journal.calls("rollout/"))
    assert len(decisions) == len(events) - 2
    assert len(rollouts) == result.spent.rollouts


async def test_it_runs_inside_a_running_loop():
    """The sync form works where a loop is running already, and the async form is the same thing."""
    settings = Settings(max_iterations=3)
    given = {"metric": metric, "reflection_lm": reflect, "budget": Budget(rollouts=200), "settings": settings}
    awaited = await aoptimize(Landscape(), suite(), **given)
    assert _comparable(optimize(Landscape(), suite(), **given)) == _comparable(awaited)


def _comparable(result) -> dict:
    return result.model_dump(exclude={**TIMES, "spent": {"seconds", "reflection"}, "folder": True})


def _named(name, function):
    function.__name__ = name
    return function


def _counting(calls):
    def reflect_(prompt):
        calls.append(prompt)
        return reflect(prompt)

    return _named("reflect", reflect_)
