"""The invented agents with tools: a lesson does what its family says of the place where it stands."""

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.search.world import Reflector
from benchmarks.tools.families import FAMILIES
from benchmarks.tools.search import TUNED, search
from benchmarks.tools.table import markdown
from benchmarks.tools.world import ARGUMENT, Decision, Job, Lesson, World

LINE = "\nFollow rule R1."


def world(**lesson: Any) -> tuple[World, Job]:
    """Two nodes that share a tool; a task that needs one lesson of it in the first, and one that needs it in both."""
    taught = Lesson("R1", tool="T", **lesson)
    here, there = Decision("a", taught), Decision("b", replace(taught, name="R2", only=None))
    job = Job("j", (here, there))
    return World("w", 0, {"a": ("T",), "b": ("T",)}, (job,), (job,), (job,), Reflector("good")), job


def right(of: World, job: Job, **added: str) -> list[bool]:
    """What is done well with lines added to some texts; `__` stands for a dot in their names."""
    texts = {one.name: one.text + added.get(one.name.replace(".", "__"), "") for one in of.components}
    return of.right(texts, job)


def test_a_lesson_counts_in_the_prompt_and_in_the_description() -> None:
    """A prompt teaches its node, the description every node that has the tool; an argument's only what is about it."""
    made, job = world()
    both = replace(made, train=(Job("k", tuple(replace(one, lesson=job.needs[0].lesson) for one in job.needs)),))
    assert right(made, job) == [False, False]
    assert right(both, both.train[0], a__system=LINE) == [True, False]
    assert right(both, both.train[0], tools__T__description=LINE) == [True, True]
    assert right(made, job, **{f"tools__T__args__{ARGUMENT}": LINE}) == [False, False]
    formed, job = world(argument=True)
    assert right(formed, job, **{f"tools__T__args__{ARGUMENT}": LINE}) == [True, False]


def test_a_firm_description_beats_a_prompt() -> None:
    """With no chance to convince, only the description itself mends it."""
    made, job = world(firm=True)
    stubborn = replace(made, convinces=0.0)
    assert right(stubborn, job, a__system=LINE)[0] is False
    assert right(stubborn, job, tools__T__description=LINE)[0] is True


def test_a_lesson_for_one_node_misleads_another() -> None:
    """In the description, and not in the prompt of the node where it holds."""
    made, job = world(only="a")
    surely = replace(made, misleads=1.0)
    assert right(surely, job, tools__T__description=LINE + "\nFollow rule R2.") == [True, False]
    assert right(surely, job, a__system=LINE, b__system="\nFollow rule R2.") == [True, True]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_can_be_solved_by_someone(family: str) -> None:
    """With all lessons where they belong every held-out task is solved, whatever the family; at first none is."""
    made = replace(FAMILIES[family](1000), capacity=None)
    decisions = [one for job in (*made.train, *made.val, *made.held_out) for one in job.needs]

    def taught(name: str) -> str:
        lessons = {
            one.lesson.name
            for one in decisions
            if name == (f"{one.node}.system" if one.lesson.only or not one.lesson.tool else _described(one.lesson))
        }
        return "".join(f"\nFollow rule {lesson}." for lesson in sorted(lessons))

    assert made.quality(tuple(one.text + taught(one.name) for one in made.components)) == 1
    assert made.quality(tuple(one.text for one in made.components)) == 0


def _described(lesson: Lesson) -> str:
    return f"tools.{lesson.tool}.description"


async def test_a_search_tunes_what_it_is_told_to() -> None:
    """Both settings gain on an agent that both can mend, and the table holds the pair."""
    courses = [await search(FAMILIES["one_node"](3), "one_node", 120, setting) for setting in TUNED]
    assert all(course.at(120) > course.baseline for course in courses)
    assert "| `one_node` | 0.00 |" in markdown(courses)
