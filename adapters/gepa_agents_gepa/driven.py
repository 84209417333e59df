"""The official engine drives an agent of ours: a `GEPAAdapter` over any `Agent`, with evidence for each component.

A candidate of theirs is the whole text of every component by name; a `GraphConfig` of ours holds what differs.
"""

import asyncio
import fnmatch
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from gepa.core.adapter import EvaluationBatch, GEPAAdapter
from gepa.core.state import GEPAState
from gepa.strategies.component_selector import RoundRobinReflectionComponentSelector

from gepa_agents import (
    AgentError,
    Anatomy,
    Candidate,
    Case,
    Component,
    ConfigError,
    Fault,
    GraphConfig,
    GraphConfigError,
    Rollout,
    Settings,
    Task,
    aevaluate,
    reflective_records,
)
from gepa_agents.ports.agent import Agent
from gepa_agents.ports.metric import Metric
from gepa_agents.words.frozen import JsonValue
from gepa_agents_gepa.background import Background

Batch: TypeAlias = EvaluationBatch[Case, JsonValue]
_TURNS = RoundRobinReflectionComponentSelector()
KINDS = {"prompt": "prompts", "tool_description": "tools", "argument_description": "tools"}


def probe(agent: Agent, tasks: Sequence[Task], *, metric: Metric, settings: Settings | None = None) -> "AgentAdapter":
    """Run the agent as it stands on some tasks to find its texts, and make it an adapter for `gepa.optimize`.

    A few tasks that together reach every node are enough; these rollouts are outside the engine's budget.
    Of `settings` these count: `concurrency`, `rollout_timeout`, `failure_score`, `evidence_tokens`, and `tune` and
    `components` for what may change. Raises `AgentError` when all of them fail or show no text that can be tuned.
    """
    settings = settings or Settings()
    background = Background()
    evaluation = background.wait(aevaluate(agent, tasks, metric=metric, settings=settings))
    faults = [rollout.fault.message for rollout in evaluation.rollouts if rollout.fault is not None]
    if len(faults) == len(evaluation.rollouts):
        raise AgentError(f"all {len(faults)} probes of `{agent.name}` failed, the first with {faults[0]}; mend that")
    anatomy = agent.anatomy([rollout.trajectory for rollout in evaluation.rollouts])
    return AgentAdapter(agent, anatomy, metric, settings, background)


class AgentAdapter(GEPAAdapter[Task, Case, JsonValue]):
    """Implements the official package's adapter for an agent. Made by `probe`; its data instances are `Task`s.

    Every method is sync and works within a running event loop too. What the agent raises, a time-out and a text that
    can't be used become rollouts with the failure score, and the records say what happened; `MetricError`,
    `ModelUnavailable`, `ModelRefused` and `OverrideMissed` concern the whole run and come out.
    """

    def __init__(
        self,
        agent: Agent,
        anatomy: Anatomy,
        metric: Metric,
        settings: Settings | None = None,
        background: Background | None = None,
    ) -> None:
        """`anatomy` as the agent gave it, now or in an earlier process. Raises `AgentError` if nothing is tunable."""
        self._agent = agent
        self._metric = metric
        self._settings = settings or Settings()
        self._background = background or Background()
        self._slots = asyncio.Semaphore(self._settings.concurrency)
        self.anatomy = anatomy
        """The agent's nodes and texts, those out of reach with the reason."""
        self._tunable = {component.name: component for component in anatomy.components if self._tunes(component)}
        if not self._tunable:
            reasons = "; ".join(f"{text.node}: {text.reason} ({text.remedy})" for text in anatomy.unreachable)
            raise AgentError(
                f"no text of `{agent.name}` can be tuned under these settings; probe it with tasks that reach its "
                f"models, or widen `tune` and `components`{f'. Out of reach: {reasons}' if reasons else ''}"
            )

    @property
    def seed_candidate(self) -> dict[str, str]:
        """The agent's own texts by component name, for `gepa.optimize(seed_candidate=...)`."""
        return {name: component.text for name, component in self._tunable.items()}

    def config(self, candidate: Mapping[str, str]) -> GraphConfig:
        """A candidate of theirs, such as a result's best, as a configuration to apply, save and load.

        Raises `ConfigError` for a text of no component of this agent, `GraphConfigError` for one that lost a slot.
        """
        if unknown := sorted(set(candidate) - set(self._tunable)):
            raise ConfigError(
                f"the candidate has a text for {', '.join(f'`{name}`' for name in unknown)}, which is no text of "
                f"`{self._agent.name}` that can be tuned; start from this adapter's `seed_candidate`"
            )
        for name, text in candidate.items():
            slots = [f"{{{slot.name}}}" for slot in self._tunable[name].slots]
            if lost := [slot for slot in slots if slot not in text]:
                raise GraphConfigError(
                    f"the new text of `{name}` lacks {', '.join(lost)}, which is filled in when the agent runs; "
                    "put it back exactly as written"
                )
        changed = {name: text for name, text in candidate.items() if text != self._tunable[name].text}
        return GraphConfig(components=self.anatomy.components, texts=changed, graph_id=self._agent.name)

    def evaluate(self, batch: list[Task], candidate: dict[str, str], capture_traces: bool = False) -> Batch:
        """Run the candidate on tasks, `Settings.concurrency` at once; a task that stands twice is run once."""
        (evaluated,) = self.batch_evaluate([(candidate, batch)], capture_traces=capture_traces)
        return evaluated

    def batch_evaluate(
        self, items: list[tuple[dict[str, str], list[Task]]], *, capture_traces: bool = True
    ) -> list[Batch]:
        """Run several candidates, each on its tasks, all in one crowd of rollouts; one batch for each."""
        usable = [self._usable(candidate) for candidate, _ in items]
        runs = {
            (number, task.id): (config, task)
            for number, (config, (_, batch)) in enumerate(zip(usable, items, strict=True))
            if isinstance(config, GraphConfig)
            for task in batch
        }
        rollouts = dict(zip(runs, self._background.wait(self._all(list(runs.values()))), strict=True))
        return [
            self._batch([Case(task=task, rollout=rollouts[number, task.id]) for task in batch], capture_traces)
            if isinstance(config, GraphConfig)
            else self._batch([_failed(candidate, task, config) for task in batch], capture_traces, calls=0)
            for number, (config, (candidate, batch)) in enumerate(zip(usable, items, strict=True))
        ]

    def make_reflective_dataset(
        self, candidate: dict[str, str], eval_batch: Batch, components_to_update: list[str]
    ) -> dict[str, list[dict[str, str]]]:
        """For each component what its own node was given, did and was told; nothing of rollouts it took no part in."""
        cases = eval_batch.trajectories
        if cases is None:
            raise ConfigError("there are no trajectories to reflect on; evaluate with capture_traces=True")
        return {name: self._records(name, cases) for name in components_to_update}

    def select(
        self,
        state: GEPAState[JsonValue, Any],
        trajectories: list[Case],
        subsample_scores: list[float],
        candidate_idx: int,
        candidate: dict[str, str],
    ) -> list[str]:
        """For `gepa.optimize(module_selector=adapter.select)`: components in turn, but for those that took no part.

        The engine's own turns stop at a component without records and give the iteration up.
        """
        chosen: list[str] = []
        for _ in candidate:
            chosen = _TURNS(state, trajectories, subsample_scores, candidate_idx, candidate)
            if all(self._records(name, trajectories) for name in chosen):
                break
        return chosen

    def _records(self, name: str, cases: Sequence[Case]) -> list[dict[str, str]]:
        component = self._tunable[name]
        told = reflective_records(component, cases, tokens=self._settings.evidence_tokens)
        slots = ", ".join(f"{{{slot.name}}}" for slot in component.slots)
        rule = f"\n\nA new text must keep {slots} exactly as written: it is filled in when the agent runs."
        return [
            {
                "Inputs": one.given,
                "Generated Outputs": one.did,
                "Feedback": f"Score: {'none, the run failed' if one.score is None else f'{one.score:g}'}\n\n"
                f"{one.feedback}{rule if slots else ''}",
            }
            for one in told
        ]

    def _usable(self, candidate: Mapping[str, str]) -> GraphConfig | Fault:
        """Their engine has no guard against a text that lost a slot: such a one costs nothing and scores as failed."""
        try:
            return self.config(candidate)
        except GraphConfigError as error:
            return Fault(kind="agent", message=f"{type(error).__name__}: {error}")

    async def _all(self, runs: Sequence[tuple[GraphConfig, Task]]) -> list[Rollout]:
        return await asyncio.gather(*(self._one(config, task) for config, task in runs))

    async def _one(self, config: GraphConfig, task: Task) -> Rollout:
        async with self._slots:
            evaluation = await aevaluate(
                self._agent, [task], metric=self._metric, config=config, settings=self._settings
            )
        return evaluation.rollouts[0]

    def _batch(self, cases: list[Case], capture_traces: bool, calls: int | None = None) -> Batch:
        rollouts = [case.rollout for case in cases]
        objectives = sorted({name for rollout in rollouts if rollout.score for name in rollout.score.objectives})
        failed = dict.fromkeys(objectives, self._settings.failure_score)
        return EvaluationBatch(
            outputs=[rollout.output for rollout in rollouts],
            scores=[self._settings.failure_score if one.score is None else one.score.value for one in rollouts],
            trajectories=cases if capture_traces else None,
            objective_scores=[failed if one.score is None else one.score.objectives for one in rollouts]
            if objectives
            else None,
            num_metric_calls=len({rollout.task for rollout in rollouts}) if calls is None else calls,
        )

    def _tunes(self, component: Component) -> bool:
        named = any(fnmatch.fnmatchcase(component.name, pattern) for pattern in self._settings.components)
        return named and KINDS[component.kind] in self._settings.tune


def _failed(candidate: Mapping[str, str], task: Task, fault: Fault) -> Case:
    return Case(task=task, rollout=Rollout(candidate=Candidate(candidate).id, task=task.id, fault=fault))
