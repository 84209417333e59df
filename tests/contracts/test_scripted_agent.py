"""The contract of agents, on the scripted agent; and that each of its tests fails for an agent that is broken so."""

import asyncio
import dataclasses
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Tracer

from gepa_agents.testing.agent_contract import AgentContract, Build, Deliberate
from gepa_agents.testing.scripted_agent import ModelCall, ScriptedAgent, ToolRun
from gepa_agents.words import semconv
from gepa_agents.words.component import Anatomy, Component
from gepa_agents.words.errors import AgentError
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import ToolCall, Trajectory

PROMPT = "You are a shop assistant."


def sell(texts: Mapping[str, str], task: Task) -> tuple[JsonValue, Sequence[ModelCall | ToolRun]]:
    """Searches the catalogue for what the task names, then answers in the voice of the prompt."""
    asked = ToolCall(id="1", name="search", arguments={"query": str(task.input)})
    calls: list[ModelCall | ToolRun] = [
        ModelCall("shop.system", reasoning="I should look.", calls=(asked,)),
        ToolRun("search", {"query": str(task.input)}, result="a lamp"),
        ModelCall("shop.system", reply="We have a lamp."),
    ]
    return {"answer": f"({texts['shop.system']}) We have a lamp."}, calls


def fail(texts: Mapping[str, str], task: Task) -> tuple[JsonValue, Sequence[ModelCall | ToolRun]]:
    """Raises what the contract waits for."""
    raise Deliberate("on purpose")


SHOP = ScriptedAgent((Component(name="shop.system", kind="prompt", text=PROMPT, node="shop"),), sell)
CHANGED = ScriptedAgent((Component(name="shop.system", kind="prompt", text="Bake bread.", node="shop"),), sell)


class TestScriptedAgent(AgentContract):
    """The contract, held by the scripted agent."""

    prompt = PROMPT

    @pytest.fixture
    def build(self) -> Build:
        return lambda: SHOP

    @pytest.fixture
    def changed(self) -> ScriptedAgent:
        return CHANGED

    @pytest.fixture
    def failing(self) -> ScriptedAgent:
        return ScriptedAgent(SHOP.components, fail)


@dataclasses.dataclass
class Broken:
    """A good agent, for others to break."""

    name: str = "broken"
    inner: ScriptedAgent = SHOP

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> JsonValue:
        return await self.inner.run(task, config, tracer)

    def anatomy(self, trajectories: Sequence[Trajectory]) -> Anatomy:
        return self.inner.anatomy(trajectories)


class Tuples(Broken):
    """Returns what JSON can't keep."""

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> JsonValue:
        return {"answer": (await super().run(task, config, tracer),)}  # type: ignore[dict-item]


class Nameless(Broken):
    """Has a name of its own each time it is made."""

    def __init__(self) -> None:
        super().__init__(name=hex(id(self)))
        MADE.append(self)


MADE: list[Nameless] = []
"""Kept, so that no two have the same address."""


class Wrapping(Broken):
    """Wraps what is raised inside."""

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> JsonValue:
        try:
            return await super().run(task, config, tracer)
        except Deliberate as error:
            raise AgentError("the agent failed") from error


class Deaf(Broken):
    """Uses its own texts whatever the configuration says."""

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> JsonValue:
        return await super().run(task, GraphConfig(), tracer)


class Sticky(Broken):
    """Goes on with the last texts that it was given."""

    last = GraphConfig()

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> JsonValue:
        self.last = config if config.texts else self.last
        return await super().run(task, self.last, tracer)


class Global(Broken):
    """Puts the texts in one place for all runs, and waits a moment before it uses them."""

    now = GraphConfig()

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> JsonValue:
        self.now = config
        await asyncio.sleep(0)
        return await super().run(task, self.now, tracer)


class Muddled(Broken):
    """Shows every step in the last run's trace."""

    last: Tracer | None = None

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> JsonValue:
        shown = Recast(tracer, lambda name, attributes: {**attributes, semconv.SYSTEM_INSTRUCTIONS: self._shown()})
        self.now = config
        await asyncio.sleep(0)
        return await super().run(task, config, shown)  # type: ignore[arg-type]

    now = GraphConfig()

    def _shown(self) -> str:
        text = self.now.texts.get("shop.system", PROMPT)
        return json.dumps([{"type": "text", "content": text}])


class Remembering(Broken):
    """Says what its own runs used instead of reading the trajectories."""

    def __init__(self) -> None:
        super().__init__()
        self.used: tuple[Component, ...] = ()

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> JsonValue:
        self.used = self.inner.components
        return await super().run(task, config, tracer)

    def anatomy(self, trajectories: Sequence[Trajectory]) -> Anatomy:
        return Anatomy(nodes=("shop",), components=self.used)


class FirstOnly(Broken):
    """Names components by the run that they were first seen in."""

    def anatomy(self, trajectories: Sequence[Trajectory]) -> Anatomy:
        found = super().anatomy(trajectories)
        first = next((step for one in trajectories[:1] for step in one.models()), None)
        suffix = f"#{len(first.messages[-1].text)}" if first else ""
        components = tuple(one.model_copy(update={"name": one.name + suffix}) for one in found.components)
        return found.model_copy(update={"components": components})


class Blind(Broken):
    """Does not list the nodes of its components."""

    def anatomy(self, trajectories: Sequence[Trajectory]) -> Anatomy:
        return super().anatomy(trajectories).model_copy(update={"nodes": ()})


@dataclasses.dataclass
class Recast:
    """A tracer that changes the attributes of spans; without attributes, the span is not made."""

    inner: Tracer
    change: Callable[[str, dict[str, Any]], dict[str, Any]]

    def start_span(self, name: str, attributes: dict[str, Any]) -> Any:
        changed = self.change(name, attributes)
        tracer = self.inner if changed else TracerProvider(shutdown_on_exit=False).get_tracer("elsewhere")
        return tracer.start_span(name, attributes=changed)


def showing(change: Callable[[str, dict[str, Any]], dict[str, Any]]) -> Build:
    """An agent whose spans are changed."""

    class Showing(Broken):
        async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> JsonValue:
            return await super().run(task, config, Recast(tracer, change))  # type: ignore[arg-type]

    return Showing


def without(key: str) -> Build:
    """An agent whose spans lack an attribute."""
    return showing(lambda _, attributes: {name: value for name, value in attributes.items() if name != key})


def unshown(operation: str) -> Build:
    """An agent that makes no spans of an operation below the rollout."""
    return showing(lambda name, attributes: {} if name.startswith(operation) else attributes)


def backdated(tracer: Tracer) -> None:
    """Shows a step that began before the rollout."""
    attributes = {semconv.OPERATION: semconv.EXECUTE_TOOL, semconv.TOOL_NAME: "search", semconv.NODE_PATH: "shop"}
    tracer.start_span("execute_tool search", attributes=attributes, start_time=1).end()


class Early(Broken):
    """Gives times of another clock."""

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> JsonValue:
        backdated(tracer)
        return await super().run(task, config, tracer)


BROKEN: list[tuple[str, Build]] = [
    ("test_returns_plain_data", Tuples),
    ("test_has_a_name", Nameless),
    ("test_exceptions_come_out_as_they_are", lambda: Wrapping(inner=ScriptedAgent(SHOP.components, fail))),
    ("test_exceptions_come_out_as_they_are", Broken),
    ("test_shows_its_model_calls", unshown(semconv.CHAT)),
    ("test_shows_its_model_calls", without(semconv.SYSTEM_INSTRUCTIONS)),
    ("test_shows_its_model_calls", without(semconv.OUTPUT_MESSAGES)),
    ("test_shows_its_model_calls", without(semconv.NODE_PATH)),
    ("test_shows_its_tools", unshown(semconv.EXECUTE_TOOL)),
    ("test_shows_its_tools", without(semconv.TOOL_ARGUMENTS)),
    ("test_steps_come_in_order", Early),
    ("test_makes_spans_by_the_conventions", without(semconv.REQUEST_MODEL)),
    ("test_makes_spans_by_the_conventions", without(semconv.TOOL_NAME)),
    ("test_finds_the_known_prompt", unshown(semconv.CHAT)),
    ("test_finds_the_known_prompt", Blind),
    ("test_anatomy_is_a_function_of_trajectories", Remembering),
    ("test_anatomy_is_read_from_the_trajectories", Remembering),
    ("test_anatomy_does_not_depend_on_the_order_of_runs", FirstOnly),
    ("test_an_overridden_prompt_reaches_the_model", Deaf),
    ("test_an_empty_configuration_changes_nothing", Sticky),
    ("test_many_configurations_at_once_in_tasks", Deaf),
    ("test_many_configurations_at_once_in_tasks", Global),
    ("test_many_configurations_at_once_in_tasks", Muddled),
    ("test_many_configurations_at_once_in_threads", Deaf),
    ("test_a_missed_override_is_an_error", lambda: Deaf(inner=CHANGED)),
]


class Held(AgentContract):
    """The contract, to be called by hand."""

    prompt = PROMPT


@pytest.mark.parametrize(("claim", "build"), BROKEN)
async def test_the_contract_can_be_broken(claim: str, build: Build) -> None:
    """An agent that breaks a claim fails that claim's test."""
    with pytest.raises((AssertionError, KeyError, AgentError, pytest.fail.Exception)):
        await _call(claim, build)


@pytest.mark.parametrize("claim", sorted({claim for claim, _ in BROKEN} - {"test_a_missed_override_is_an_error"}))
async def test_the_contract_can_be_held(claim: str) -> None:
    """Called in the same way, an agent that is not broken passes."""
    await _call(claim, lambda: SHOP, ScriptedAgent(SHOP.components, fail))


def test_every_claim_has_been_broken() -> None:
    """No test of the contract is without an agent that fails it."""
    claims = {name for name in dir(AgentContract) if name.startswith("test_")}
    assert claims == {claim for claim, _ in BROKEN}


async def _call(claim: str, build: Build, failing: Any = None) -> None:
    test = getattr(Held(), claim)
    good: Build = lambda: SHOP  # noqa: E731
    given = {"build": good if claim == "test_a_missed_override_is_an_error" else build, "changed": build()}
    given["failing"] = failing or build()
    outcome = test(**{name: given[name] for name in inspect.signature(test).parameters})
    if inspect.isawaitable(outcome):
        await outcome
