"""A LangGraph graph as an agent that can be tuned: run, looked into, and given other texts."""

import copy
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, cast
from uuid import uuid4

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import merge_configs
from langgraph.constants import START
from opentelemetry.trace import Tracer

from gepa_agents.ports.calls import Calls
from gepa_agents.words.component import Anatomy
from gepa_agents.words.errors import AgentError, GraphConfigError
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import Trajectory
from gepa_agents_langgraph import hook, taping
from gepa_agents_langgraph.applied import apply
from gepa_agents_langgraph.carrying import running
from gepa_agents_langgraph.change import check
from gepa_agents_langgraph.discovery import discover
from gepa_agents_langgraph.loading import AnyGraph, load
from gepa_agents_langgraph.overlay import Overlay
from gepa_agents_langgraph.plain import plain
from gepa_agents_langgraph.running import Answers, Run, Script
from gepa_agents_langgraph.serving import serve
from gepa_agents_langgraph.shape import Shape, shape
from gepa_agents_langgraph.structure import Structure, structure
from gepa_agents_langgraph.tracing import GraphTracer

Inputs = Callable[[Task], Any]
"""Makes the graph's input of a task."""


def wrap(
    graph: object,
    *,
    inputs: Inputs | None = None,
    answers: Answers | None = None,
    config: Mapping[str, Any] | None = None,
    calls: Calls | None = None,
) -> "LangGraphAgent":
    """Make a graph tunable; the graph itself stays as it is.

    `graph` is a compiled graph (or a functional workflow), a function that returns one (called once, with an empty
    RunnableConfig if it takes one; it may be async), or a reference to either as `module:attribute`.
    `inputs` makes the graph's input of a task; without it, an object is the state, and a text a user's message.
    `answers` replies when the graph interrupts; a task's own `metadata.answers` goes first.
    `config` is a RunnableConfig for every run (`recursion_limit`, `configurable`, …); its `context` becomes the
    graph's runtime context.
    `calls` records what its chat models and tools do in each run, or replays it: a `gepa_agents.Recording`.

    Raises `AgentError` when there is no graph to be had, or LangChain's version can't be tuned.
    """
    hook.install()
    if calls is not None:
        taping.install()
    loaded, name = load(graph)
    return LangGraphAgent(loaded, name, inputs, answers, config or {}, calls)


class LangGraphAgent:
    """Implements `gepa_agents.ports.agent.Agent` for LangGraph. Made by `wrap`."""

    def __init__(
        self,
        graph: AnyGraph,
        name: str,
        inputs: Inputs | None = None,
        answers: Answers | None = None,
        config: Mapping[str, Any] | None = None,
        calls: Calls | None = None,
    ) -> None:
        self.name = name
        self._calls = calls
        self._graph = graph
        self._inputs = inputs or self._input
        self._answers = answers
        settings = dict(config or {})
        self._context = settings.pop("context", None)
        self._config = cast(RunnableConfig, settings)

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> JsonValue:
        """Do one task on a fresh thread with the texts of `config`; see the port.

        What the graph raises comes out as it is. Raises `OverrideMissed` when a text that was due was not used,
        `AgentError` for an interrupt without an answer, `GraphConfigError` for the texts of another graph, and
        `MissingRecording` for a call that was to be replayed and can't be.
        """
        self._check(config)
        if self._calls is None:
            return await self._run(task, config, tracer, {})
        with taping.rollout(self._calls, config.candidate.id, task.id) as session:
            return await self._run(task, config, tracer, {taping.KEY: session})

    async def _run(self, task: Task, config: GraphConfig, tracer: Tracer, carried: Mapping[str, Any]) -> JsonValue:
        overlay = Overlay(config, self._structure.appended, tracer)
        own = RunnableConfig(
            callbacks=[GraphTracer(tracer, _prompts(config), config.candidate.id)],
            configurable={"thread_id": uuid4().hex, overlay.key: overlay, **carried},
        )
        run = Run(self._graph, merge_configs(self._config, own), Script(task, self._answers), self._context)
        with running(overlay):
            output = await run.finish(self._inputs(task))
        overlay.check()
        return plain(output)

    def anatomy(self, trajectories: Sequence[Trajectory]) -> Anatomy:
        """What can be tuned, read from runs with an empty configuration; see the port."""
        return discover(self._structure, trajectories)

    def shape(self) -> Shape:
        """What the graph takes and gives, as far as its schemas tell; it is not run."""
        return shape(self._graph)

    def apply(self, config: GraphConfig) -> AnyGraph:
        """The graph with the texts of `config`: still a compiled LangGraph that runs, streams, batches and nests.

        Raises `GraphConfigError` for the texts of another graph, and when the graph's own texts have changed since.
        """
        return apply(self._graph, self._overlay(config))

    def serving(self, only: Sequence[GraphConfig] | None = None) -> AnyGraph:
        """The graph to deploy: each run takes its texts from the assistant (`export --format langgraph-assistant`).

        They come in the run's `configurable` or `context`, where a LangGraph server puts what the assistant has, or
        what the request brings: whoever may run the graph may change its prompts. `only` are the configurations that
        are taken; None takes all. A run without texts is one of the graph as it stands; one with the texts of another
        graph, or with others than those of `only`, raises `GraphConfigError`.
        """
        taken = None if only is None else list(only)

        def read(config: GraphConfig) -> Overlay:
            if taken is None or not config.texts:
                return self._overlay(config)
            # What the texts stand for is taken from here, too: a request could say that it is something else.
            own = next((one for one in taken if one.texts == config.texts), None)
            if own is None:
                raise GraphConfigError(
                    f"`{self.name}` does not take the texts of candidate {config.candidate.id}; deploy it with that "
                    "configuration in `serving(only=[...])`"
                )
            return self._overlay(own)

        return serve(self._graph, read)

    def _overlay(self, config: GraphConfig) -> Overlay:
        self._check(config)
        check(config, self._structure, self.name)
        return Overlay(config, self._structure.appended, nested=True)

    def _check(self, config: GraphConfig) -> None:
        """Refuse a configuration that was made for another graph: none of its nodes is to be found here."""
        theirs = {name for component in config.overridden() for name in component.node.split("/") if name}
        ours = {name for node in self._structure.nodes for name in node.split("/")}
        if theirs and not theirs & ours:
            raise GraphConfigError(
                f"the configuration is for a graph with {', '.join(f'`{name}`' for name in sorted(theirs))}, but "
                f"`{self.name}` has {', '.join(f'`{name}`' for name in self._structure.nodes)}; give the graph it was "
                "made for"
            )

    @cached_property
    def _structure(self) -> Structure:
        return structure(self._graph)

    def _input(self, task: Task) -> Any:
        """The task's input as the graph takes it; a copy, for graphs change their state."""
        if not isinstance(task.input, str):
            return copy.deepcopy(task.input)
        if "messages" in self._graph.channels:
            return {"messages": [{"role": "user", "content": task.input}]}
        if self._graph.input_channels == START and not hasattr(self._graph, "builder"):
            return task.input  # a functional workflow takes anything
        keys = ", ".join(f"`{name}`" for name in self._graph.stream_channels_list)
        raise AgentError(
            f"task `{task.id}`: its input is a text, but the graph has no `messages`; give an object with {keys}, "
            "or `wrap(graph, inputs=...)`"
        )


def _prompts(config: GraphConfig) -> dict[str, str]:
    """The names of each node's prompts, by the node's path."""
    names: dict[str, list[str]] = {}
    for component in config.components:
        if component.kind == "prompt":
            names.setdefault(component.node, []).append(component.name)
    return {node: ", ".join(found) for node, found in names.items()}
