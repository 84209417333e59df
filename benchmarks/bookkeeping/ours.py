"""Our engine at a given size: its own loop, pool and journal, with steps that come to their outcome at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from random import Random

from benchmarks.bookkeeping.meter import Cell, Meter, resident
from benchmarks.bookkeeping.rows import COMPONENTS, TEXT, Kind, row
from gepa_agents.loop.asking import Asking
from gepa_agents.loop.evolution import Evolution
from gepa_agents.loop.memory import Run
from gepa_agents.loop.plan import Plan
from gepa_agents.loop.pool import Found, Member
from gepa_agents.loop.rollouts import Rollouts
from gepa_agents.loop.tally import Decision, Outcome, Tally
from gepa_agents.loop.trials import Trials
from gepa_agents.parts.frontier.merge import Merge, subsample
from gepa_agents.parts.models.function import FunctionModel
from gepa_agents.parts.runs.journal import Journal
from gepa_agents.parts.runs.ledger import Ledger
from gepa_agents.testing.scripted_agent import ScriptedAgent
from gepa_agents.words.candidate import Candidate
from gepa_agents.words.component import Anatomy, Component
from gepa_agents.words.rollout import Rollout, Score
from gepa_agents.words.settings import Budget, Settings
from gepa_agents.words.suite import TaskSuite
from gepa_agents.words.task import Task

PROMPTS = tuple(Component(name=f"{name}.system", kind="prompt", text=TEXT, node=name) for name in COMPONENTS)
OBJECTIVES = {"tokens": -900.0, "seconds": -3.0, "steps": -5.0, "tool_errors": -0.0, "usd": -0.01}
"""What a trace has for nothing; kept of each rollout on val, as in a real run."""


async def measure(candidates: int, tasks: int, kind: Kind, folder: Path | None, iterations: int) -> Cell:
    """Let the pool grow to so many candidates, then take the time of its iterations.

    Half of the mutations are accepted; after each of those a merge is proposed, and rejected. What a step itself would
    do (rollouts, a reflection) is left out. `folder` is the run folder.
    """
    meter, memory = Meter(), 0.0
    settings = Settings(merges=10**6, perfect_score=None, max_iterations=1 + 3 * iterations)
    suite = TaskSuite(train=_tasks("train", 30), val=_tasks("val", tasks), test=_tasks("test", 1))

    def decide(iteration: int, decision: Decision) -> None:
        nonlocal memory
        journal.decide(iteration, decision.model_dump_json())
        if iteration == 1:
            before = resident()
            _grow(evolution, candidates - len(evolution.pool.members))
            memory = resident() - before
            meter.begin()
        else:
            assert decision.event in ("accepted", "rejected")
            meter.end("merge" if decision.origin == "merge" else decision.event)

    with Journal(folder, {"agent": "benchmark"}) as journal:
        ledger = Ledger(Budget(rollouts=10**9))
        agent = ScriptedAgent(PROMPTS, policy=lambda _texts, _task: (None, ()))
        rollouts = Rollouts(agent, lambda _task, _rollout: 0.0, journal, ledger, settings, lambda _event: None)
        asking = Asking(FunctionModel(lambda _prompt: ""), journal, ledger)
        evolution = Evolution(suite, Anatomy(components=PROMPTS), rollouts, asking, settings, decide)
        evolution.trials = _Instant(**vars(evolution.trials), kind=kind, meter=meter)
        await evolution.run([_rollout(score) for score in row(0, tasks, kind)])
    return meter.cell("ours", kind, (candidates, tasks), memory, folder)


@dataclass
class _Instant(Trials):
    """Steps that come to their outcome at once; making up the outcome is not part of the time."""

    kind: Kind
    meter: Meter
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def next(self, parent: Candidate) -> tuple[int, Candidate, Found]:
        """Another candidate, and what is found out about it on val."""
        number = next(self._numbers)
        scores = row(number, len(self.suite.val), self.kind)
        places = Random(number).sample(range(len(scores)), len(scores))  # val is run in no order
        found = {place: {**OBJECTIVES, "score": scores[place]} for place in places}
        return number, parent.with_text(PROMPTS[number % len(PROMPTS)], f"{TEXT}{number}"), found

    async def mutate(self, plan: Plan, parent: Member, tasks: Sequence[Task], attempts: int, most: int) -> Outcome:
        with self.meter.excluded():
            number, child, found = self.next(parent.candidate)
        name = PROMPTS[number % len(PROMPTS)].name
        tally = Tally(plan.iteration, plan.known, "mutation", (parent,), component=name, before=0.5)
        runs = tuple(Run(candidate, task.id, 0.5) for candidate in (parent.candidate, child) for task in tasks)
        outcome = Outcome(tally).wrote({name: child.texts[name]}, {}).tried(child, 0.75, runs)
        return replace(outcome, found=found) if number % 2 else outcome.refuse("no_better", "")

    async def merge(self, plan: Plan, pair: Merge, parents: tuple[Member, Member]) -> Outcome:
        subsample(parents[0].scores, parents[1].scores, 5, plan.random)
        tally = Tally(plan.iteration, plan.known, "merge", parents, component=", ".join(pair.taken))
        return Outcome(tally).tried(pair.child, 0.5, (), 0.75).refuse("no_better", "")


def _grow(evolution: Evolution, candidates: int) -> None:
    pool, random, trials = evolution.pool, Random(0), evolution.trials
    assert isinstance(trials, _Instant)
    for _ in range(candidates):
        parent = pool.members[random.randrange(len(pool.members))]
        _, child, found = trials.next(parent.candidate)
        pool.add(child, (parent,), found)


def _tasks(split: str, number: int) -> tuple[Task, ...]:
    return tuple(Task(id=f"{split}{n}", input=n) for n in range(number))


def _rollout(score: float) -> Rollout:
    return Rollout(candidate="", task="", score=Score(value=score))
