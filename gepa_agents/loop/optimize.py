"""`optimize`: from an agent, tasks and a metric to a tuned graph configuration. Baseline, search, choice, test."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from gepa_agents.loop import about, preconditions
from gepa_agents.loop.anatomy import discover, masking
from gepa_agents.loop.asking import Asking
from gepa_agents.loop.closing import closing_test, gather
from gepa_agents.loop.estimate import estimate
from gepa_agents.loop.evolution import Evolution
from gepa_agents.loop.recheck import allowance, recheck
from gepa_agents.loop.result import Result
from gepa_agents.loop.rollouts import Rollouts
from gepa_agents.loop.same_metric import same_metric
from gepa_agents.loop.sync import synchronous
from gepa_agents.loop.tally import Decision
from gepa_agents.parts.frontier import objectives
from gepa_agents.parts.models.preflight import preflight
from gepa_agents.parts.models.priced import Priced
from gepa_agents.parts.models.resolve import language_model
from gepa_agents.parts.runs.journal import Journal
from gepa_agents.parts.runs.ledger import Ledger
from gepa_agents.ports import plugins
from gepa_agents.ports.agent import Agent
from gepa_agents.ports.check import Check
from gepa_agents.ports.language_model import Prices
from gepa_agents.ports.masking import Detector
from gepa_agents.ports.metric import Metric
from gepa_agents.ports.observer import Observer
from gepa_agents.ports.reflection import Style
from gepa_agents.ports.reviewer import Reviewer
from gepa_agents.words.case import Case
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.settings import Budget, Settings
from gepa_agents.words.suite import TaskSuite

FREE = {"concurrency", "rollout_timeout", "max_iterations"}
"""Settings that a resumed run may change: they decide how fast and how far it goes, not where."""


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
    detectors: Sequence[Detector] = (),
    checks: Sequence[Check] = (),
    style: Style | None = None,
    stored: Sequence[Case] = (),
    reviewer: Reviewer | None = None,
) -> Result:
    """Tune the texts of `agent` for `suite`.

    `metric` judges a rollout: a number, or a number and why. `reflection_lm` is a LiteLLM model name, a callable, a
    LangChain chat model or any `LanguageModel`. `run` names the run folder: with it every paid call is durable before
    it is used, and the same call again continues where it was interrupted; without it the run lives in memory. What was
    run and scored is not run again: after a change of the agent or the metric, name a new folder.
    `observer` is told every event. `prices` values tokens; a budget in dollars and the objective `usd` find the
    installed price list themselves.
    `detectors` find what must not be kept or shown to the reflection model, besides what `Settings.mask` names.
    `checks` notice what went wrong in a rollout, besides those that are built in. `style` writes the prompts to the
    reflection model and reads its answers in another way than `Settings.reflection_style` does. `stored` are runs of
    before, such as a running system's traces: the first reflection on a component reads them too.
    `reviewer` is a person with a say: asked about each proposal that did well, before it joins the pool.

    Raises `BudgetError` before anything is paid for when the budget is too small for one proposal, `ModelError` when
    the reflection model can't be reached or the agent's own stays away, `AgentError` when no text can be tuned or every
    baseline rollout fails, `ConfigError` for an objective that no rollout has and for scores above a perfect one,
    `OverrideMissed`, `MetricError` and `JournalError` as they say.
    """
    settings = settings or Settings()
    notify = observer or (lambda _event: None)
    model = language_model(reflection_lm)
    prices = prices or _prices(budget, settings)
    if prices is not None:
        model = Priced(model, prices)
    needed = estimate(suite, settings, edits=reviewer is not None)
    preconditions.affordable(needed, budget)
    folder = None if run is None else Path(run)
    with Journal(folder, _identity(agent, suite, settings, stored)) as journal:
        await same_metric(metric, journal, suite)
        ledger = Ledger(budget, reserve=needed.reserve)
        if journal.outcome("stopped") is None:
            ledger.preflight = (await preflight(model)).usage
        rollouts = Rollouts(
            agent, metric, journal, ledger, settings, notify, prices, masking(settings, journal, detectors)
        )
        preconditions.priced(budget, rollouts)

        baseline = await rollouts.run(GraphConfig(), suite.val, "baseline on val")
        preconditions.alive(rollouts, baseline)
        preconditions.scaled(settings, baseline)
        preconditions.priced(budget, rollouts, baseline)
        objectives.check(settings, baseline)
        anatomy = discover(rollouts, baseline)
        preconditions.addressed(anatomy, baseline)
        scores = [rollouts.value(rollout) for rollout in baseline]
        about.note(rollouts, suite, anatomy, model.name)
        found = preconditions.found(baseline, scores, anatomy, settings)
        found = found.model_copy(update={"rollouts": ledger.rollouts, "usage": ledger.usage})
        journal.decide(0, found.model_dump_json())
        notify(found)

        def decide(iteration: int, decision: Decision) -> None:
            journal.decide(iteration, decision.model_dump_json())
            notify(decision)

        asking = Asking(model, journal, ledger)
        evolution = Evolution(
            suite,
            anatomy,
            rollouts,
            asking,
            settings,
            decide,
            style=style,
            checks=checks,
            stored=stored,
            reviewer=reviewer,
        )
        stopped = await evolution.run(baseline)
        notify(stopped)
        choice = await recheck(evolution, allowance(evolution))
        tested = await closing_test(evolution, choice)
        if tested is not None:
            notify(tested)
        result = gather(evolution, choice, tested, stopped, folder)
        journal.conclude("stopped", stopped.model_dump_json())
        journal.conclude("result", result.model_dump_json())
    return result


optimize = synchronous(aoptimize, "optimize")


def _identity(agent: Agent, suite: TaskSuite, settings: Settings, stored: Sequence[Case]) -> dict[str, str]:
    told = hashlib.sha256("\n".join(case.model_dump_json() for case in stored).encode()).hexdigest()[:16]
    return {
        "agent": agent.name,
        "tasks": suite.fingerprint,
        "settings": settings.model_dump_json(exclude=FREE),
        "stored runs": told if stored else "",
    }


def _prices(budget: Budget, settings: Settings) -> Prices | None:
    # Only where dollars are asked for: a price list can be heavy to load.
    if budget.usd is None and "usd" not in settings.objectives:
        return None
    for factory in plugins.factories("gepa_agents.prices"):
        prices: Prices = factory()
        return prices
    return None
