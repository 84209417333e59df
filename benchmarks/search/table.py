"""The tables: what the courses of some engines say about each other, family by family, paired by seed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random
from statistics import fmean, median, quantiles

from benchmarks.search.course import Course

SHARES = (0.8, 0.95)
"""Targets: shares of the way from the agent as it stands to the best quality that any engine reached on the seed."""
LEAST = 0.02
"""A seed on which no engine gained more than this has no target and is left out of the ratios."""
RESAMPLES = 2000

World = tuple[str, int]
"""A family and a seed."""
Statistic = Callable[[Sequence[float]], float]


def spread(values: Sequence[float], middle: Statistic, *, full: bool) -> str:
    """A middle of figures, one for each seed, with its 95 % interval by bootstrap over seeds; `full`: and quartiles."""
    if not values:
        return "–"
    random = Random(0)
    middles = sorted(middle(random.choices(values, k=len(values))) for _ in range(RESAMPLES))
    low, high = middles[int(RESAMPLES * 0.025)], middles[int(RESAMPLES * 0.975)]
    text = f"**{middle(values):.2f}** [{low:.2f}, {high:.2f}]"
    if not full or len(values) < 2:
        return text
    first, _, third = quantiles(values, n=4, method="inclusive")
    return f"{text} {first:.2f}…{third:.2f}"


class Comparison:
    """Courses of several engines on the same worlds; one of them is compared with each of the others."""

    def __init__(self, courses: Iterable[Course], one: str) -> None:
        self._by: dict[World, dict[str, Course]] = {}
        for course in courses:
            self._by.setdefault((course.family, course.seed), {})[course.engine] = course
        engines = dict.fromkeys(engine for found in self._by.values() for engine in found)
        self.one = one
        self.others = [engine for engine in engines if engine != one]
        self.families = list(dict.fromkeys(family for family, _ in self._by))

    def courses(self, family: str | None, engine: str) -> dict[World, Course]:
        """An engine's courses in a family (in all families for None)."""
        return {
            world: found[engine] for world, found in self._by.items() if family in (None, world[0]) and engine in found
        }

    def pairs(self, family: str | None, other: str) -> Iterator[tuple[World, Course, Course]]:
        """The courses of the one and of another engine on the same world."""
        theirs = self.courses(family, other)
        for world, ours in self.courses(family, self.one).items():
            if world in theirs:
                yield world, ours, theirs[world]

    def target(self, world: World, share: float) -> float | None:
        """The quality to be reached in this world; None when nothing was to be gained."""
        found = self._by[world].values()
        baseline = next(iter(found)).baseline
        gain = max(course.best for course in found) - baseline
        return baseline + share * gain if gain > LEAST else None

    def rollouts(self, family: str | None, other: str, share: float) -> list[float]:
        """Rollouts until the one reached the target, over those until the other did, for each world."""
        return [rollouts for rollouts, _ in self._ratios(family, other, share)]

    def reflections(self, family: str | None, other: str, share: float) -> list[float]:
        """The same, of reflections."""
        return [reflections for _, reflections in self._ratios(family, other, share)]

    def _ratios(self, family: str | None, other: str, share: float) -> Iterator[tuple[float, float]]:
        for world, ours, theirs in self.pairs(family, other):
            if (target := self.target(world, share)) is not None:
                mine, its = _spent(ours, target), _spent(theirs, target)
                yield mine[0] / its[0], mine[1] / its[1]

    def reached(self, family: str | None, engine: str, share: float) -> str:
        """In how many of the worlds with a target the engine reached it within its budget."""
        aims = [
            (course, target)
            for world, course in self.courses(family, engine).items()
            if (target := self.target(world, share)) is not None
        ]
        return f"{sum(course.reached(target) is not None for course, target in aims)}/{len(aims)}"

    def gains(self, family: str | None, other: str, rollouts: int) -> list[float]:
        """How much better the one's candidate was than the other's after so many rollouts, for each world."""
        return [ours.at(rollouts) - theirs.at(rollouts) for _, ours, theirs in self.pairs(family, other)]


def _spent(course: Course, target: float) -> tuple[int, int]:
    """Rollouts and reflections until the target; never reached counts as the whole budget and all reflections."""
    point = course.reached(target)
    if point is None:
        return course.budget, max(1, course.points[-1].reflections)
    return point.rollouts, max(1, point.reflections)


def markdown(comparison: Comparison, budgets: Sequence[int], *, full: bool) -> str:
    """All tables."""
    one = comparison.one

    def ratios(of: Callable[[str | None, str, float], list[float]], share: float) -> str:
        return _matrix(comparison, lambda family, other: spread(of(family, other, share), median, full=full))

    parts = ["### Each engine, over all worlds", _engines(comparison, budgets)]
    for share in SHARES:
        parts += [f"### Rollouts to {share:.0%} of the gain: `{one}` over another", ratios(comparison.rollouts, share)]
    for share in SHARES:
        parts += [
            f"### Reflections to the same: `{one}` over another, {share:.0%}",
            ratios(comparison.reflections, share),
        ]
    for budget in budgets:

        def gain(family: str | None, other: str, budget: int = budget) -> str:
            return spread(comparison.gains(family, other, budget), fmean, full=full)

        parts += [f"### Quality after {budget} rollouts: `{one}` less another, mean", _matrix(comparison, gain)]
    for share in SHARES:
        parts += [f"### Worlds in which {share:.0%} of the gain was reached", _reached(comparison, share)]
    return "\n\n".join(parts)


def _engines(comparison: Comparison, budgets: Sequence[int]) -> str:
    heading = ["engine", *(f"quality at {budget}" for budget in budgets), "rollouts to 95%", "rollouts", "reflections"]
    rows = []
    for engine in (comparison.one, *comparison.others):
        found = comparison.courses(None, engine)
        aims = [(course, comparison.target(world, 0.95)) for world, course in found.items()]
        needed = median(_spent(course, target)[0] for course, target in aims if target is not None)
        spent = [course.points[-1] for course in found.values()]
        cpu = 1000 * sum(course.seconds for course in found.values()) / sum(point.rollouts for point in spent)
        rows.append(
            [
                f"`{engine}`",
                *(f"{fmean(course.at(budget) for course in found.values()):.3f}" for budget in budgets),
                f"{needed:.0f}",
                f"{median(point.rollouts for point in spent):.0f}",
                f"{median(point.reflections for point in spent):.0f}",
                f"{cpu:.2f}",
            ]
        )
    return _rows([*heading, "CPU ms a rollout"], rows)


def _reached(comparison: Comparison, share: float) -> str:
    engines = [comparison.one, *comparison.others]
    rows = [
        [family or "**all**", *(comparison.reached(family, engine, share) for engine in engines)]
        for family in (*comparison.families, None)
    ]
    return _rows(["family", *(f"`{engine}`" for engine in engines)], rows)


def _matrix(comparison: Comparison, cell: Callable[[str | None, str], str]) -> str:
    rows = [
        [family or "**all**", *(cell(family, other) for other in comparison.others)]
        for family in (*comparison.families, None)
    ]
    return _rows(["family", *(f"`{other}`" for other in comparison.others)], rows)


def _rows(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
