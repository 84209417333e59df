"""The families of worlds, each with its parameters drawn from ranges by the seed.

They were written down before the engine was tuned on any of them. Development looks at seeds below 100, the figures
that are reported come from seeds from 1000 on, so that nobody tunes to an instance.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random

from benchmarks.search.world import Job, Reflector, Rule, World

NODES = ("planner", "researcher", "solver", "critic", "writer", "router")
KINDS = ("K0", "K1", "K2")
MEDIOCRE = Reflector("mediocre", hears=0.7, garbles=0.15, drops=0.06, chatters=0.3, harms=0.05)
BAD = Reflector("bad", hears=0.45, garbles=0.3, drops=0.15, chatters=0.5, harms=0.2)


def one_component(seed: int) -> World:
    """One prompt, independent rules."""
    return _world("one component", seed, components=(1, 1), rules=(8, 14))


def many_components(seed: int) -> World:
    """Four to six prompts, independent rules."""
    return _world("many components", seed, components=(4, 6), rules=(14, 24))


def all_or_nothing(seed: int) -> World:
    """A task scores only when everything it needs was done, by several components."""
    return replace(_world("all or nothing", seed, components=(2, 3), rules=(8, 12), needs=(2, 3)), binary=True)


def interacting(seed: int) -> World:
    """Rules that have no effect before another one is there."""
    return _world("interacting rules", seed, components=(1, 3), rules=(10, 16), chained=0.5)


def harming(seed: int) -> World:
    """Rules that help some tasks and harm others, until an exception is learned."""
    return _world("rules that harm", seed, components=(1, 3), rules=(10, 16), harmful=0.5)


def noisy(seed: int) -> World:
    """What stands in the prompt is overlooked now and then."""
    random = Random(f"noise {seed}")
    return replace(_world("noisy scores", seed, components=(1, 3), rules=(8, 14)), noise=random.uniform(0.1, 0.25))


def forgetful(seed: int) -> World:
    """Long prompts are forgotten in part, and the reflection model chatters."""
    random = Random(f"capacity {seed}")
    chatty = replace(MEDIOCRE, name="chatty", chatters=0.6, drops=0.02, harms=0.0)
    world = _world("long prompts forgotten", seed, components=(2, 3), rules=(12, 18))
    return replace(world, capacity=random.randint(5, 9), reflector=chatty)


def vague(seed: int) -> World:
    """Feedback names only some of the mistakes."""
    random = Random(f"told {seed}")
    return replace(_world("vague feedback", seed, components=(1, 3), rules=(8, 14)), told=random.uniform(0.3, 0.6))


def mediocre(seed: int) -> World:
    """A reflection model that misses, garbles, drops and chatters now and then."""
    return replace(_world("mediocre reflection", seed, components=(1, 4), rules=(10, 16)), reflector=MEDIOCRE)


def bad(seed: int) -> World:
    """A reflection model that does more harm than good most of the time."""
    return replace(_world("bad reflection", seed, components=(1, 4), rules=(10, 16)), reflector=BAD)


FAMILIES: Mapping[str, Callable[[int], World]] = {
    family.__name__: family
    for family in (
        one_component,
        many_components,
        all_or_nothing,
        interacting,
        harming,
        noisy,
        forgetful,
        vague,
        mediocre,
        bad,
    )
}


def _world(
    name: str,
    seed: int,
    *,
    components: tuple[int, int],
    rules: tuple[int, int],
    needs: tuple[int, int] = (2, 4),
    chained: float = 0.0,
    harmful: float = 0.0,
) -> World:
    random = Random(f"{name} {seed}")
    nodes = NODES[: random.randint(*components)]
    known = _rules(random, nodes, random.randint(*rules), chained, harmful)
    # Some rules are needed often and some seldom, as with real tasks.
    often = [random.uniform(0.5, 1) ** 2 for _ in known]
    train, val, held_out = (
        tuple(_job(random, f"{split}{number}", known, often, random.randint(*needs)) for number in range(size))
        for split, size in (("train", random.randint(30, 60)), ("val", random.randint(30, 60)), ("held", 200))
    )
    return World(name, seed, nodes, train, val, held_out)


def _rules(random: Random, nodes: Sequence[str], count: int, chained: float, harmful: float) -> list[Rule]:
    rules: list[Rule] = []
    for number in range(count):
        node = nodes[number % len(nodes)]
        before = [rule.name for rule in rules if rule.component == node and rule.requires is None]
        requires = random.choice(before) if before and random.random() < chained else None
        harms = random.choice(KINDS) if random.random() < harmful else None
        rules.append(Rule(f"R{number}", node, requires, harms))
    return rules


def _job(random: Random, name: str, rules: Sequence[Rule], often: Sequence[float], count: int) -> Job:
    needs: dict[str, Rule] = {}
    while len(needs) < count:
        rule = random.choices(rules, often)[0]
        needs[rule.name] = rule
    return Job(name, random.choice(KINDS), tuple(needs.values()))
