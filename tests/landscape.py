"""A small world for tests of the search: an agent with hidden rules that only evidence reveals, metric, tasks, and a
scripted reflection model that can write only what it reads. No framework, no language model."""

import asyncio
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from opentelemetry.trace import Tracer

from gepa_agents.words import semconv
from gepa_agents.words.component import Anatomy, Component
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.rollout import Rollout, Score
from gepa_agents.words.suite import TaskSuite
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import Trajectory

NODES = ("planner", "solver", "writer")
RULES = 12
"""Hidden rules `R0` … `R11`; rule n belongs to node n modulo 3."""


def suite(train: int = 12, val: int = 10, test: int = 8) -> TaskSuite:
    """Tasks that each need three rules, different ones from task to task."""
    splits = ["train"] * train + ["val"] * val + ["test"] * test
    tasks = []
    for number, split in enumerate(splits):
        digest = hashlib.sha256(str(number).encode()).digest()
        needs = sorted({byte % RULES for byte in digest[:3]})
        tasks.append(Task(id=f"t{number}", input=f"task {number}", expected=[f"R{n}" for n in needs], split=split))  # type: ignore[arg-type]
    return TaskSuite.of(tasks)


@dataclass
class Landscape:
    """An `Agent` of three nodes. Each says which rules its text makes it follow; all of them go into the output."""

    name: str = "landscape"
    delays: bool = False
    """Answer after a delay that differs from task to task, so that rollouts end in another order than they start."""
    runs: list[tuple[str, str]] = field(default_factory=list)
    """Every run that was really made: candidate and task."""

    components: tuple[Component, ...] = tuple(
        Component(name=f"{node}.system", kind="prompt", text=f"You are the {node}.", node=node) for node in NODES
    )

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> dict[str, list[str]]:
        self.runs.append((config.candidate.id, task.id))
        if self.delays:
            digest = hashlib.sha256(f"{config.candidate.id}{task.id}".encode()).digest()
            await asyncio.sleep(digest[0] / 255 * 0.004)
        followed = []
        for component in self.components:
            text = config.candidate.text(component)
            rules = re.findall(r"R\d+", text)
            followed += rules
            attributes = {
                semconv.OPERATION: semconv.CHAT,
                semconv.NODE_PATH: component.node,
                semconv.REQUEST_MODEL: "landscape",
                semconv.SYSTEM_INSTRUCTIONS: json.dumps([{"type": "text", "content": text}]),
                semconv.INPUT_MESSAGES: json.dumps(
                    [{"role": "user", "parts": [{"type": "text", "content": str(task.input)}]}]
                ),
                semconv.OUTPUT_MESSAGES: json.dumps(
                    [{"role": "assistant", "parts": [{"type": "text", "content": f"I follow {rules}"}]}]
                ),
                semconv.INPUT_TOKENS: len(text),
                semconv.OUTPUT_TOKENS: 5,
            }
            tracer.start_span("chat landscape", attributes=attributes).end()
        return {"followed": followed}

    def anatomy(self, trajectories: Sequence[Trajectory]) -> Anatomy:
        seen = {step.node for trajectory in trajectories for step in trajectory.models()}
        return Anatomy(
            nodes=NODES, components=tuple(component for component in self.components if component.node in seen)
        )


def metric(task: Task, rollout: Rollout) -> Score:
    """The share of the needed rules that were followed; names each missed one to the node that should follow it."""
    assert isinstance(rollout.output, dict)
    assert isinstance(task.expected, list)
    followed = rollout.output["followed"]
    assert isinstance(followed, list)
    missing = [rule for rule in task.expected if rule not in followed]
    by_component = {f"{NODES[int(str(rule)[1:]) % 3]}.system": f"Follow rule {rule}." for rule in missing}
    return Score(value=1 - len(missing) / len(task.expected), by_component=by_component)


def reflect(prompt: str) -> str:
    """A simulated reflection model: adds the rules that its evidence names to the current text."""
    current = _section(prompt, "## Current text")
    rules = sorted(set(re.findall(r"Follow rule (R\d+)", _section(prompt, "## Evidence"))))
    new = [f"Follow rule {rule}." for rule in rules if rule not in current]
    text = "\n".join(
        ["\n".join(line for line in current.splitlines() if not re.match(r"[`~]{3,}", line)).strip(), *new]
    )
    return f"<diagnosis>{len(new)} rules were missed.</diagnosis>\n<text>\n{text}\n</text>"


def _section(prompt: str, heading: str) -> str:
    found = re.search(rf"^{heading}.*?\n(.*?)(?=^## |\Z)", prompt, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""
