"""The tables: what the courses of some engines say about each other, family by family, paired by seed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from statistics import median, quantiles

from benchmarks.search.course import Course, Point

SHARES = (0.8, 0.95)
"""Targets: shares of the way from the agent as it stands to the best quality that any engine reached on the seed."""
LEAST = 0.02
"""A seed on which no engine gained more than this has no target and is left out of the ratios."""
RESAMPLES = 2000


@dataclass(frozen=True)
class Spread:
    """Some paired figures, one for each seed."""

    values: Sequence[float]

    def __str__(self) -> str:
        if len(self.values) < 2:
            return ", ".join(f"{value:.2f}" for value in self.values) or "–"
        low, high = self.interval
        first, _, third = quantiles(self.values, n=4, method="inclusive")
        return f"**{median(self.values):.2f}** [{low:.2f}, {high:.2f}] {first:.2f}–{third:.2f}"

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the median, by bootstrap over the seeds."""
        random = Random(0)
        medians = sorted(median(random.choices(self.values, k=len(self.values))) for _ in range(RESAMPLES))
        return medians[int(RESAMPLES * 0.025)], medians[int(RESAMPLES * 0.975)]


Seed = tuple[str, int]
"""A world: its family and its seed."""


class Comparison:
    """Courses of several engines on the same worlds; one of them is compared with each of the others."""

    def __init__(self, courses: Iterable[Course]) -> None:
        self._by: dict[Seed, dict[str, Course]] = {}
        for course in courses:
            self._by.setdefault((course.family, course.seed), {})[course.engine] = course
        self.families = list(dict.fromkeys(family for family, _ in self._by))
        self.engines = list(dict.fromkeys(engine for found in self._by.values() for engine in found))

    def pairs(self, family: str | None, one: str, other: str) -> Iterator[tuple[Seed, Course, Course]]:
        """Both engines' courses on each seed of a family (of all families for None)."""
        for seed, found in self._by.items():
            if family in (None, seed[0]) and one in found and other in found:
                yield seed, found[one], found[other]

    def target(self, seed: Seed, share: float) -> float | None:
        """The quality to be reached on this seed; None when nothing was to be gained."""
        found = self._by[seed].values()
        baseline = next(iter(found)).baseline
        gain = max(course.best for course in found) - baseline
        return baseline + share * gain if gain > LEAST else None

    def ratio(self, family: str | None, one: str, other: str, share: float, spent: str) -> Spread:
        """What one engine had spent when it reached the target, over what the other had, for each seed."""
        ratios = []
        for seed, ours, theirs in self.pairs(family, one, other):
            if (target := self.target(seed, share)) is not None:
                ratios.append(_spent(ours, target, spent) / max(1, _spent(theirs, target, spent)))
        return Spread(ratios)

    def reached(self, family: str | None, engine: str, share: float) -> str:
        """On how many of the seeds with a target the engine reached it within its budget."""
        found = [(seed, course) for seed, course, _ in self.pairs(family, engine, engine)]
        aims = [(course, target) for seed, course in found if (target := self.target(seed, share)) is not None]
        return f"{sum(course.reached(target) is not None for course, target in aims)}/{len(aims)}"

    def difference(self, family: str | None, one: str, other: str, rollouts: int) -> Spread:
        """How much better one engine's candidate was than the other's after so many rollouts, for each seed."""
        return Spread([ours.at(rollouts) - theirs.at(rollouts) for _, ours, theirs in self.pairs(family, one, other)])

    def each(self, family: str | None, engine: str, figure: Callable[[Course], float]) -> float:
        """Median of a figure over an engine's courses."""
        return median(figure(course) for _, course, _ in self.pairs(family, engine, engine))


def _spent(course: Course, target: float, spent: str) -> float:
    """What it took to reach the target; never reached counts as the whole budget, or all reflections there were."""
    point: Point | None = course.reached(target)
    if point is None:
        return course.budget if spent == "rollouts" else course.points[-1].reflections
    return max(1, point.rollouts if spent == "rollouts" else point.reflections)


def markdown(comparison: Comparison, one: str, budgets: Sequence[int]) -> str:
    """All tables, with `one` compared with each other engine."""
    others = [engine for engine in comparison.engines if engine != one]
    parts = [table for other in others for table in _against(comparison, one, other, budgets)]
    return "\n\n".join([_engines(comparison, budgets), *parts])


def _against(comparison: Comparison, one: str, other: str, budgets: Sequence[int]) -> Iterator[str]:
    families: list[str | None] = [*comparison.families, None]
    yield f"### `{one}` beside `{other}`"
    rows = []
    for family in families:
        ratios = [
            str(comparison.ratio(family, one, other, share, spent))
            for spent in ("rollouts", "reflections")
            for share in SHARES
        ]
        reached = [
            f"{comparison.reached(family, one, share)} : {comparison.reached(family, other, share)}" for share in SHARES
        ]
        rows.append([family or "**all**", *ratios, *reached])
    yield _rows(
        ["family", *(f"{spent} to {share:.0%}" for spent in ("rollouts", "reflections") for share in SHARES)]
        + [f"reached {share:.0%}" for share in SHARES],
        rows,
    )
    yield _rows(
        ["family", *(f"quality at {budget}" for budget in budgets)],
        [
            [family or "**all**", *(str(comparison.difference(family, one, other, budget)) for budget in budgets)]
            for family in families
        ],
    )


def _engines(comparison: Comparison, budgets: Sequence[int]) -> str:
    figures: Mapping[str, Callable[[Course], float]] = {
        **{f"quality at {budget}": lambda course, budget=budget: course.at(budget) for budget in budgets},  # type: ignore[misc]
        "rollouts": lambda course: course.points[-1].rollouts,
        "reflections": lambda course: course.points[-1].reflections,
        "CPU ms a rollout": lambda course: 1000 * course.seconds / course.points[-1].rollouts,
    }
    rows = [
        [engine, *(f"{comparison.each(None, engine, figure):.2f}" for figure in figures.values())]
        for engine in comparison.engines
    ]
    return _rows(["engine, median over all seeds", *figures], rows)


def _rows(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
