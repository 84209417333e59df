"""Our engine in the words of the official package's tests: pools as rows, lineages as lists, runs as events.

The tests beside it restate behaviours that the official engine's own tests demand; this is the only module that would
have to change if an interface of ours did. `benchmarks/peers.md` says which behaviours we share.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from opentelemetry.trace import Tracer

from gepa_agents import (
    Accepted,
    Budget,
    Candidate,
    Completion,
    Confirmed,
    Event,
    GraphConfig,
    Prices,
    Progress,
    Proposed,
    Rejected,
    Result,
    Rollout,
    Settings,
    Task,
    TaskSuite,
    optimize,
)
from gepa_agents.parts.frontier import merge
from gepa_agents.parts.frontier.pareto import Frontier
from gepa_agents.parts.frontier.selection import ByWins
from gepa_agents.testing.scripted_agent import ModelCall, ScriptedAgent
from gepa_agents.words.component import Component
from gepa_agents.words.frozen import JsonValue

# Selection: a pool is one row of scores for each candidate.


def frontier(pool: Iterable[Sequence[float]]) -> Frontier:
    """The frontier of a pool, its candidates numbered from 0."""
    made = Frontier()
    for row in pool:
        made.add(row)
    return made


def parents(pool: Iterable[Sequence[float]], seed: int, draws: int) -> list[int]:
    """The parents that selection draws from a pool, one after the other."""
    weights, random = frontier(pool).weights(), Random(seed)
    return [ByWins().choose(weights, random) for _ in range(draws)]


# Merge: a pool is its candidates' texts, their parents and their means.


def merged(
    texts: Sequence[Mapping[str, str]],
    lineage: Sequence[Sequence[int]],
    means: Sequence[float],
    among: Sequence[int],
    known: Iterable[Mapping[str, str]] = (),
    seed: int = 0,
) -> merge.Merge | None:
    """The merge that is proposed among some candidates; `known` are texts that were tried before."""
    pool = [
        merge.Descent(Candidate(dict(text)), tuple(above), mean)
        for text, above, mean in zip(texts, lineage, means, strict=True)
    ]
    tried = frozenset(Candidate(dict(text)).id for text in (*texts, *known))
    return merge.propose(pool, among, tried, Random(seed))


# Whole runs: a world of one number, as in the official package's tests of several proposals at once.

SEED = "LEVEL=0"
DIFFICULTIES = 10
Scoring = Callable[[int, Task], float]


def reached(level: int, task: Task) -> float:
    """The share of the task's difficulty that the level has reached; every fifth level, from 4 on, is a bad one."""
    return 0.0 if level % 5 == 4 else min(1.0, level / (4 + 4 * difficulty(task)))


def difficulty(task: Task) -> int:
    """0 to 9; a task of train, val or test may have each."""
    assert isinstance(task.expected, int)
    return task.expected


def level(text: str) -> int:
    """The number that a text declares."""
    found = re.findall(r"LEVEL=(\d+)", text)
    return int(found[-1]) if found else 0


def tasks(each: int = DIFFICULTIES) -> TaskSuite:
    """Every difficulty once in each split."""
    return TaskSuite.of(
        Task.model_validate({"id": f"{split}{n}", "input": f"{split} task {n}", "expected": n, "split": split})
        for split in ("train", "val", "test")
        for n in range(each)
    )


class Climber(ScriptedAgent):
    """An agent of one text; notes each run that it really makes."""

    runs: list[tuple[str, str]]

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> JsonValue:
        self.runs.append((config.candidate.id, task.id))
        return await super().run(task, config, tracer)


def climber(crashes: int | None = None) -> Climber:
    """A fresh agent, with no runs yet; it raises at the level `crashes`."""

    def policy(texts: Mapping[str, str], _task: Task) -> tuple[JsonValue, Sequence[ModelCall]]:
        if level(texts["climber.system"]) == crashes:
            raise RuntimeError("fell")
        reply = f"level {level(texts['climber.system'])}"
        return reply, [ModelCall("climber.system", reply)]

    component = Component(name="climber.system", kind="prompt", text=SEED, node="climber")
    agent = Climber((component,), policy, name="climber")
    object.__setattr__(agent, "runs", [])
    return agent


@dataclass
class Steps:
    """A simulated reflection model: raises the level that it reads by 0, 1, 2 or 3, so that some do not improve.

    Which of them is a function of the prompt, as it has to be of a model whose runs are compared.
    """

    steps: Sequence[int] = (0, 1, 2, 3)
    prompts: list[str] = field(default_factory=list[str])
    name: str = "steps"

    @property
    def reflections(self) -> int:
        """Prompts but for the first, which only tries the model out."""
        return len(self.prompts) - 1

    async def complete(self, prompt: str) -> Completion:
        """The current text with a higher level."""
        self.prompts.append(prompt)
        current = prompt.partition("## Current text")[2].partition("## Evidence")[0]
        if not current:  # the short question whether the model works at all
            return Completion(text="yes")
        digest = hashlib.sha256(prompt.encode()).digest()
        raised = level(current) + self.steps[digest[0] % len(self.steps)]
        return Completion(text=f"<diagnosis>Too low.</diagnosis><text>\nLEVEL={raised}\n</text>")


@dataclass(frozen=True)
class Run:
    """One optimization, and what was seen of it."""

    result: Result
    events: Sequence[Event]
    agent: Climber

    @property
    def decisions(self) -> list[Any]:
        """What became of each step of the search, in order."""
        return [event for event in self.events if isinstance(event, Accepted | Confirmed | Rejected)]

    @property
    def accepted(self) -> list[Accepted]:
        """The proposals that joined the pool."""
        return [event for event in self.events if isinstance(event, Accepted)]

    @property
    def rejected(self) -> list[Rejected]:
        """The proposals that came to nothing."""
        return [event for event in self.events if isinstance(event, Rejected)]

    @property
    def candidates(self) -> list[str]:
        """The texts of the pool, the baseline's first."""
        return [one.config.texts.get("climber.system", SEED) for one in self.result.candidates]

    @property
    def history(self) -> list[dict[str, Any]]:
        """Everything that was decided, without what depends on timing."""
        return [event.model_dump() for event in self.events if not isinstance(event, Progress | Proposed)]


def climb(
    reflection: Any = None,
    scoring: Scoring = reached,
    budget: Budget | None = None,
    folder: Path | None = None,
    prices: Prices | None = None,
    crashes: int | None = None,
    **settings: Any,
) -> Run:
    """Optimize the climber."""
    events: list[Event] = []
    agent = climber(crashes)

    def metric(task: Task, rollout: Rollout) -> float:
        return scoring(int(rollout.text.split()[-1]), task)

    result = optimize(
        agent,
        tasks(),
        metric=metric,
        reflection_lm=Steps() if reflection is None else reflection,
        budget=budget or Budget(rollouts=400),
        settings=Settings(**settings),
        run=folder,
        prices=prices,
        observer=events.append,
    )
    return Run(result, events, agent)
