"""A search on an invented agent with tools, by our engine: the same but for `Settings.tune`."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import process_time

from opentelemetry.trace import Tracer

from benchmarks.search.course import Course, Point
from benchmarks.tools.world import ARGUMENT, Decision, Job, World
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

TUNED: Mapping[str, tuple[str, ...]] = {"tools": ("prompts", "tools"), "prompts": ("prompts",)}
"""What is tuned, by the name of a setting."""
TEST = 8
"""Held-out tasks that the suite gets as its test split; what is run on them is not counted."""

_FENCED = re.compile(r"^(`{3,})\n(.*?)\n\1$", re.MULTILINE | re.DOTALL)


async def search(world: World, family: str, budget: int, setting: str) -> Course:
    """One search."""
    agent = Agent(world)
    started = process_time()
    result = await aoptimize(
        agent,
        suite(world),
        metric=agent.judge,
        reflection_lm=agent.reflecting,
        budget=Budget(rollouts=budget + 2 * TEST),
        settings=Settings.model_validate({"seed": world.seed, "mask": (), "tune": TUNED[setting]}),
        observer=agent,
    )
    agent.lead(result.best.candidate)
    seconds = round(process_time() - started, 3)
    points = tuple(agent.points)
    return Course(setting, family, world.seed, budget, points, seconds, result.stopped.reason)


@dataclass
class Agent:
    """A world as an `Agent`, with a counter at its door: a node for each of its prompts, called once a decision."""

    world: World
    name: str = "world"
    points: list[Point] = field(default_factory=list)
    rollouts: int = 0

    def __post_init__(self) -> None:
        world = self.world
        self._jobs = {job.id: job for job in (*world.train, *world.val, *world.held_out[:TEST])}
        self._held_out = {job.id for job in world.held_out}
        self._seen: dict[str, GraphConfig] = {}
        self.reflecting = Reflecting(world)

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> JsonValue:
        """Take the task's decisions, each a model call and a tool call."""
        self.rollouts += task.id not in self._held_out
        self._seen[config.candidate.id] = config
        texts, job = self._texts(config.candidate), self._jobs[task.id]
        for decision, right in zip(job.needs, self.world.right(texts, job), strict=True):
            self._trace(decision, right, texts, tracer)
        return {"done": task.id}

    def anatomy(self, trajectories: Sequence[Trajectory]) -> Anatomy:
        """All of them, whatever ran."""
        return Anatomy(nodes=tuple(self.world.offered), components=self.world.components)

    async def judge(self, task: Task, rollout: Rollout) -> Score:
        """The metric: the share of right decisions, and what was missed, where. It names no component."""
        job = self._jobs[task.id]
        right = self.world.right(self._texts(self._seen[rollout.candidate].candidate), job)
        told = [_told(decision) for decision, good in zip(job.needs, right, strict=True) if not good]
        return Score(value=sum(right) / len(right), feedback="\n".join(told))

    def __call__(self, event: Event) -> None:
        """Note at each moment what would be returned."""
        if event.event == "baseline":
            self.lead(Candidate())
        elif event.event == "accepted" or event.event == "confirmed":
            self.lead(self._seen[event.leader].candidate)

    def lead(self, candidate: Candidate) -> None:
        """The engine would return this candidate now."""
        quality = self.world.quality(tuple(self._texts(candidate).values()))
        self.points.append(Point(self.rollouts, self.reflecting.asked, quality))

    def _texts(self, candidate: Candidate) -> dict[str, str]:
        return {component.name: candidate.text(component) for component in self.world.components}

    def _trace(self, decision: Decision, right: bool, texts: Mapping[str, str], tracer: Tracer) -> None:
        """A node that calls its model, and the tool that is called: the right one, a wrong one, or with a bad value."""
        node, lesson = decision.node, decision.lesson
        tool = lesson.tool or self.world.offered[node][0]
        bad = lesson.argument and not right
        call = {"id": f"{node} {lesson.name}", "name": tool, "arguments": {ARGUMENT: "bad" if bad else "good"}}
        definitions = [
            {
                "type": "function",
                "name": one,
                "description": texts[f"tools.{one}.description"],
                "parameters": {
                    "type": "object",
                    "properties": {ARGUMENT: {"type": "string", "description": texts[f"tools.{one}.args.{ARGUMENT}"]}},
                },
            }
            for one in self.world.offered[node]
        ]
        chat = {
            semconv.OPERATION: semconv.CHAT,
            semconv.NODE_PATH: node,
            semconv.REQUEST_MODEL: "world",
            semconv.SYSTEM_INSTRUCTIONS: json.dumps([{"type": "text", "content": texts[f"{node}.system"]}]),
            semconv.INPUT_MESSAGES: json.dumps([{"role": "user", "parts": [{"type": "text", "content": lesson.name}]}]),
            semconv.OUTPUT_MESSAGES: json.dumps([{"role": "assistant", "parts": [{"type": "tool_call", **call}]}]),
            semconv.TOOL_DEFINITIONS: json.dumps(definitions),
        }
        tracer.start_span("chat world", attributes=chat).end()
        ran = {
            semconv.OPERATION: semconv.EXECUTE_TOOL,
            semconv.NODE_PATH: node,
            semconv.TOOL_NAME: tool,
            semconv.TOOL_CALL_ID: str(call["id"]),
            semconv.TOOL_ARGUMENTS: json.dumps(call["arguments"]),
            semconv.TOOL_RESULT: f"Error: the {ARGUMENT} has another form." if bad else "Done.",
        }
        tracer.start_span(f"execute_tool {tool}", attributes=ran).end()


def _told(decision: Decision) -> str:
    tool = f" with the tool `{decision.lesson.tool}`" if decision.lesson.tool else ""
    return f"In `{decision.node}`{tool}: Follow rule {decision.lesson.name}."


def suite(world: World) -> TaskSuite:
    """The world's tasks."""

    def tasks(jobs: Sequence[Job]) -> tuple[Task, ...]:
        return tuple(Task(id=job.id, input=f"Task {job.id}.") for job in jobs)

    return TaskSuite(train=tasks(world.train), val=tasks(world.val), test=tasks(world.held_out[:TEST]))


@dataclass
class Reflecting:
    """The world's reflector as a `LanguageModel`. It takes up what it was told of its node, or of its tool."""

    world: World
    name: str = "simulated reflection"
    asked: int = 0

    async def complete(self, prompt: str) -> Completion:
        """Read our prompt, answer as it asks to."""
        if "## Evidence" not in prompt:
            return Completion(text="ready")
        self.asked += 1
        subject = next(one for one in self.world.components if f"its name is `{one.name}`" in prompt)
        current, evidence = _text(prompt, "## Current text"), _concerning(subject, _section(prompt, "## Evidence"))
        seed, reflector = (self.world.seed, self.asked), self.world.reflector
        other = _text(prompt, "## Other text")
        text = (
            reflector.combine(current, other, evidence, seed) if other else reflector.rewrite(current, evidence, seed)
        )
        return Completion(text=f"<diagnosis>Lines were missing.</diagnosis>\n<text>\n{text}\n</text>")


def _concerning(component: Component, evidence: str) -> str:
    mark = f"`{component.tool}`: Follow" if component.tool else f"In `{component.node}`"
    return "\n".join(line for line in evidence.splitlines() if mark in line)


def _text(prompt: str, heading: str) -> str:
    found = _FENCED.search(_section(prompt, heading))
    return found.group(2) if found else ""


def _section(prompt: str, heading: str) -> str:
    found = re.search(rf"^{heading}.*?\n(.*?)(?=^## |\Z)", prompt, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""
