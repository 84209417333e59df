"""The benchmarks of the search measure what they say: one meter for all engines, and ratios that can be checked."""

import asyncio

import pytest

from benchmarks.pipeline.scene import Span, share
from benchmarks.search import official, ours
from benchmarks.search.course import Course, Meter, Point
from benchmarks.search.families import FAMILIES
from benchmarks.search.table import Comparison
from benchmarks.search.world import Reflector, World


def course(engine: str, *points: tuple[int, int, float], seed: int = 0) -> Course:
    """A course through these points: rollouts, reflections, quality."""
    return Course(engine, "family", seed, 1000, tuple(Point(*point) for point in points), seconds=1.0)


def complete(world: World) -> dict[str, str]:
    """Texts with every rule and every exception."""
    rules = {rule for job in (*world.train, *world.val, *world.held_out) for rule in job.needs}
    texts = dict(world.seeds)
    for rule in sorted(rules, key=lambda rule: rule.name):
        texts[rule.component] += f"\nFollow rule {rule.name}."
        if rule.harms:
            texts[rule.component] += f"\nOn tasks of kind {rule.harms} do not follow rule {rule.name}."
    return texts


@pytest.mark.parametrize("family", FAMILIES)
def test_who_knows_all_rules_does_all_tasks(family: str):
    """Every world can be solved by what its feedback tells, but for what is overlooked there in any case."""
    world = FAMILIES[family](3)
    quality = world.quality(tuple(complete(world)[component] for component in world.components))
    assert world.quality(tuple(world.seeds[component] for component in world.components)) < 0.1
    assert quality == 1 or world.noise or world.capacity


@pytest.mark.parametrize("setting", official.SETTINGS)
def test_the_official_engine_is_metered_whole(setting: str):
    """Under each setting it learns something, and its course goes on to the end of its budget."""
    found = official.search(FAMILIES["many_components"](1), "many_components", 400, setting)
    assert found.points[-1].rollouts >= 400
    assert found.points[-1].quality > found.baseline
    assert [point.rollouts for point in found.points] == sorted(point.rollouts for point in found.points)


def test_our_rollouts_are_counted_without_the_closing_test():
    """Our engine learns something within the budget, and the same world gives the same course again."""
    first, again = (asyncio.run(ours.search(FAMILIES["mediocre"](1), "mediocre", 300)) for _ in range(2))
    assert first.points == again.points
    assert first.points[-1].rollouts <= 300
    assert first.points[-1].quality > first.baseline
    assert Course.of(first.document()) == first


def test_fresh_noise_for_each_run_of_the_same_texts():
    """The tenth run of a text on a task is not the first one again, and counts like it."""
    world = FAMILIES["noisy"](2)
    meter = Meter(world)
    scores = {meter.run(complete(world), world.val[0]).score for _ in range(40)}
    assert len(scores) > 1
    assert meter.rollouts == 40
    meter.run(complete(world), world.held_out[0])
    assert meter.rollouts == 40


def test_a_synthesis_keeps_the_lines_of_both():
    """A good reflection model loses nothing of two texts, and takes over no line that the evidence says to drop."""
    text = Reflector("good").combine("First.\nFollow rule R1.", "Other.\nFollow rule R2.\nAlways do H3.", "Drop H3.", 0)
    assert text == "First.\nFollow rule R1.\nFollow rule R2."


def test_ratios_are_those_of_the_courses():
    """Half the rollouts make a ratio of one half; what is never reached counts as the budget."""
    ours_, theirs = course("ours", (10, 0, 0.0), (100, 2, 1.0)), course("other", (10, 0, 0.0), (200, 8, 1.0))
    lost = course("lost", (10, 0, 0.0), (300, 5, 0.5), (1200, 9, 1.0))
    compared = Comparison([ours_, theirs, lost], "ours")
    assert compared.rollouts(None, "other", 0.95) == [0.5]
    assert compared.reflections("family", "other", 0.95) == [0.25]
    assert compared.rollouts(None, "lost", 0.95) == [0.1]
    assert compared.reached(None, "lost", 0.95) == "0/1"
    assert compared.gains(None, "other", 150) == [1.0]
    assert compared.gains(None, "lost", 300) == [0.5]


def test_busy_is_the_mean_of_calls_under_way_up_to_the_workers():
    """Two calls of a second on two workers in two seconds are half of what was there; a third at once adds nothing."""
    spans = [Span("rollout", "t", 0, 1), Span("rollout", "t", 1, 2)]
    assert share(spans, (0, 2), 2) == pytest.approx(0.5)
    assert share(spans, (0.5, 1.5), 2) == pytest.approx(0.5)
    assert share([*spans, *spans, *spans], (0, 2), 2) == pytest.approx(1.0)
