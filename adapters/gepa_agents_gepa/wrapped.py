"""Our engine drives an adapter of the official package: any `GEPAAdapter` as an agent, with its metric.

The adapter scores a rollout itself, so `metric` only hands over what it said.
"""

import asyncio
import contextvars
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from gepa.core.adapter import GEPAAdapter
from opentelemetry.trace import Tracer

from gepa_agents import (
    Anatomy,
    Component,
    ConfigError,
    GraphConfig,
    OverrideMissed,
    Rollout,
    Score,
    Task,
    TaskSuite,
    Trajectory,
    Unreachable,
)
from gepa_agents.words.frozen import JsonValue
from gepa_agents_gepa.answers import Answer, ask
from gepa_agents_gepa.showing import show

Instance = Callable[[Task], Any]
"""Makes the adapter's data instance of a task."""


def wrap(
    adapter: GEPAAdapter[Any, Any, Any],
    seed_candidate: Mapping[str, str],
    *,
    instance: Instance | None = None,
    name: str | None = None,
    workers: int = 32,
) -> "AdapterAgent":
    """Make an existing adapter an agent for `optimize`; its metric is `agent.metric`.

    `instance` makes the adapter's data instance of a task, as `lambda task: examples[task.id]`; without it, the task's
    input is the instance. `name` is what people call the agent; without it, the adapter's class.
    The adapter is called from several threads at once, one instance a call and up to `workers` of them: what it shares
    between calls must be safe for that. `workers=1` lets in one call at a time; set `Settings.concurrency` to 1 with
    it, because waiting counts against `rollout_timeout`. A call that timed out can't be stopped and ends on its own.
    Raises `ConfigError` when the candidate has no texts.
    """
    if not seed_candidate:
        raise ConfigError("the seed candidate has no texts; give the adapter's component names and their texts")
    return AdapterAgent(adapter, dict(seed_candidate), instance or _input, name or type(adapter).__name__, workers)


class AdapterAgent:
    """Implements `gepa_agents.ports.agent.Agent` for a `GEPAAdapter`. Made by `wrap`.

    The adapter's reflective records are shown as model calls, one each, at a node named after the component: what came
    in, the component's text, what came out; the feedback in them goes with the score, to that component alone.
    """

    def __init__(
        self,
        adapter: GEPAAdapter[Any, Any, Any],
        seed_candidate: dict[str, str],
        instance: Instance,
        name: str,
        workers: int,
    ) -> None:
        self.name = name
        self._adapter = adapter
        self._seed = seed_candidate
        self._instance = instance
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> JsonValue:
        """Let the adapter evaluate one instance and tell of it; see the port.

        What the adapter raises in `evaluate` comes out as it is. Raises `AgentError` when its answer breaks the
        adapter's own protocol, `OverrideMissed` for texts made for another seed candidate.
        """
        candidate = self.candidate(config)
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        asked = partial(ask, self._adapter, self._instance(task), candidate, task.id)
        answer: Answer = await loop.run_in_executor(self._pool, context.run, asked)
        feedback = show(answer, candidate, self.name, tracer)
        outcome: dict[str, JsonValue] = {
            "messages": [{"role": "assistant", "content": answer.text}],
            "score": answer.score,
            "objectives": {**answer.objectives},
            "feedback": {**feedback},
            "silent": {**answer.silent},
        }
        return outcome

    def anatomy(self, trajectories: Sequence[Trajectory]) -> Anatomy:
        """The seed candidate's texts of which the adapter made records in these runs."""
        seen = {step.node for trajectory in trajectories for step in trajectory.models()}
        return Anatomy(
            nodes=tuple(self._seed),
            components=tuple(component for component in self._components() if component.node in seen),
            unreachable=tuple(
                Unreachable(
                    node=name,
                    reason="the adapter made no reflective records of it in these runs",
                    remedy="Add val tasks in which it takes part, or let `make_reflective_dataset` return its records",
                )
                for name in self._seed
                if name not in seen
            ),
        )

    def metric(self, task: Task, rollout: Rollout) -> Score:
        """What the adapter said of a rollout: its score, its objectives, and its feedback by component."""
        said: Any = rollout.output
        return Score(value=said["score"], by_component=said["feedback"], objectives=said["objectives"])

    def candidate(self, config: GraphConfig) -> dict[str, str]:
        """A configuration, such as a result's best, as a candidate of the adapter: every text, in the seed's order.

        Raises `OverrideMissed` for texts that were made for another seed candidate.
        """
        for component in config.overridden():
            if self._seed.get(component.name) != component.text:
                raise OverrideMissed(
                    f"`{component.name}` of the configuration was made for another text than the seed candidate of "
                    f"`{self.name}` has; tune again from this seed"
                )
        return {name: config.texts.get(name, text) for name, text in self._seed.items()}

    def _components(self) -> tuple[Component, ...]:
        return tuple(Component(name=name, kind="prompt", text=text, node=name) for name, text in self._seed.items())


def suite(*, train: Sequence[JsonValue], val: Sequence[JsonValue], test: Sequence[JsonValue]) -> TaskSuite:
    """Data instances as tasks, each with its place in its list as its id: `train-0`, `val-3`.

    For instances that are plain data; of others make `Task`s yourself and give `wrap` an `instance`. `test` is what
    nothing else sees, for the closing comparison. Raises `SuiteError` for an empty list, `ConfigError` for an instance
    that is no plain data.
    """
    tasks = []
    for split, instances in (("train", train), ("val", val), ("test", test)):
        for number, instance in enumerate(instances):
            try:
                tasks.append(Task.model_validate({"id": f"{split}-{number}", "input": instance, "split": split}))
            except ValueError as error:
                raise ConfigError(
                    f"instance {number} of {split} is no plain data ({type(instance).__name__}); make tasks that name "
                    "your instances, and give `wrap` a function `instance` that finds them"
                ) from error
    return TaskSuite.of(tasks, source="the instances")


def _input(task: Task) -> JsonValue:
    return task.input
