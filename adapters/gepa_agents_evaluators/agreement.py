"""How well a judge agrees with people: any metric, asked about runs that were labelled."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from gepa_agents import GepaError, Metric, MetricError, ModelError, ModelUnavailable, Score, Usage
from gepa_agents.ports.metric import NoVerdict
from gepa_agents.words.frozen import Frozen
from gepa_agents_evaluators.combining import asked
from gepa_agents_evaluators.labels import Labelled
from gepa_agents_evaluators.measures import bootstrap, kappa, spearman, wilson

__all__ = ["Agreement", "Confusion", "Disagreement", "Measured", "Spread", "Unjudged", "ameasure", "measure"]

THRESHOLD = 0.5
"""From here on a label or a score counts as good."""
TOGETHER = 8
"""Runs that are judged at once."""


class Spread(Frozen):
    """A figure, and where it may lie by these labels."""

    value: float
    low: float
    high: float
    """95 % interval."""


class Confusion(Frozen):
    """How often label and judge said what."""

    both_good: int
    only_label: int
    """Labelled good, judged bad."""
    only_judge: int
    """Labelled bad, judged good."""
    both_bad: int


class Agreement(Frozen):
    """Label and judge compared, as a whole or on one criterion."""

    name: str
    """`score`, or the criterion's name."""
    runs: int
    accuracy: Spread
    """The share of runs on which both are on the same side of the threshold."""
    kappa: Spread | None
    """The same beyond chance (Cohen); None when both always say the same."""
    spearman: Spread | None
    """Correlation of ranks; None when one is always the same, or when labels and scores are only good or bad."""
    error: float
    """Mean distance between label and score."""
    confusion: Confusion


class Disagreement(Frozen):
    """A run on which label and judge differ."""

    task: str
    name: str
    label: float
    score: float
    said: str
    """The judge's reason."""
    why: str
    """The person's, if there is one."""


class Unjudged(Frozen):
    """A run on which the judge gave no usable verdict."""

    task: str
    problem: str
    usage: Usage = Usage()
    """What asking cost all the same."""


class Measured(Frozen):
    """What a judge is worth on labelled runs."""

    agreements: tuple[Agreement, ...]
    disagreements: tuple[Disagreement, ...]
    """All there are, the worst first."""
    unjudged: tuple[Unjudged, ...]
    usage: Usage
    """What judging cost."""


async def ameasure(
    metric: Metric, labelled: Sequence[Labelled], *, threshold: float = THRESHOLD, together: int = TOGETHER
) -> Measured:
    """Ask the metric about every labelled run, `together` at once, and compare.

    A run on which the judge gives no usable verdict, or its model fails, is listed as such and counts nowhere, so that
    what was paid for the others is not lost; once the model is out of reach it is asked no more. Raises `MetricError`
    when there is no verdict at all, or no label under a name that the judge knows, and `ModelError` when its model
    never answered.
    """
    slots = asyncio.Semaphore(together)
    silent: list[ModelError] = []
    heard = 0

    async def one(run: Labelled) -> Score | Unjudged:
        nonlocal heard
        async with slots:
            if silent:
                return Unjudged(task=run.task.id, problem=f"not asked, since the model failed before: {silent[0]}")
            try:
                score = await asked(metric, run.task, run.rollout)
                heard += 1
                return score
            except NoVerdict as error:
                return Unjudged(task=run.task.id, problem=str(error), usage=error.usage)
            except MetricError as error:
                return Unjudged(task=run.task.id, problem=str(error))
            except ModelError as error:
                if isinstance(error, ModelUnavailable) or not heard:
                    silent.append(error)
                return Unjudged(task=run.task.id, problem=str(error))
            except GepaError:
                raise
            except Exception as error:
                raise MetricError(f"the metric raised {type(error).__name__}: {error} on `{run.task.id}`") from error

    answers = await asyncio.gather(*map(one, labelled))
    judged = [(run, score) for run, score in zip(labelled, answers, strict=True) if isinstance(score, Score)]
    unjudged = tuple(answer for answer in answers if isinstance(answer, Unjudged))
    if not judged and silent:
        raise silent[0]
    if not judged:
        raise MetricError(f"the judge gave no usable verdict on any labelled run: {unjudged[0].problem}")
    pairs = _pairs(judged)
    return Measured(
        agreements=tuple(_agreement(name, found, threshold) for name, found in pairs.items()),
        disagreements=_disagreements(judged),
        unjudged=unjudged,
        usage=sum((answer.usage for answer in answers), Usage()),
    )


def measure(metric: Metric, labelled: Sequence[Labelled], *, threshold: float = THRESHOLD) -> Measured:
    """The sync form of `ameasure`; works inside a running event loop too (a notebook)."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, ameasure(metric, labelled, threshold=threshold)).result()


def _pairs(judged: Sequence[tuple[Labelled, Score]]) -> dict[str, list[tuple[float, float]]]:
    """Labels and scores by name."""
    pairs: dict[str, list[tuple[float, float]]] = {}
    for run, score in judged:
        known = _named(score)
        for name, label in run.labels.items():
            if name not in known:
                raise MetricError(
                    f"run `{run.task.id}` has a label for `{name}`, which the judge does not score; it scores "
                    f"{', '.join(known)}"
                )
            pairs.setdefault(name, []).append((label, known[name]))
    return pairs


def _named(score: Score) -> Mapping[str, float]:
    return {"score": score.value, **score.objectives}


def _agreement(name: str, pairs: Sequence[tuple[float, float]], threshold: float) -> Agreement:
    labels, scores = [label for label, _ in pairs], [score for _, score in pairs]
    good, judged = [label >= threshold for label in labels], [score >= threshold for score in scores]
    same = sum(a == b for a, b in zip(good, judged, strict=True))
    low, high = wilson(same, len(pairs))
    beyond = kappa(good, judged)
    graded = len({*labels, *scores} - {0.0, 1.0}) > 0

    def by_rank(indices: Sequence[int]) -> float | None:
        return spearman([labels[i] for i in indices], [scores[i] for i in indices])

    return Agreement(
        name=name,
        runs=len(pairs),
        accuracy=Spread(value=same / len(pairs), low=low, high=high),
        kappa=None if beyond is None else Spread(value=beyond[0], low=beyond[1], high=beyond[2]),
        spearman=_spread(spearman(labels, scores), bootstrap(len(pairs), by_rank)) if graded else None,
        error=sum(abs(label - score) for label, score in pairs) / len(pairs),
        confusion=Confusion(
            both_good=sum(a and b for a, b in zip(good, judged, strict=True)),
            only_label=sum(a and not b for a, b in zip(good, judged, strict=True)),
            only_judge=sum(b and not a for a, b in zip(good, judged, strict=True)),
            both_bad=sum(not a and not b for a, b in zip(good, judged, strict=True)),
        ),
    )


def _spread(value: float | None, reach: tuple[float, float] | None) -> Spread | None:
    return None if value is None or reach is None else Spread(value=value, low=reach[0], high=reach[1])


def _disagreements(judged: Sequence[tuple[Labelled, Score]]) -> tuple[Disagreement, ...]:
    found = [
        Disagreement(
            task=run.task.id,
            name=name,
            label=label,
            score=_named(score)[name],
            # A lone surrogate, as metrics quote it from cut-off text, can't be written.
            said=score.feedback.encode("utf-8", "replace").decode("utf-8"),
            why=run.why,
        )
        for run, score in judged
        for name, label in run.labels.items()
        if label != _named(score)[name]
    ]
    return tuple(sorted(found, key=lambda one: (-abs(one.label - one.score), one.task, one.name)))
