"""The fixed price of one rollout: its spans, the trajectory read from them, the record, the durable write."""

import time
from dataclasses import dataclass
from pathlib import Path

from opentelemetry.trace import NoOpTracer

from benchmarks.bookkeeping.meter import size
from benchmarks.bookkeeping.rows import TEXT
from gepa_agents.loop.rollouts import Rollouts
from gepa_agents.parts.runs.journal import Journal
from gepa_agents.parts.runs.ledger import Ledger
from gepa_agents.testing.scripted_agent import ModelCall, ScriptedAgent, ToolRun
from gepa_agents.words.component import Component
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.settings import Budget, Settings
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import ToolCall

PROMPT = Component(name="agent.system", kind="prompt", text=TEXT, node="agent")
ASKED = ModelCall("agent.system", calls=(ToolCall(id="1", name="find", arguments={"what": "a lamp"}),))
RUN = ToolRun("find", {"what": "a lamp"}, result="42 EUR, in stock. " * 10)
SAID = ModelCall("agent.system", reply="It is 42 EUR.")


@dataclass(frozen=True)
class Price:
    """What one rollout takes."""

    way: str
    cpu: float
    """Milliseconds of CPU."""
    wall: float
    """Milliseconds on the clock, one rollout at a time."""
    disk: float
    """KiB in the run folder."""


async def measure(rollouts: int, folder: Path) -> list[Price]:
    """The agent alone, with its rollouts kept in memory, and with each durable on disk before it is used."""
    return [await _bare(rollouts), await _kept(rollouts, None), await _kept(rollouts, folder)]


def _agent() -> ScriptedAgent:
    return ScriptedAgent((PROMPT,), policy=lambda _texts, _task: ("It is 42 EUR.", (ASKED, RUN, SAID)))


def _task(number: int) -> Task:
    return Task(id=f"t{number}", input=f"What does lamp {number} cost?")


async def _bare(rollouts: int) -> Price:
    agent, tracer = _agent(), NoOpTracer()
    began, cpu = time.perf_counter(), time.process_time()
    for number in range(rollouts):
        await agent.run(_task(number), GraphConfig(), tracer)
    return Price("the agent alone", *_each(began, cpu, rollouts), disk=0.0)


async def _kept(rollouts: int, folder: Path | None) -> Price:
    with Journal(folder, {"agent": "benchmark"}) as journal:
        runner = Rollouts(
            _agent(),
            _score,
            journal,
            Ledger(Budget(rollouts=10**9)),
            Settings(concurrency=1),
            lambda _event: None,
        )
        await runner.run(GraphConfig(), [_task(-1)], "warm-up")
        began, cpu = time.perf_counter(), time.process_time()
        await runner.run(GraphConfig(), [_task(number) for number in range(rollouts)], "rollouts")
        taken = _each(began, cpu, rollouts)
    disk = 0.0 if folder is None else size(folder) * 1024 / rollouts
    return Price("kept in memory" if folder is None else "kept in a run folder", *taken, disk=disk)


async def _score(_task: Task, _rollout: object) -> float:
    return 1.0


def _each(began: float, cpu: float, rollouts: int) -> tuple[float, float]:
    return (time.process_time() - cpu) * 1000 / rollouts, (time.perf_counter() - began) * 1000 / rollouts
