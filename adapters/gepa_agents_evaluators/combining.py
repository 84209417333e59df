"""Several metrics as one: each an objective, one of them (or their mean) the value."""

import asyncio
import inspect
import math
from collections.abc import Mapping
from numbers import Real

from gepa_agents import ConfigError, Metric, MetricError, Rollout, Score, Task, Usage
from gepa_agents.ports.metric import NoVerdict
from gepa_agents.ports.thread import in_thread

__all__ = ["Combined", "asked", "combine"]


def combine(
    metrics: Mapping[str, Metric], *, value: str | None = None, weights: Mapping[str, float] | None = None
) -> "Combined":
    """One metric of several, each an objective under its name; their own objectives are kept as `name.objective`.

    What counts is the metric named by `value`, or the mean, by `weights` where there are any. Feedback of each stands
    under its name. The parts run one beside the other; when one fails, the whole fails. Raises `ConfigError` for names
    that are not there.
    """
    return Combined(metrics, value, weights)


class Combined:
    """Several metrics as one; see `combine`."""

    def __init__(self, metrics: Mapping[str, Metric], value: str | None, weights: Mapping[str, float] | None) -> None:
        if not metrics:
            raise ConfigError("there are no metrics to combine; give at least one, by name")
        if "score" in metrics:
            raise ConfigError("`score` is the name of the value itself; give the metric another name")
        unknown = sorted({*([value] if value is not None else []), *(weights or {})} - set(metrics))
        if unknown:
            raise ConfigError(f"there is no metric `{unknown[0]}` among {', '.join(metrics)}; name one of them")
        if value is not None and weights is not None:
            raise ConfigError("give either the metric that counts or weights, not both")
        given = weights or {}
        if any(weight < 0 for weight in given.values()) or (weights is not None and not sum(given.values())):
            raise ConfigError("weights are from zero up, and one of them is above it")
        self._metrics = dict(metrics)
        if value is not None:
            self._weights = {value: 1.0}
        else:
            self._weights = dict(given) or dict.fromkeys(metrics, 1.0)

    @property
    def made_of(self) -> tuple[object, ...]:
        """What decides its scores: the weights, and each metric."""
        return f"{sorted(self._weights.items())} {list(self._metrics)}", *self._metrics.values()

    async def __call__(self, task: Task, rollout: Rollout) -> Score:
        """The value, every part's feedback and objectives, and what all of them cost."""
        parts = [asked(metric, task, rollout) for metric in self._metrics.values()]
        outcomes = await asyncio.gather(*parts, return_exceptions=True)
        scores = {
            name: outcome
            for name, outcome in zip(self._metrics, outcomes, strict=True)
            if not isinstance(outcome, BaseException)
        }
        failed = next((outcome for outcome in outcomes if isinstance(outcome, BaseException)), None)
        if isinstance(failed, NoVerdict):  # what the other parts paid is lost with it, and has to be booked
            raise NoVerdict(str(failed), sum((score.usage for score in scores.values()), failed.usage))
        if failed is not None:
            raise failed
        total = sum(self._weights.values())
        return Score(
            value=sum(scores[name].value * weight for name, weight in self._weights.items()) / total,
            feedback="\n".join(f"{name}: {score.feedback}" for name, score in scores.items() if score.feedback),
            by_component=_joined(scores),
            objectives={
                **{name: score.value for name, score in scores.items()},
                **{f"{name}.{key}": one for name, score in scores.items() for key, one in score.objectives.items()},
            },
            usage=sum((score.usage for score in scores.values()), Usage()),
        )


async def asked(metric: Metric, task: Task, rollout: Rollout) -> Score:
    """What a metric says, sync or async, as a full score; raises `MetricError` for what is none."""
    if inspect.iscoroutinefunction(metric) or inspect.iscoroutinefunction(type(metric).__call__):
        answer: object = metric(task, rollout)
    else:
        answer = await in_thread(metric, task, rollout)
    if inspect.isawaitable(answer):
        answer = await answer
    match answer:
        case Score():
            return answer
        case Real() as number:
            feedback = ""
        case (Real() as number, str() as feedback):
            pass
        case _:
            raise MetricError(
                f"the metric returned {answer!r:.200} for task `{task.id}`; "
                "return a number, (number, 'why'), or gepa_agents.Score"
            )
    try:
        value = float(number)
    except OverflowError:  # Python's whole numbers have no end
        value = math.inf
    try:
        return Score(value=value, feedback=feedback)
    except ValueError as error:
        raise MetricError(f"the metric returned {value} for task `{task.id}`; a score must be finite") from error


def _joined(scores: Mapping[str, Score]) -> dict[str, str]:
    joined: dict[str, list[str]] = {}
    for score in scores.values():
        for component, words in score.by_component.items():
            joined.setdefault(component, []).append(words)
    return {component: "\n".join(words) for component, words in joined.items()}
