"""What a rollout is worth beside its score: objectives of the metric, and those that a trace has for nothing.

Knows rollouts and settings; the frontier gets numbers only. Every objective is turned so that higher is better, so what
is spent counts below zero.

    score        the metric's value, or `Settings.failure_score` for a rollout with a fault
    tokens       tokens read and written by the agent's models, below zero
    usd          US dollars for them, below zero; missing when a model has no known price
    seconds      wall time of the rollout, below zero; it differs between machines and from run to run
    steps        model calls and tool runs, below zero
    tool_errors  tool runs that raised, below zero
    (others)     what the metric put into `Score.objectives`; one of a trace's names takes that one's place

A rollout with a fault has its score alone: an agent that breaks at once would else be the cheapest.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from math import fsum, inf, isnan, nan
from typing import Self

from gepa_agents.words.errors import ConfigError
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.settings import Settings

SCORE = "score"


def objectives(rollout: Rollout, failure_score: float = 0.0) -> dict[str, float]:
    """Everything that one rollout counts for, by name; higher is better."""
    if rollout.score is None:
        return {SCORE: failure_score}
    return {**_traced(rollout), **rollout.score.objectives, SCORE: rollout.score.value}


def _traced(rollout: Rollout) -> dict[str, float]:
    trajectory, usage = rollout.trajectory, rollout.usage
    tools = list(trajectory.tools())
    spent = {
        "tokens": usage.tokens,
        "seconds": trajectory.seconds,
        "steps": sum(1 for _ in trajectory.models()) + len(tools),
        "tool_errors": sum(step.error is not None for step in tools),
    }
    if not usage.unpriced_calls:
        spent["usd"] = usage.usd
    return {name: -float(amount) for name, amount in spent.items()}


class Measures:
    """The objectives of one candidate on every val task, the score apart; kept as one array for each objective."""

    def __init__(self, tasks: int) -> None:
        """`tasks`: how many val tasks there are."""
        self._tasks = tasks
        self._values: dict[str, array[float]] = {}

    def updated(self, found: Mapping[int, Mapping[str, float]]) -> Self:
        """These measures, but for the val tasks at some positions, whose `objectives` are known better now.

        So a candidate that was run on some tasks is taken to do on the others as the one that it came from.
        """
        other = type(self)(self._tasks)
        places = range(self._tasks) if len(found) == self._tasks else found
        for name in sorted({*self._values}.union(*found.values()) - {SCORE}):
            known = array("d", [found[place].get(name, nan) for place in places])
            values = known
            if len(known) < self._tasks:
                values = array("d", self._values.get(name) or [nan] * self._tasks)
                for place, amount in zip(places, known, strict=True):
                    values[place] = amount
            other._values[name] = values
        return other

    def means(self) -> dict[str, float]:
        """Mean of each objective over the tasks for which it is known, in the order of their names."""
        means = {}
        for name, values in self._values.items():
            known = [amount for amount in values if not isnan(amount)]
            if known:
                means[name] = fsum(known) / len(known)
        return means


def columns(scores: Sequence[float], measures: Measures, settings: Settings) -> Sequence[float]:
    """A candidate's row in the frontier: its scores on the val tasks, its mean objectives, or both.

    The mean score is always the first of the objectives. An objective that the candidate has not is its worst column.
    """
    if settings.frontier == "tasks":
        return scores
    means = measures.means()
    chosen = [fsum(scores) / len(scores), *(means.get(name, -inf) for name in settings.objectives)]
    return chosen if settings.frontier == "objectives" else [*scores, *chosen]


def check(settings: Settings, baseline: Iterable[Rollout]) -> None:
    """Raises `ConfigError` for an objective of the settings that no rollout of the baseline has."""
    known = {name for rollout in baseline for name in objectives(rollout)} - {SCORE}
    for name in settings.objectives:
        if name not in known:
            why = " (no price is known for its models)" if name == "usd" else ""
            raise ConfigError(
                f"objectives: no rollout of the baseline has `{name}`{why}; there are {', '.join(sorted(known))}, "
                "and what the metric puts into `Score.objectives`"
            )
