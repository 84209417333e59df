"""`evaluate`: one configuration on a list of tasks, with an interval, its cost and its pace."""

from collections.abc import Iterable, Sequence
from typing import Self

from gepa_agents.loop.rollouts import Rollouts
from gepa_agents.loop.sync import synchronous
from gepa_agents.parts.runs.journal import Journal
from gepa_agents.parts.runs.ledger import Ledger
from gepa_agents.parts.statistics.intervals import interval
from gepa_agents.ports.agent import Agent
from gepa_agents.ports.language_model import Prices
from gepa_agents.ports.metric import Metric
from gepa_agents.ports.observer import Observer
from gepa_agents.words.frozen import Frozen
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.settings import Budget, Settings
from gepa_agents.words.task import Task
from gepa_agents.words.usage import Usage


class Evaluation(Frozen):
    """How a configuration did on some tasks."""

    mean: float
    low: float
    high: float
    """95 % interval of the mean over tasks, by bootstrap (repeats of a task are averaged first); wide for few tasks."""
    repeats: int
    faults: int
    """Rollouts without a score; each counts as `Settings.failure_score`."""
    usage: Usage
    seconds: float
    """Mean wall time of a rollout."""
    rollouts: tuple[Rollout, ...]
    """All of them: the tasks in their order, repeat after repeat."""
    scores: dict[str, float]
    """By task: the mean score of its repeats, the tasks in their order."""

    @classmethod
    def of(cls, rollouts: Iterable[Rollout], settings: Settings | None = None) -> Self:
        """Add up rollouts of one configuration; `settings` say what a failed one counts for.

        Raises `ValueError` when there are none.
        """
        every = tuple(rollouts)
        failure = (settings or Settings()).failure_score
        tries: dict[str, list[float]] = {}
        for rollout in every:
            tries.setdefault(rollout.task, []).append(failure if rollout.score is None else rollout.score.value)
        scores = {task: sum(values) / len(values) for task, values in tries.items()}
        spread = interval(list(scores.values()))
        return cls(
            mean=spread.mean,
            low=spread.low,
            high=spread.high,
            repeats=max(map(len, tries.values())),
            faults=sum(rollout.fault is not None for rollout in every),
            usage=sum((one.usage + (one.score.usage if one.score else Usage()) for one in every), Usage()),
            seconds=sum(rollout.trajectory.seconds for rollout in every) / len(every),
            rollouts=every,
            scores=scores,
        )


async def aevaluate(
    agent: Agent,
    tasks: Sequence[Task],
    *,
    metric: Metric,
    config: GraphConfig | None = None,
    settings: Settings | None = None,
    repeats: int = 1,
    first: int = 0,
    observer: Observer | None = None,
    prices: Prices | None = None,
) -> Evaluation:
    """Score `config` (without it, the agent as it stands) on `tasks`, each `repeats` times.

    `first` is the number of the first repeat, for repeats that are made in several goes.
    Raises what `Rollouts.run` raises, and `ValueError` without tasks or repeats.
    """
    if not tasks:
        raise ValueError("there are no tasks to evaluate on")
    if repeats < 1:
        raise ValueError(f"repeats is {repeats}; each task is run at least once")
    config = config or GraphConfig()
    total = len(tasks) * repeats
    with Journal(None, {}) as journal:
        ledger = Ledger(Budget(rollouts=total))
        rollouts = Rollouts(
            agent, metric, journal, ledger, settings or Settings(), observer or (lambda _event: None), prices
        )
        rounds = [await rollouts.run(config, tasks, "evaluation", repeat) for repeat in range(first, first + repeats)]
    return Evaluation.of((rollout for again in rounds for rollout in again), settings)


evaluate = synchronous(aevaluate, "evaluate")
