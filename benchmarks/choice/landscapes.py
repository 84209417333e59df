"""The final choice at the end of real searches on the search benchmark's worlds, where the true quality is known."""

import asyncio
from collections.abc import Iterator, Mapping

from benchmarks.search import ours
from benchmarks.search.course import Meter
from benchmarks.search.families import FAMILIES
from gepa_agents import Budget, GraphConfig, Settings, aoptimize
from gepa_agents.loop.result import Result


def searches(family: str, seeds: int, budget: int) -> Iterator[Mapping[str, float]]:
    """For each seed from 1000 on: one search that chooses by what is known, and the same with what it left over."""
    for seed in range(1000, 1000 + seeds):
        yield {**_compared("without", family, seed, budget, 0), **_compared("re-check", family, seed, budget, None)}


def _compared(name: str, family: str, seed: int, budget: int, recheck: int | None) -> Mapping[str, float]:
    world = FAMILIES[family](seed)
    agent = ours.WorldAgent(Meter(world))

    def quality(config: GraphConfig) -> float:
        texts = agent.texts(config)
        return world.quality(tuple(texts[component] for component in world.components))

    result = asyncio.run(_search(agent, budget, Settings(seed=seed, mask=(), recheck=recheck)))
    chosen = quality(result.best)
    leader = result.candidates[result.choice.leader]
    return {
        "leader": quality(leader.config),
        "best": max(quality(candidate.config) for candidate in result.candidates),
        "leader's mean": leader.mean - quality(leader.config),
        name: chosen,
        f"optimism {name}": result.choice.expected - chosen,
        f"rollouts {name}": result.choice.rollouts,
    }


async def _search(agent: ours.WorldAgent, budget: int, settings: Settings) -> Result:
    return await aoptimize(
        agent,
        ours.suite(agent.meter.world),
        metric=agent.judge,
        reflection_lm=ours.Reflecting(agent.meter),
        budget=Budget(rollouts=budget + 2 * ours.TEST),
        settings=settings,
    )
