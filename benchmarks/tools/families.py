"""The families of agents, their parameters drawn from ranges by the seed. Written down before anything was measured.

In the first four a description has something that a prompt lacks; in the next two both can mend a fault alike; in the
last two a prompt is the right place.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random

from benchmarks.search.world import Reflector
from benchmarks.tools.world import Decision, Job, Lesson, World

NODES = ("planner", "researcher", "solver", "critic", "writer")
READER = Reflector("mediocre", hears=0.8, garbles=0.1, drops=0.04, chatters=0.2)
"""The same reflection model for prompts and descriptions."""

Shape = tuple[int, int]
"""A range, both ends included."""


def shared_tools(seed: int) -> World:
    """Four or five nodes with the same tools: a description teaches all of them at once."""
    return _world("shared tools", seed, nodes=(4, 5), tools=(4, 6), lessons=(8, 12))


def unknown_format(seed: int) -> World:
    """The form of an argument is told nowhere, and two or three nodes call the tool."""
    return _world("unknown format", seed, nodes=(2, 3), tools=(4, 6), lessons=(8, 12), change=_argument)


def misleading(seed: int) -> World:
    """Half of the lessons are contrary to what the description says, and each tool belongs to one node."""
    world = _world("misleading", seed, nodes=(2, 3), tools=(3, 4), lessons=(10, 14), shared=False, change=_firm)
    return replace(world, convinces=Random(f"convinces {seed}").uniform(0.3, 0.9))


def many_similar(seed: int) -> World:
    """One node with many tools, and more to say of them than one prompt is read for."""
    world = _world("many similar", seed, nodes=(1, 1), tools=(14, 18), lessons=(16, 22))
    return replace(world, capacity=Random(f"capacity {seed}").randint(6, 9))


def one_node(seed: int) -> World:
    """One node: its prompt can say all that a description can."""
    return _world("one node", seed, nodes=(1, 1), tools=(4, 6), lessons=(10, 14))


def own_tools(seed: int) -> World:
    """Four or five nodes, each with tools of its own: each lesson is needed once, wherever it stands."""
    return _world("own tools", seed, nodes=(4, 5), tools=(2, 3), lessons=(14, 18), shared=False)


def by_node(seed: int) -> World:
    """Nodes share tools, but what is right for one is wrong for another."""
    world = _world("by node", seed, nodes=(3, 4), tools=(4, 6), lessons=(10, 14), change=_only)
    return replace(world, misleads=Random(f"misleads {seed}").uniform(0.1, 0.5))


def no_matter_of_tools(seed: int) -> World:
    """What is missed has nothing to do with the tools that are at hand."""
    return _world("no matter of tools", seed, nodes=(3, 4), tools=(4, 6), lessons=(10, 14), change=_own)


FAMILIES: Mapping[str, Callable[[int], World]] = {
    family.__name__: family
    for family in (
        shared_tools,
        unknown_format,
        misleading,
        many_similar,
        one_node,
        own_tools,
        by_node,
        no_matter_of_tools,
    )
}

Change = Callable[[Decision, Random], Decision]


def _argument(decision: Decision, random: Random) -> Decision:
    return replace(decision, lesson=replace(decision.lesson, argument=True))


def _firm(decision: Decision, random: Random) -> Decision:
    return replace(decision, lesson=replace(decision.lesson, firm=random.random() < 0.5))


def _only(decision: Decision, random: Random) -> Decision:
    return replace(decision, lesson=replace(decision.lesson, only=decision.node))


def _own(decision: Decision, random: Random) -> Decision:
    return replace(decision, lesson=replace(decision.lesson, tool=None))


def _world(
    name: str,
    seed: int,
    *,
    nodes: Shape,
    tools: Shape,
    lessons: Shape,
    shared: bool = True,
    change: Change = lambda decision, random: decision,
) -> World:
    random = Random(f"{name} {seed}")
    names = NODES[: random.randint(*nodes)]
    count = random.randint(*tools)
    offered = {
        node: tuple(f"T{number}" if shared else f"{node}_T{number}" for number in range(count)) for node in names
    }
    known = [_decision(f"R{number}", names, offered, random, change) for number in range(random.randint(*lessons))]
    often = [random.uniform(0.5, 1) ** 2 for _ in known]
    train, val, held_out = (
        tuple(_job(random, f"{split}{number}", known, often, names if shared else ()) for number in range(size))
        for split, size in (("train", random.randint(30, 50)), ("val", random.randint(30, 50)), ("held", 200))
    )
    return World(name, seed, offered, train, val, held_out, READER)


def _decision(
    lesson: str, nodes: Sequence[str], offered: Mapping[str, tuple[str, ...]], random: Random, change: Change
) -> Decision:
    node = random.choice(nodes)
    return change(Decision(node, Lesson(lesson, random.choice(offered[node]))), random)


def _job(random: Random, name: str, known: Sequence[Decision], often: Sequence[float], nodes: Sequence[str]) -> Job:
    """A task of two to four decisions; a lesson about a shared tool may be needed in any node."""
    needs: dict[str, Decision] = {}
    for _ in range(random.randint(2, 4)):
        decision = random.choices(known, often)[0]
        lesson = decision.lesson
        free = bool(nodes) and lesson.tool is not None and lesson.only is None
        needs[lesson.name] = replace(decision, node=random.choice(nodes)) if free else decision
    return Job(name, tuple(needs.values()))
