"""What is checked before and after the baseline, so that a run which can't work stops at once and in clear words."""

from collections.abc import Sequence

from gepa_agents.loop.estimate import Estimate
from gepa_agents.loop.evolution import tunable
from gepa_agents.loop.rollouts import Rollouts
from gepa_agents.words.component import Anatomy
from gepa_agents.words.errors import AgentError, BudgetError, ConfigError
from gepa_agents.words.events import Baseline
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.settings import Budget, Settings
from gepa_agents.words.usage import Usage


def affordable(needed: Estimate, budget: Budget) -> None:
    """Raise `BudgetError` when the budget does not let a single proposal through."""
    if budget.rollouts is not None and budget.rollouts < needed.floor:
        raise BudgetError(
            f"a budget of {budget.rollouts} rollouts is too small for one proposal: the baseline takes "
            f"{needed.baseline}, a proposal up to {needed.accepted}, "
            + (f"the re-check {needed.recheck}, " if needed.recheck else "")
            + f"the closing test {needed.test}; "
            f"give at least {needed.floor}, or fewer val and test tasks"
        )


def alive(rollouts: Rollouts, baseline: Sequence[Rollout]) -> None:
    """Raise `AgentError` when every baseline rollout failed, and forget them: they are to be run again.

    What they cost in tokens and money stays booked; the rollouts do not count, for they came to nothing.
    """
    faults = [rollout for rollout in baseline if rollout.fault is not None]
    if len(faults) == len(baseline):
        rollouts.forget(baseline)
        fault = faults[0].fault
        raise AgentError(
            f"all {len(faults)} baseline rollouts failed; the first, on task `{faults[0].task}`: "
            f"{fault.message if fault else ''}. Mend the agent or the tasks' input, then run the same command again"
        )


def scaled(settings: Settings, baseline: Sequence[Rollout]) -> None:
    """Raise `ConfigError` when scores pass a perfect one, or lie below that of a failure, which nobody chose: then the
    metric has another scale."""
    chosen, perfect, failure = settings.model_fields_set, settings.perfect_score, settings.failure_score
    for rollout in baseline:
        score = 0.0 if rollout.score is None else rollout.score.value
        if "perfect_score" not in chosen and perfect is not None and score > perfect:
            raise ConfigError(
                f"the metric gave {score:g} for task `{rollout.task}`, but `perfect_score` is {perfect:g}: tasks that "
                "score as much are taken to be solved. Set it in the settings to the most that your metric gives, "
                "and name a new run folder"
            )
        if "failure_score" not in chosen and rollout.score is not None and score < failure:
            raise ConfigError(
                f"the metric gave {score:g} for task `{rollout.task}`, but `failure_score` is {failure:g}: a rollout "
                "that fails would count as better. Set it in the settings to the least that your metric gives, or "
                "less, and name a new run folder"
            )


def addressed(anatomy: Anatomy, baseline: Sequence[Rollout]) -> None:
    """Raise `ConfigError` when the metric has feedback for something that the agent does not have."""
    nodes = {*anatomy.nodes, *(component.node for component in anatomy.components if component.node)}
    for rollout in baseline:
        for name in rollout.score.by_component if rollout.score is not None else ():
            known = any(component.answers_to(name) for component in anatomy.components)
            if not known and not any(f"{node}/".startswith(f"{name}/") for node in nodes):
                raise ConfigError(
                    f"the metric has feedback for `{name}` on task `{rollout.task}`, which is no node and no component "
                    f"of the agent: there are {', '.join(sorted(nodes))}. Mend the metric, and name a new run folder"
                )


def priced(budget: Budget, rollouts: Rollouts, baseline: Sequence[Rollout] = ()) -> None:
    """Raise `ConfigError` when a budget in dollars can't be kept, because no price is known for a model that answered,
    or one in tokens, because no model says how many it read and wrote.

    Asked after the preflight, and with the baseline once it is there. Calls that failed on the way have no price
    either, and say nothing.
    """
    _counted(budget, baseline)
    if budget.usd is None:
        return
    unpriced = sorted({f"`{name}`" for rollout in baseline for name in rollouts.unpriced(rollout.trajectory)})
    if _unpriced(rollouts.ledger.preflight):
        unpriced.append("the reflection model")
    if any(rollout.score is not None and _unpriced(rollout.score.usage) for rollout in baseline):
        unpriced.append("the metric's model")
    if unpriced:
        raise ConfigError(
            f"the budget is in dollars, but no price is known for {', '.join(unpriced)}; "
            "give its price, or a budget in rollouts or tokens"
        )


def _counted(budget: Budget, baseline: Sequence[Rollout]) -> None:
    answered = [step for rollout in baseline for step in rollout.trajectory.models() if step.reply is not None]
    judged = sum(rollout.score.usage.tokens for rollout in baseline if rollout.score is not None)
    if budget.tokens is None or not answered or judged or any(step.usage.tokens for step in answered):
        return
    raise ConfigError(
        f"the budget is in tokens, but {', '.join(sorted({f'`{step.model}`' for step in answered}))} never said how "
        "many were read and written, so it would not be used up; give a budget in rollouts or seconds, and run the "
        "same command again: what is in the run folder is not paid for twice"
    )


def _unpriced(usage: Usage) -> bool:
    return 0 < usage.calls <= usage.unpriced_calls


def found(baseline: Sequence[Rollout], values: Sequence[float], anatomy: Anatomy, settings: Settings) -> Baseline:
    """What the baseline showed; raises `AgentError` when no text can be tuned."""
    components = tunable(anatomy, settings)
    if not components:
        reasons = "; ".join(f"{text.node}: {text.reason} ({text.remedy})" for text in anatomy.unreachable)
        known = ", ".join(component.name for component in anatomy.components)
        raise AgentError(
            "no text of the agent can be tuned under these settings. "
            + (f"Components found: {known}; see `tune` and `components` in the settings. " if known else "")
            + (f"Out of reach: {reasons}" if reasons else "")
            + ("" if known or reasons else "No call of a language model with a prompt of its own was seen")
        )
    return Baseline(
        mean=sum(values) / len(values),
        faults=sum(rollout.fault is not None for rollout in baseline),
        components=components,
        unreachable=anatomy.unreachable,
    )
