"""Runs configurations on tasks: each rollout paid once, under one root span, durable before it is used.

This is the only place that runs the agent and asks the metric. It knows nothing of the search.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from pydantic import TypeAdapter, ValidationError

from gepa_agents.loop.judging import judge, stopping
from gepa_agents.loop.keeping import Keeping, as_read, key
from gepa_agents.loop.outage import patiently
from gepa_agents.parts.masking.records import Mask
from gepa_agents.parts.runs.journal import Journal
from gepa_agents.parts.runs.ledger import Ledger
from gepa_agents.parts.runs.turn import NotYet, Turn
from gepa_agents.parts.tracing.recorder import Recorder, Recording
from gepa_agents.ports.agent import Agent
from gepa_agents.ports.language_model import Prices
from gepa_agents.ports.metric import Metric, NoVerdict
from gepa_agents.words import semconv
from gepa_agents.words.errors import BudgetError, GepaError
from gepa_agents.words.events import Progress, Proposed
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.rollout import Fault, Rollout
from gepa_agents.words.settings import Settings
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import ModelStep, Trajectory
from gepa_agents.words.usage import Usage


@dataclass
class Rollouts:
    """Runs and scores rollouts, at most `settings.concurrency` at once, and books what they cost."""

    agent: Agent
    metric: Metric
    journal: Journal
    ledger: Ledger
    settings: Settings
    notify: Callable[[Progress | Proposed], None]
    prices: Prices | None = None
    mask: Mask | None = None
    """What of a rollout is not kept and not shown; without it everything is."""
    recorder: Recorder = field(default_factory=Recorder)

    def __post_init__(self) -> None:
        self.keeping = Keeping(self.journal, self.mask)
        self._slots = asyncio.Semaphore(self.settings.concurrency)
        self._under_way: dict[str, asyncio.Event] = {}

    async def run(self, config: GraphConfig, tasks: Sequence[Task], phase: str, repeat: int = 0) -> list[Rollout]:
        """One rollout for each task, in their order, booked in the ledger.

        A rollout that is in the journal is read from there and costs nothing more. What the agent raises becomes the
        rollout's fault. Raises `MetricError`, `OverrideMissed`, `ModelUnavailable` or `BudgetError`, after which
        everything that was paid for is in the journal.
        """
        try:
            rollouts = await self.gather(config, tasks, phase, repeat)
        finally:
            paid = [name for name in self.keys(config, tasks, repeat) if self.ledger.knows(name)]
            overspent = self.ledger.book(paid)
        if overspent:
            raise BudgetError(overspent)
        return rollouts

    async def gather(
        self, config: GraphConfig, tasks: Sequence[Task], phase: str, repeat: int = 0, turn: Turn | None = None
    ) -> list[Rollout]:
        """As `run`, but the ledger is left owing: whoever asks books the rollouts by their `keys`, when it decides.

        `turn` is that of the step that asks, where others are under way beside it.
        """
        done = 0
        failed: list[BaseException] = []
        keys = self.keys(config, tasks, repeat)

        async def one(place: int) -> Rollout:
            async with self._slots:
                if failed:
                    raise failed[0]
                admit = partial(self.ledger.admit, turn, keys[:place])
                try:
                    return await self._once(config, tasks[place], repeat, admit)
                except NotYet:
                    raise
                except BaseException as error:
                    failed.append(error)
                    raise

        async def in_turn(place: int) -> Rollout:
            nonlocal done
            try:
                rollout = await one(place)
            except NotYet as early:
                await early.turn.come.wait()
                rollout = await one(place)
            done += 1
            self._progress(phase, done, len(tasks))
            return rollout

        self._progress(phase, 0, len(tasks))
        # Not a task group: when one rollout stops the run, those under way are paid for and must end on their own.
        outcomes = await asyncio.gather(*map(in_turn, range(len(tasks))), return_exceptions=True)
        failed += [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if failed:
            raise failed[0]
        return [outcome for outcome in outcomes if isinstance(outcome, Rollout)]

    def settle(self) -> None:
        """Book what was paid for and nobody decided on: steps under way when a run stopped had asked for it."""
        for name in self.unbooked():
            self.ledger.owe("rollout", name, self._paid(name))
        self.ledger.close()

    def unbooked(self) -> list[str]:
        """Under which keys the journal has rollouts that are not booked."""
        return [name for name, _ in self.journal.calls("rollout/") if not self.ledger.booked(name)]

    def sink(self, names: Iterable[str]) -> None:
        """Let those of these calls that are rollouts count as spent, whoever asks for them or not."""
        for name in names:
            if name.startswith("rollout/"):
                self.ledger.sink("rollout", name, self._paid(name))

    def forget(self, rollouts: Iterable[Rollout]) -> None:
        """Have these made again when they are asked for; what they cost is booked with those that are made then."""
        for rollout in rollouts:
            name = key(rollout.candidate, rollout.task, rollout.repeat)
            self.journal.record(_lost_key(name), _cost(rollout).model_dump_json())
            self.journal.forget([name])

    def _paid(self, name: str) -> Usage:
        rollout = self.journal.restore(name, Rollout)
        return Usage() if rollout is None else _cost(rollout)

    def keys(self, config: GraphConfig, tasks: Sequence[Task], repeat: int = 0) -> list[str]:
        """Under which keys these rollouts are in the journal."""
        return [key(config.candidate.id, task.id, repeat) for task in tasks]

    def shown(self, task: Task) -> Task:
        """The task as a reflection may read it."""
        return task if self.mask is None else self.mask.task(task)

    def value(self, rollout: Rollout) -> float:
        """What a rollout counts when candidates are compared."""
        return self.settings.failure_score if rollout.score is None else rollout.score.value

    async def _once(self, config: GraphConfig, task: Task, repeat: int, admit: Callable[[], None]) -> Rollout:
        name = key(config.candidate.id, task.id, repeat)
        # Two steps of the search may ask for the same rollout: the second one reads what the first one paid for.
        while (other := self._under_way.get(name)) is not None:
            await other.wait()
        self._under_way[name] = asyncio.Event()
        try:
            rollout = self.keeping.recall(config.candidate.id, task.id, repeat)
            if rollout is None or (rollout.score is None and rollout.fault is None) or self.keeping.lacks(rollout):
                admit()
                rollout = await self._pay(config, task, repeat, rollout)
            self.ledger.owe("rollout", name, _cost(rollout))
        finally:
            self._under_way.pop(name).set()
        return rollout

    async def _pay(self, config: GraphConfig, task: Task, repeat: int, kept: Rollout | None) -> Rollout:
        attributes: dict[str, str | int | float] = {
            semconv.AGENT_NAME: self.agent.name,
            semconv.AGENT_VERSION: config.candidate.id,
            semconv.TASK_ID: task.id,
            semconv.REPEAT: repeat,
        }
        with self.recorder.rollout(f"rollout {task.id}", attributes) as recording:
            if kept is None or self.keeping.lacks(kept):
                wasted = self._lost(config, task, repeat) if kept is None else _cost(kept)
                rollout = as_read(await self._watched(config, task, repeat, recording, wasted))
                # Kept before it is judged: a metric that fails must not cost the rollout.
                kept = self.keeping.keep(task, rollout, config.texts.values())
            else:
                rollout = kept
            if rollout.fault is None:
                try:
                    score = await judge(self.metric, task, rollout)
                except NoVerdict as error:  # the judge was paid: booked with the rollout, which a later run judges
                    paid = rollout.model_copy(update={"usage": rollout.usage + error.usage})
                    self.keeping.keep(task, paid, config.texts.values())
                    raise
                recording.scored(score)
                judged = rollout.model_copy(update={"score": score})
                kept = self.keeping.keep(task, judged, config.texts.values())
        return kept

    async def _watched(
        self, config: GraphConfig, task: Task, repeat: int, recording: Recording, wasted: Usage
    ) -> Rollout:
        output, raised = None, None

        async def attempt() -> JsonValue:
            # What an attempt paid for before its model went away is booked, but is no part of what happened.
            nonlocal wasted
            wasted += self._usage(recording.trajectory())
            recording.restart()
            return await self._timed(config, task, recording)

        try:
            output = _plain(await patiently(attempt, own=lambda error: _of_tool(error, recording.trajectory())))
        except GepaError:
            # The run stops here; what the attempts cost is booked with the rollout that a later run gets through.
            lost = wasted + self._usage(recording.trajectory())
            self.journal.record(_lost_key(key(config.candidate.id, task.id, repeat)), lost.model_dump_json())
            raise
        except (Exception, asyncio.CancelledError) as error:  # whatever the user's graph raises is its outcome
            if stopping(error):
                raise
            raised = error
            recording.failed(error)
        trajectory = recording.trajectory()
        return Rollout(
            candidate=config.candidate.id,
            task=task.id,
            repeat=repeat,
            output=output,
            trajectory=trajectory,
            fault=None if raised is None else _fault(raised, trajectory),
            usage=wasted + self._usage(trajectory),
        )

    def _lost(self, config: GraphConfig, task: Task, repeat: int) -> Usage:
        """What attempts at this rollout cost in an earlier run that they stopped."""
        return self.journal.restore(_lost_key(key(config.candidate.id, task.id, repeat)), Usage) or Usage()

    async def _timed(self, config: GraphConfig, task: Task, recording: Recording) -> JsonValue:
        limit = self.settings.rollout_timeout
        clock = asyncio.timeout(limit)
        try:
            async with clock:
                return await self.agent.run(task, config, recording.tracer)
        except TimeoutError as error:
            if clock.expired():
                raise _TooSlow(f"no answer within {limit:g} s") from error
            raise

    def unpriced(self, trajectory: Trajectory) -> set[str]:
        """The models that answered and have no known price."""
        answered = (step for step in trajectory.models() if step.reply is not None)
        return {step.model for step in answered if self._usd(step) is None}

    def _usd(self, step: ModelStep) -> float | None:
        return None if self.prices is None else self.prices.usd(step.model, step.usage)

    def _usage(self, trajectory: Trajectory) -> Usage:
        total = Usage()
        for step in trajectory.models():
            usd = self._usd(step)
            priced = {"usd": usd} if usd is not None else {"unpriced_calls": 1}
            total += step.usage.model_copy(update={"calls": 1, **priced})
        return total

    def _progress(self, phase: str, done: int, total: int) -> None:
        rollouts, usage = self.ledger.paid
        self.notify(
            Progress(phase=phase, done=done, total=total, rollouts=rollouts, usage=usage, seconds=self.journal.seconds)
        )


class _TooSlow(Exception):
    """The rollout's time is up; told apart from a time-out that the agent itself raises."""


def _lost_key(name: str) -> str:
    return f"lost/{name}"


def _cost(rollout: Rollout) -> Usage:
    return rollout.usage if rollout.score is None else rollout.usage + rollout.score.usage


_PLAIN: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)


def _plain(output: JsonValue) -> JsonValue:
    """The agent's outcome, checked: adapters are written by others."""
    try:
        return _PLAIN.validate_python(output)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise TypeError(f"the agent's outcome is no plain data at `{where}`; let its `run` return JSON") from error


def _of_tool(error: Exception, trajectory: Trajectory) -> bool:
    """Whether a tool raised this error, and no model: a page that a tool can't reach is the agent's own affair."""
    said = f"{type(error).__name__}: {error}"
    of_model = any(step.error == said for step in trajectory.models())
    return not of_model and any(step.error == said for step in trajectory.tools())


def _fault(error: BaseException, trajectory: Trajectory) -> Fault:
    if isinstance(error, _TooSlow):
        return Fault(kind="timeout", message=str(error))
    said = f"{type(error).__name__}: {error}"
    # A node around the one that raised fails with it.
    nodes = [step.node for step in trajectory.nodes() if step.error == said]
    place = f" (node `{max(nodes, key=lambda node: node.count('/'))}`)" if nodes else ""
    return Fault(kind="agent", message=said + place)
