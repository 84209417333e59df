"""Our engine on the scene: one event loop, waiting by `asyncio.sleep`."""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from opentelemetry.trace import Tracer

from benchmarks.pipeline.scene import SEED_TEXT, TRAIN, VAL, Gauge, Scene
from gepa_agents import (
    Anatomy,
    Budget,
    Completion,
    Component,
    Event,
    GraphConfig,
    Rollout,
    Settings,
    Task,
    TaskSuite,
    Trajectory,
    aoptimize,
)
from gepa_agents.words import semconv

COMPONENT = Component(name="agent.system", kind="prompt", text=SEED_TEXT, node="agent")
_CURRENT = re.compile(r"^## Current text\n\n(`{3,})\n(.*?)\n\1", re.MULTILINE | re.DOTALL)


async def search(scene: Scene, proposals: int, workers: int, ahead: int | None) -> tuple[Gauge, list[str]]:
    """One search; what the gauge has seen, and the accepted candidates in their order."""
    gauge = Gauge()
    accepted: list[str] = []

    def observe(event: Event) -> None:
        if event.event == "accepted":
            accepted.append(event.candidate)

    await aoptimize(
        SceneAgent(scene, gauge),
        suite(),
        metric=_metric,
        reflection_lm=_Reflecting(scene, gauge),
        budget=Budget(rollouts=1_000_000),
        settings=settings(proposals, workers, ahead),
        observer=observe,
    )
    return gauge, accepted


def settings(proposals: int, workers: int, ahead: int | None) -> Settings:
    """The defaults, but for what the comparison fixes: so many proposals, no merges, no masking."""
    fixed = {"concurrency": workers, "max_iterations": proposals, "merges": 0, "mask": ()}
    return Settings.model_validate(fixed if ahead is None else {**fixed, "ahead": ahead})


def suite() -> TaskSuite:
    """As many tasks as the official engine gets, and two for the closing test."""

    def tasks(split: str, count: int) -> tuple[Task, ...]:
        return tuple(Task(id=f"{split}{number}", input=f"{split}{number}") for number in range(count))

    return TaskSuite(train=tasks("train", TRAIN), val=tasks("val", VAL), test=tasks("test", 2))


@dataclass
class SceneAgent:
    """The scene as an `Agent`."""

    scene: Scene
    gauge: Gauge
    name: str = "scene"

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> float:
        text = config.texts.get(COMPONENT.name, COMPONENT.text)
        attributes = {
            semconv.OPERATION: semconv.CHAT,
            semconv.NODE_PATH: COMPONENT.node,
            semconv.REQUEST_MODEL: "scene",
            semconv.SYSTEM_INSTRUCTIONS: json.dumps([{"type": "text", "content": text}]),
        }
        with self.gauge.call("rollout", task.id):
            await asyncio.sleep(self.scene.seconds("rollout", text, task.id))
            tracer.start_span("chat scene", attributes=attributes).end()
            return self.scene.score(text, task.id)

    def anatomy(self, trajectories: Sequence[Trajectory]) -> Anatomy:
        return Anatomy(nodes=("agent",), components=(COMPONENT,))


async def _metric(task: Task, rollout: Rollout) -> float:
    assert isinstance(rollout.output, float)
    return rollout.output


@dataclass
class _Reflecting:
    scene: Scene
    gauge: Gauge
    name: str = "simulated reflection"

    async def complete(self, prompt: str) -> Completion:
        found = _CURRENT.search(prompt)
        if found is None:
            return Completion(text="ready")
        with self.gauge.call("reflection"):
            await asyncio.sleep(self.scene.seconds("reflection", prompt))
            return Completion(
                text=f"<diagnosis>…</diagnosis>\n<text>\n{self.scene.rewrite(found.group(2), prompt)}\n</text>"
            )
