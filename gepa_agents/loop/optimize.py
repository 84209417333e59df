"""`optimize`: from an agent, tasks and a metric to a tuned graph configuration. Baseline, search, closing test."""

from collections.abc import Sequence
from pathlib import Path

from gepa_agents.loop import sync
from gepa_agents.loop.asking import Asking
from gepa_agents.loop.estimate import estimate
from gepa_agents.loop.evolution import Evolution, tunable
from gepa_agents.loop.pool import Pool
from gepa_agents.loop.result import Result, Scores, Spent
from gepa_agents.loop.rollouts import Rollouts
from gepa_agents.loop.tally import Decision
from gepa_agents.parts.models.preflight import preflight
from gepa_agents.parts.models.resolve import language_model
from gepa_agents.parts.runs.journal import Journal
from gepa_agents.parts.runs.ledger import Ledger
from gepa_agents.parts.statistics.intervals import paired
from gepa_agents.ports import plugins
from gepa_agents.ports.agent import Agent
from gepa_agents.ports.language_model import LanguageModel, Prices
from gepa_agents.ports.metric import Metric
from gepa_agents.ports.observer import Observer
from gepa_agents.words.component import Anatomy
from gepa_agents.words.errors import AgentError, BudgetError, ConfigError
from gepa_agents.words.events import Baseline, Stopped, Tested
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.settings import Budget, Settings
from gepa_agents.words.suite import TaskSuite

FREE = {"concurrency", "rollout_timeout", "max_iterations"}
"""Settings that a resumed run may change: they decide how fast and how far it goes, not where."""


def optimize(
    agent: Agent,
    suite: TaskSuite,
    *,
    metric: Metric,
    reflection_lm: object,
    budget: Budget,
    settings: Settings | None = None,
    run: str | Path | None = None,
    observer: Observer | None = None,
    prices: Prices | None = None,
) -> Result:
    """Tune the texts of `agent` for `suite`; see `aoptimize`, of which this is the sync form."""
    return sync.run(
        aoptimize(
            agent,
            suite,
            metric=metric,
            reflection_lm=reflection_lm,
            budget=budget,
            settings=settings,
            run=run,
            observer=observer,
            prices=prices,
        )
    )


async def aoptimize(
    agent: Agent,
    suite: TaskSuite,
    *,
    metric: Metric,
    reflection_lm: object,
    budget: Budget,
    settings: Settings | None = None,
    run: str | Path | None = None,
    observer: Observer | None = None,
    prices: Prices | None = None,
) -> Result:
    """Tune the texts of `agent` for `suite`.

    `metric` judges a rollout: a number, or a number and why. `reflection_lm` is a LiteLLM model name, a callable, a
    LangChain chat model or any `LanguageModel`. `run` names the run folder: with it every paid call is durable before
    it is used, and the same call again continues where it was interrupted; without it the run lives in memory.
    `observer` is told every event. `prices` values tokens; a budget in dollars finds the installed price list itself.

    Raises `BudgetError` before anything is paid for when the budget is too small for one proposal, `ModelError` when
    the reflection model can't be reached or the agent's own stays away, `AgentError` when no text can be tuned or every
    baseline rollout fails, `OverrideMissed`, `MetricError` and `JournalError` as they say.
    """
    settings = settings or Settings()
    notify = observer or (lambda _event: None)
    model = language_model(reflection_lm)
    _afford(suite, settings, budget)
    folder = None if run is None else Path(run)
    with Journal(folder, _identity(agent, suite, settings, model)) as journal:
        ledger = Ledger(budget, reserve=2 * len(suite.test))
        if journal.outcome("stopped") is None:
            ledger.preflight = (await preflight(model)).usage
        rollouts = Rollouts(agent, metric, journal, ledger, settings, notify, prices or _prices(budget))

        baseline = await rollouts.run(GraphConfig(), suite.val, "baseline on val")
        _alive(rollouts, suite, baseline)
        _priced(ledger, budget)
        anatomy = agent.anatomy([rollout.trajectory for rollout in baseline])
        values = [rollouts.value(rollout) for rollout in baseline]
        found = _found(baseline, values, anatomy, settings)
        journal.decide(0, found.model_dump_json())
        notify(found)

        def decide(iteration: int, decision: Decision, _pool: Pool) -> None:
            journal.decide(iteration, decision.model_dump_json())
            notify(decision)

        asking = Asking(model, journal, ledger)
        evolution = Evolution(suite, anatomy, rollouts, asking, settings, decide, journal.decided)
        stopped = await evolution.run(values)
        notify(stopped)
        tested = await _test(evolution, suite, rollouts)
        if tested is not None:
            notify(tested)
        result = _result(evolution, tested, stopped, folder)
        journal.conclude("stopped", stopped.model_dump_json())
        journal.conclude("result", result.model_dump_json())
    return result


def _afford(suite: TaskSuite, settings: Settings, budget: Budget) -> None:
    needed = estimate(suite, settings)
    if budget.rollouts is not None and budget.rollouts < needed.floor:
        raise BudgetError(
            f"a budget of {budget.rollouts} rollouts is too small for one proposal: the baseline takes "
            f"{needed.baseline}, a proposal up to {needed.accepted}, the closing test {needed.test}; give at least {needed.floor}, "
            "or fewer val and test tasks"
        )


def _identity(agent: Agent, suite: TaskSuite, settings: Settings, model: LanguageModel) -> dict[str, str]:
    return {
        "agent": agent.name,
        "tasks": suite.fingerprint,
        "reflection model": model.name,
        "settings": settings.model_dump_json(exclude=FREE),
    }


def _prices(budget: Budget) -> Prices | None:
    # Only for a budget in dollars: a price list can be heavy to load.
    if budget.usd is None:
        return None
    for factory in plugins.factories("gepa_agents.prices"):
        prices: Prices = factory()
        return prices
    return None


def _alive(rollouts: Rollouts, suite: TaskSuite, baseline: Sequence[Rollout]) -> None:
    faults = [rollout for rollout in baseline if rollout.fault is not None]
    if len(faults) == len(baseline):
        rollouts.journal.forget(rollouts.keys(GraphConfig(), suite.val))
        fault = faults[0].fault
        raise AgentError(
            f"all {len(faults)} baseline rollouts failed; the first, on task `{faults[0].task}`: "
            f"{fault.message if fault else ''}. Mend the agent or the tasks' input, then run the same command again"
        )


def _priced(ledger: Ledger, budget: Budget) -> None:
    if budget.usd is not None and ledger.task.unpriced_calls:
        raise ConfigError(
            "the budget is in dollars, but no price is known for the agent's language model; "
            "give its price, or a budget in rollouts or tokens"
        )


def _found(baseline: Sequence[Rollout], values: Sequence[float], anatomy: Anatomy, settings: Settings) -> Baseline:
    components = tunable(anatomy, settings)
    if not components:
        reasons = "; ".join(f"{text.node}: {text.reason} ({text.remedy})" for text in anatomy.unreachable)
        known = ", ".join(component.name for component in anatomy.components)
        raise AgentError(
            "no text of the agent can be tuned under these settings. "
            + (f"Components found: {known}; see `tune` and `components` in the settings. " if known else "")
            + (f"Out of reach: {reasons}" if reasons else "")
        )
    return Baseline(
        mean=sum(values) / len(values),
        faults=sum(rollout.fault is not None for rollout in baseline),
        components=components,
        unreachable=anatomy.unreachable,
    )


async def _test(evolution: Evolution, suite: TaskSuite, rollouts: Rollouts) -> Tested | None:
    best = evolution.pool.best
    if best.number == 0:
        return None
    try:
        before = await rollouts.run(
            evolution.config(evolution.pool.members[0].candidate), suite.test, "baseline on test"
        )
        after = await rollouts.run(evolution.config(best.candidate), suite.test, "tuned on test")
    except BudgetError:
        return None
    baseline = [rollouts.value(rollout) for rollout in before]
    tuned = [rollouts.value(rollout) for rollout in after]
    difference = paired(baseline, tuned)
    return Tested(
        candidate=best.candidate.id,
        tasks=len(suite.test),
        baseline=sum(baseline) / len(baseline),
        tuned=sum(tuned) / len(tuned),
        difference=difference.mean,
        low=difference.low,
        high=difference.high,
    )


def _result(evolution: Evolution, tested: Tested | None, stopped: Stopped, folder: Path | None) -> Result:
    pool, ledger = evolution.pool, evolution.rollouts.ledger
    weights = pool.frontier.weights()
    candidates = tuple(
        Scores(
            number=member.number,
            config=_described(evolution, member.number, tested),
            parents=member.parents,
            val=member.scores,
            on_frontier=member.number in weights,
        )
        for member in pool.members
    )
    return Result(
        best=candidates[pool.best.number].config,
        candidates=candidates,
        anatomy=evolution.anatomy,
        test=tested,
        stopped=stopped,
        spent=Spent(
            rollouts=ledger.rollouts,
            task=ledger.task,
            reflections=ledger.reflections,
            reflection=ledger.reflection + ledger.preflight,
            seconds=evolution.rollouts.journal.seconds,
        ),
        folder=folder,
    )


def _described(evolution: Evolution, number: int, tested: Tested | None) -> GraphConfig:
    """The configuration of a pool member with its scores and lineage, for whoever reads the saved document."""
    member = evolution.pool.members[number]
    is_tested = tested is not None and tested.candidate == member.candidate.id
    return evolution.config(member.candidate).model_copy(
        update={
            "name": f"candidate {number}" if number else "baseline",
            "metadata": {
                "parents": [evolution.pool.members[parent].candidate.id for parent in member.parents],
                "val": member.mean,
                "baseline_val": evolution.pool.members[0].mean,
                "test": tested.model_dump(mode="json") if tested is not None and is_tested else None,
            },
        }
    )
