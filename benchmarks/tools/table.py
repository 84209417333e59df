"""The table: for each family, what tuning descriptions too is worth, paired by seed."""

from collections.abc import Callable, Sequence
from statistics import fmean, median

from benchmarks.search.course import Course
from benchmarks.search.table import LEAST, spread

WITH, WITHOUT = "tools", "prompts"
SHARE = 0.8
"""The target of a world: this share of the way from the agent as it stands to the best that either setting reached."""
HEADING = (
    "family",
    "as it stands",
    "prompts",
    "prompts and tools",
    "difference, mean [95 %]",
    "better / equal / worse",
    "difference halfway",
    "rollouts, prompts",
    "rollouts, both",
    "ratio, median [95 %]",
)
EQUAL = 0.01
"""Qualities that differ by no more count as equal."""


def markdown(courses: Sequence[Course]) -> str:
    """All of it; differences and ratios with a 95 % interval by bootstrap over seeds."""
    families = list(dict.fromkeys(course.family for course in sorted(courses, key=lambda one: one.family)))
    lines = [HEADING, ["---"] * len(HEADING), *(_row(family, _pairs(courses, family)) for family in families)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


Pair = tuple[Course, Course]


def _pairs(courses: Sequence[Course], family: str) -> list[Pair]:
    here = {(course.seed, course.engine): course for course in courses if course.family == family}
    seeds = sorted({seed for seed, _ in here})
    return [(here[seed, WITH], here[seed, WITHOUT]) for seed in seeds if {(seed, WITH), (seed, WITHOUT)} <= here.keys()]


def _row(family: str, pairs: Sequence[Pair]) -> list[str]:
    budget = pairs[0][0].budget
    gains = [one.at(budget) - other.at(budget) for one, other in pairs]
    half = [one.at(budget // 2) - other.at(budget // 2) for one, other in pairs]
    spent = [(_spent(one, target), _spent(other, target)) for one, other in pairs if (target := _target(one, other))]
    return [
        f"`{family}`",
        f"{fmean(one.baseline for one, _ in pairs):.2f}",
        _mean(pairs, lambda pair: pair[1].at(budget)),
        _mean(pairs, lambda pair: pair[0].at(budget)),
        spread(gains, fmean, full=False),
        f"{_count(gains, 1)} / {len(gains) - _count(gains, 1) - _count(gains, -1)} / {_count(gains, -1)}",
        spread(half, fmean, full=False),
        f"{median(without for _, without in spent):.0f}" if spent else "–",
        f"{median(both for both, _ in spent):.0f}" if spent else "–",
        spread([both / without for both, without in spent], median, full=False),
    ]


def _mean(pairs: Sequence[Pair], of: Callable[[Pair], float]) -> str:
    return f"{fmean(map(of, pairs)):.3f}"


def _count(gains: Sequence[float], sign: int) -> int:
    return sum(sign * gain > EQUAL for gain in gains)


def _target(one: Course, other: Course) -> float | None:
    gain = max(one.best, other.best) - one.baseline
    return one.baseline + SHARE * gain if gain > LEAST else None


def _spent(course: Course, target: float) -> int:
    """Rollouts until the target; never reached counts as the whole budget."""
    point = course.reached(target)
    return course.budget if point is None else point.rollouts
