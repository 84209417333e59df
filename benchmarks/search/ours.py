"""Our engine on a world: the world as an agent, its feedback as a metric, its reflector as a reflection model."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from opentelemetry.trace import Tracer

from benchmarks.search.course import Course, Meter
from benchmarks.search.world import Job, Outcome, World
from gepa_agents import (
    Anatomy,
    Budget,
    Candidate,
    Completion,
    Component,
    Event,
    GraphConfig,
    Rollout,
    Score,
    Settings,
    Task,
    TaskSuite,
    Trajectory,
    aoptimize,
)
from gepa_agents.words import semconv
from gepa_agents.words.frozen import JsonValue

SILENT = "-evidence"
"""The variant in which the metric does not say why."""
VARIANTS: Mapping[str, Mapping[str, object]] = {
    "": {},
    "paper": {"val_block": None, "component_choice": "round_robin", "rewrites": 1, "minibatch": 3},
    "-blocks": {"val_block": None},
    "-blame": {"component_choice": "round_robin", "rewrites": 1},
    "-rewrites": {"rewrites": 1},
    "-minibatch": {"minibatch": 3},
    "-merge": {"merges": 0},
    "-recheck": {"recheck": 0},
    SILENT: {},
    "ahead2": {"ahead": 2},
    "ahead4": {"ahead": 4},
    "ahead8": {"ahead": 8},
    "ahead4-merge": {"ahead": 4, "merges": 0},
    "ahead4+merge": {"ahead": 4, "merges": 20},
    "ahead16": {"ahead": 16},
}
"""Settings by the name of a variant: `ours` has the defaults, `ours:name` the overrides under `name`."""
TEST = 8
"""Held-out tasks that the suite gets as its test split; what is run on them is not part of the search."""

_FENCED = re.compile(r"^(`{3,})\n(.*?)\n\1$", re.MULTILINE | re.DOTALL)


async def search(world: World, family: str, budget: int, variant: str = "") -> Course:
    """One search."""
    meter = Meter(world)
    agent = WorldAgent(meter, silent=variant == SILENT)
    leading = _Leading(agent)
    result = await aoptimize(
        agent,
        suite(world),
        metric=agent.judge,
        reflection_lm=Reflecting(meter),
        budget=Budget(rollouts=budget + 2 * TEST),
        settings=Settings.model_validate({"seed": world.seed, "mask": (), **VARIANTS[variant]}),
        observer=leading,
    )
    meter.lead(agent.texts(result.best))
    return meter.course(f"ours:{variant}" if variant else "ours", family, budget, result.stopped.reason)


@dataclass
class WorldAgent:
    """A world as an `Agent`: each component is a node whose model is called once."""

    meter: Meter
    name: str = "world"
    silent: bool = False
    seen: dict[str, GraphConfig] = field(default_factory=dict)
    """Every candidate that was run, by its id."""
    outcomes: dict[tuple[str, str], Outcome] = field(default_factory=dict)
    """What became of each run, by candidate and task."""

    def __post_init__(self) -> None:
        world = self.meter.world
        self._jobs = {job.id: job for job in (*world.train, *world.val, *world.held_out[:TEST])}
        self.components = tuple(
            Component(name=_named(component), kind="prompt", text=text, node=component)
            for component, text in world.seeds.items()
        )

    def texts(self, config: GraphConfig) -> dict[str, str]:
        """Each component's text under a configuration."""
        return {component.node: config.texts.get(component.name, component.text) for component in self.components}

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> JsonValue:
        self.seen[config.candidate.id] = config
        texts = self.texts(config)
        outcome = self.meter.run(texts, self._jobs[task.id])
        for node, text in texts.items():
            tracer.start_span("chat world", attributes=_attributes(node, text, str(task.input))).end()
        # What was told stays out of the output: that is shown to every component, as the end of the run.
        self.outcomes[config.candidate.id, task.id] = outcome
        return {"done": task.id}

    def anatomy(self, trajectories: Sequence[Trajectory]) -> Anatomy:
        return Anatomy(nodes=self.meter.world.components, components=self.components)

    async def judge(self, task: Task, rollout: Rollout) -> Score:
        """The metric: the score, and what is told to each component."""
        outcome = self.outcomes[rollout.candidate, task.id]
        told = {_named(component): "\n".join(lines) for component, lines in outcome.feedback.items()}
        return Score(value=outcome.score, by_component={} if self.silent else told)


def _named(component: str) -> str:
    return f"{component}.system"


def _attributes(node: str, text: str, task: str) -> dict[str, str | int]:
    return {
        semconv.OPERATION: semconv.CHAT,
        semconv.NODE_PATH: node,
        semconv.REQUEST_MODEL: "world",
        semconv.SYSTEM_INSTRUCTIONS: json.dumps([{"type": "text", "content": text}]),
        semconv.INPUT_MESSAGES: json.dumps([{"role": "user", "parts": [{"type": "text", "content": task}]}]),
        semconv.OUTPUT_MESSAGES: json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": "Done."}]}]),
        semconv.INPUT_TOKENS: len(text),
        semconv.OUTPUT_TOKENS: 1,
    }


def suite(world: World) -> TaskSuite:
    def tasks(jobs: Sequence[Job]) -> tuple[Task, ...]:
        return tuple(Task(id=job.id, input=f"Task {job.id} of kind {job.kind}.") for job in jobs)

    return TaskSuite(train=tasks(world.train), val=tasks(world.val), test=tasks(world.held_out[:TEST]))


@dataclass
class _Leading:
    """An observer that knows at each moment which candidate would be returned."""

    agent: WorldAgent
    leader: str = Candidate().id

    def __call__(self, event: Event) -> None:
        if event.event == "baseline":
            self.leader_of(Candidate().id)
        elif event.event == "accepted" or event.event == "confirmed":
            self.leader_of(event.leader)

    def leader_of(self, candidate: str) -> None:
        self.leader = candidate
        self.agent.meter.lead(self.agent.texts(self.agent.seen[candidate]))


@dataclass
class Reflecting:
    """The world's reflector as a `LanguageModel`: reads our prompt and answers as it asks to."""

    meter: Meter
    name: str = "simulated reflection"

    async def complete(self, prompt: str) -> Completion:
        if "## Evidence" not in prompt:
            return Completion(text="ready")
        current, evidence = _text(prompt, "## Current text"), _section(prompt, "## Evidence")
        seed, reflector = self.meter.asked(prompt), self.meter.world.reflector
        other = _text(prompt, "## Other text")
        text = (
            reflector.combine(current, other, evidence, seed) if other else reflector.rewrite(current, evidence, seed)
        )
        return Completion(text=f"<diagnosis>Lines were missing.</diagnosis>\n<text>\n{text}\n</text>")


def _text(prompt: str, heading: str) -> str:
    found = _FENCED.search(_section(prompt, heading))
    return found.group(2) if found else ""


def _section(prompt: str, heading: str) -> str:
    found = re.search(rf"^{heading}.*?\n(.*?)(?=^## |\Z)", prompt, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""
