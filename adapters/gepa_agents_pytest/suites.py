"""Evaluates what marks ask for: loads a `gepa.toml` as the command line does, and runs what nobody has run yet.

Who has run what, and what it cost, is kept by the store, across processes.
"""

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from gepa_agents_cli import config
from gepa_agents_cli import project as files
from gepa_agents_cli.calls import Chosen, opened
from gepa_agents_cli.config import Project

from gepa_agents import (
    Agent,
    AgentError,
    ConfigError,
    Evaluation,
    GraphConfig,
    Metric,
    Prices,
    Rollout,
    Task,
    aevaluate,
)
from gepa_agents.testing.trajectory import AgentRun
from gepa_agents_pytest.gate import Gate
from gepa_agents_pytest.result import SuiteRun
from gepa_agents_pytest.store import Store
from gepa_agents_pytest.thread import Thread


def tasks(gate: Gate) -> tuple[Task, ...]:
    """The tasks that a mark names; raises `ConfigError` when there are none. Loads no agent."""
    suite = files.suite(config.load(gate.file))
    split: tuple[Task, ...] = getattr(suite, gate.split)
    chosen = tuple(task for task in split if fnmatchcase(task.id, gate.tasks))
    if not chosen:
        some = ", ".join(task.id for task in split[:5])
        raise ConfigError(f"no task of {gate.split} is named {gate.tasks}; there are {some}{', …' * (len(split) > 5)}")
    return chosen


@dataclass(frozen=True)
class Subject:
    """A `gepa.toml` and a candidate, loaded."""

    project: Project
    agent: Agent
    metric: Metric
    config: GraphConfig
    prices: Prices | None
    store: Store

    async def rollout(self, task: Task, repeat: int, max_usd: float | None) -> Rollout:
        """The rollout, made now or taken from who made it. Raises `Stopped`, and `OverLimit` where money is spent."""

        async def make() -> Rollout:
            evaluation = await aevaluate(
                self.agent,
                [task],
                metric=self.metric,
                config=self.config,
                settings=self.project.tables.settings,
                first=repeat,
                prices=self.prices,
            )
            self._priced(evaluation.rollouts[0], max_usd)
            return evaluation.rollouts[0]

        rollout = await self.store.once(task.id, repeat, make, max_usd)
        self._priced(rollout, max_usd)
        return rollout

    def run(self, task: Task, rollout: Rollout) -> AgentRun:
        """The rollout as tests see it."""
        return AgentRun(rollout, task, self.project.tables.settings.mask)

    def _priced(self, rollout: Rollout, max_usd: float | None) -> None:
        """Raise `ConfigError` when money is capped, and a model that answered has no known price."""
        if max_usd is None:
            return
        answered = [step for step in rollout.trajectory.models() if step.reply is not None]
        names = {
            f"`{one.model}`" for one in answered if not self.prices or self.prices.usd(one.model, one.usage) is None
        }
        if rollout.score is not None and 0 < rollout.score.usage.calls <= rollout.score.usage.unpriced_calls:
            names.add("the metric's model")
        if names:
            raise ConfigError(
                f"max_usd can't be kept, since no price is known for {', '.join(sorted(names))}; give it in "
                f'{self.project.file.name}, as [prices."model"], or leave max_usd out'
            )


class Suites:
    """Every suite of a test session, as one of its processes sees them."""

    def __init__(self, folder: Path) -> None:
        """`folder` is shared by all processes of the session."""
        self._folder = folder
        self._thread = Thread()
        self._projects: dict[Path, Project] = {}
        self._subjects: dict[tuple[Path, Path | None], Subject] = {}
        self._tasks: dict[Gate, dict[str, Task]] = {}

    def close(self) -> None:
        """End the thread that runs agents, and let go of recordings."""
        self._thread.close()
        for project in self._projects.values():
            if project.calls is not None:
                project.calls.close()

    def suite(self, gate: Gate) -> SuiteRun:
        """All rollouts that the gate names. Raises what stopped them, and `AgentError` when every one failed."""
        subject, chosen = self._subject(gate), self._chosen(gate)
        wanted = [(task, repeat) for repeat in range(gate.repeats) for task in chosen.values()]
        rollouts = self._thread.wait(_all(subject, wanted, gate.max_usd))
        evaluation = Evaluation.of(rollouts, subject.project.tables.settings)
        runs = tuple(subject.run(task, rollout) for (task, _), rollout in zip(wanted, rollouts, strict=True))
        if evaluation.faults == len(rollouts):
            raise AgentError(f"all {len(rollouts)} rollouts of {gate.name} failed; the first:\n{runs[0].told()}")
        return SuiteRun(gate.name, evaluation, runs)

    def run(self, gate: Gate, task: str, repeat: int) -> AgentRun:
        """One rollout."""
        subject, found = self._subject(gate), self._chosen(gate)[task]
        return subject.run(found, self._thread.wait(subject.rollout(found, repeat, gate.max_usd)))

    def _chosen(self, gate: Gate) -> dict[str, Task]:
        if gate not in self._tasks:
            self._tasks[gate] = {task.id: task for task in tasks(gate)}
        return self._tasks[gate]

    def _subject(self, gate: Gate) -> Subject:
        key = (gate.file, gate.candidate)
        if key not in self._subjects:
            project = self._project(gate.file)
            name = hashlib.sha256("\n".join(map(str, key)).encode()).hexdigest()[:16]
            self._subjects[key] = Subject(
                project=project,
                agent=files.agent(project),
                metric=files.metric(project),
                config=GraphConfig() if gate.candidate is None else GraphConfig.load(gate.candidate),
                prices=files.prices(project),
                store=Store(self._folder / name),
            )
        return self._subjects[key]

    def _project(self, file: Path) -> Project:
        """The file, read once: its candidates share one recording, which only one may write at a time."""
        if file not in self._projects:
            project = config.load(file)
            self._projects[file] = replace(project, calls=opened(project, Chosen()))
        return self._projects[file]


async def _all(subject: Subject, wanted: Iterable[tuple[Task, int]], max_usd: float | None) -> list[Rollout]:
    """The rollouts in their order, so many at once as the settings say."""
    slots = asyncio.Semaphore(subject.project.tables.settings.concurrency)

    async def one(task: Task, repeat: int) -> Rollout:
        async with slots:
            return await subject.rollout(task, repeat, max_usd)

    # Not a task group: what is under way when one fails is paid for, and must end on its own and be kept.
    found = await asyncio.gather(*(one(*pair) for pair in wanted), return_exceptions=True)
    failed = next((outcome for outcome in found if isinstance(outcome, BaseException)), None)
    if failed is not None:
        raise failed
    return [outcome for outcome in found if isinstance(outcome, Rollout)]
