"""What every `Agent` must do, as tests to inherit. Needs pytest with pytest-asyncio.

class TestMyAgent(AgentContract):
    prompt = "You are a shop assistant."

    @pytest.fixture
    def build(self) -> Build: ...

    @pytest.fixture
    def changed(self) -> Agent: ...

    @pytest.fixture
    def failing(self) -> Agent: ...
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gepa_agents.parts.tracing.recorder import Recorder
from gepa_agents.ports.agent import Agent
from gepa_agents.words import semconv
from gepa_agents.words.component import Anatomy, Component
from gepa_agents.words.errors import OverrideMissed
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import Trajectory

Build = Callable[[], Agent]

EMPTY = GraphConfig()


class Deliberate(Exception):
    """What the failing agent raises."""


class AgentContract:
    """Inherit it, give prompt, tasks and fixtures, and pytest runs the tests against your agent."""

    prompt = ""
    """A system prompt without slots, whole as its author wrote it, that the agent sends to its model on every task."""
    tasks: Sequence[Task] = (Task(id="lamp", input="Find a lamp."), Task(id="rug", input="Find a rug."))
    """At least two tasks, each of which makes the agent call a model and run a tool."""
    many = 200
    """Configurations that are run at once."""

    @pytest.fixture
    def build(self) -> Build:
        """Makes a fresh agent of the same kind each time; its outcome may depend on texts and task only."""
        raise NotImplementedError("give a fixture `build`")

    @pytest.fixture
    def changed(self) -> Agent:
        """The same agent after its author rewrote the prompt entirely."""
        raise NotImplementedError("give a fixture `changed`")

    @pytest.fixture
    def failing(self) -> Agent:
        """An agent in whose model, node or tool `Deliberate("on purpose")` is raised."""
        raise NotImplementedError("give a fixture `failing`")

    # What comes out of a run.

    async def test_returns_plain_data(self, build: Build) -> None:
        """The outcome is JSON data: it is the same after a round trip through JSON."""
        output, _ = await rollout(build(), self.tasks[0])

        assert output is not None
        assert json.loads(json.dumps(output, allow_nan=False)) == output

    async def test_has_a_name(self, build: Build) -> None:
        """The agent has a name, the same each time it is made."""
        assert build().name
        assert build().name == build().name

    async def test_exceptions_come_out_as_they_are(self, failing: Agent) -> None:
        """What is raised inside is not wrapped, replaced or swallowed; notes may be added to it."""
        with pytest.raises(Deliberate) as caught:
            await rollout(failing, self.tasks[0])
        assert str(caught.value) == "on purpose"

    # What a run shows.

    async def test_shows_its_model_calls(self, build: Build) -> None:
        """Each model step has its node, model name, what was sent with the known prompt in it, and the reply."""
        _, trajectory = await rollout(build(), self.tasks[0])
        steps = list(trajectory.models())

        assert steps
        assert all(step.node and step.model and step.messages and step.reply for step in steps)
        assert any(self.prompt in text for text in systems(trajectory))

    async def test_shows_its_tools(self, build: Build) -> None:
        """Each tool step has its node, the tool's name, its arguments as an object, and its result."""
        _, trajectory = await rollout(build(), self.tasks[0])
        steps = list(trajectory.tools())

        assert steps
        assert all(step.node and step.tool and isinstance(step.arguments, dict) for step in steps)
        assert all(step.result is not None and step.error is None for step in steps)

    async def test_steps_come_in_order(self, build: Build) -> None:
        """Steps are ordered by their start and lie within the rollout."""
        _, trajectory = await rollout(build(), self.tasks[0])
        starts = [step.started for step in trajectory.steps]

        assert starts == sorted(starts)
        assert starts[0] >= 0
        assert all(step.seconds >= 0 for step in trajectory.steps)
        assert all(step.started + step.seconds <= trajectory.seconds + 1e-6 for step in trajectory.steps)

    async def test_makes_spans_by_the_conventions(self, build: Build) -> None:
        """A user's exporter sees one whole tree: every span below the rollout's root, by the GenAI conventions."""
        spans = await exported(build(), self.tasks[0])
        ids = {span.context.span_id for span in spans if span.context}
        roots = [span for span in spans if span.parent is None]

        assert [span.name for span in roots] == ["contract"]
        assert all(span.parent.span_id in ids for span in spans if span.parent)
        assert len({span.context.trace_id for span in spans if span.context}) == 1
        for span in spans:
            _check_conventions(span)

    # What can be tuned.

    async def test_finds_the_known_prompt(self, build: Build) -> None:
        """The anatomy has the known prompt as a component, in a node that it lists; component names are unique."""
        anatomy = await self.anatomy(build())
        component = self.component(anatomy)
        names = [one.name for one in anatomy.components]

        assert component.node in anatomy.nodes
        assert len(names) == len(set(names))

    async def test_anatomy_is_a_function_of_trajectories(self, build: Build) -> None:
        """The same runs give the same anatomy: again, from a journal, and by a fresh agent that made no run itself."""
        agent = build()
        seen = await self.trajectories(agent)
        stored = [Trajectory.model_validate_json(one.model_dump_json()) for one in seen]

        assert stored == seen
        assert agent.anatomy(seen) == agent.anatomy(seen) == agent.anatomy(stored)
        assert build().anatomy(stored) == agent.anatomy(seen)

    async def test_anatomy_is_read_from_the_trajectories(self, build: Build) -> None:
        """Without a run that shows it, no prompt is claimed to be known."""
        agent = build()
        await self.trajectories(agent)
        assert all(component.text != self.prompt for component in agent.anatomy([]).components)

    async def test_anatomy_does_not_depend_on_the_order_of_runs(self, build: Build) -> None:
        """Runs that end in another order show the same components."""
        agent = build()
        seen = await self.trajectories(agent)
        there, back = agent.anatomy(seen).components, agent.anatomy(seen[::-1]).components
        assert {(one.name, one.text) for one in there} == {(one.name, one.text) for one in back}

    # What tuning does.

    async def test_an_overridden_prompt_reaches_the_model(self, build: Build) -> None:
        """The new text is sent in the old one's place, braces and all, and the trajectory shows it."""
        agent = build()
        text = 'You are someone else. Answer as {"json": {}} with 100 % 🦜.'
        _, trajectory = await rollout(agent, self.tasks[0], await self.config(agent, text))

        assert any(text in system for system in systems(trajectory))
        assert not any(self.prompt in system for system in systems(trajectory))

    async def test_an_empty_configuration_changes_nothing(self, build: Build) -> None:
        """Without texts the agent is as it stands: before and after a tuned run, and with its components listed."""
        agent = build()
        components = (await self.anatomy(agent)).components
        output, before = await rollout(agent, self.tasks[0])
        await rollout(agent, self.tasks[0], await self.config(agent, "You are tuned."))
        again, after = await rollout(agent, self.tasks[0])
        listed, known = await rollout(agent, self.tasks[0], GraphConfig(components=components))

        assert output == again == listed
        assert systems(before) == systems(after) == systems(known)

    async def test_many_configurations_at_once_in_tasks(self, build: Build) -> None:
        """Concurrent runs of one agent each send their own text and show no other's."""
        agent = build()
        configs = self._numbered(await self.anatomy(agent))
        runs = await asyncio.gather(*(rollout(agent, self.tasks[0], config) for config in configs))
        self._each_saw_its_own([trajectory for _, trajectory in runs])

    async def test_many_configurations_at_once_in_threads(self, build: Build) -> None:
        """The same in threads, each with an event loop of its own."""
        agent = build()
        configs = self._numbered(await self.anatomy(agent))

        def one(config: GraphConfig) -> Trajectory:
            return asyncio.run(rollout(agent, self.tasks[0], config))[1]

        with ThreadPoolExecutor(8) as pool:
            seen = await asyncio.get_running_loop().run_in_executor(None, lambda: list(pool.map(one, configs)))
        self._each_saw_its_own(seen)

    async def test_a_missed_override_is_an_error(self, build: Build, changed: Agent) -> None:
        """An agent whose prompt is not the one that the configuration was made for says so, and does not run on."""
        config = await self.config(build(), "You are tuned.")
        with pytest.raises(OverrideMissed):
            await rollout(changed, self.tasks[0], config)

    # Helpers of the tests above.

    async def trajectories(self, agent: Agent) -> list[Trajectory]:
        """One run for each task, as the agent stands."""
        return [(await rollout(agent, task))[1] for task in self.tasks]

    async def anatomy(self, agent: Agent) -> Anatomy:
        """What one run for each task shows of the agent."""
        return agent.anatomy(await self.trajectories(agent))

    def component(self, anatomy: Anatomy) -> Component:
        """The component of the known prompt."""
        found = [one for one in anatomy.components if one.kind == "prompt" and one.text == self.prompt]
        assert len(found) == 1, f"{len(found)} components have the known prompt as their text"
        return found[0]

    async def config(self, agent: Agent, text: str) -> GraphConfig:
        """A configuration that puts `text` in the known prompt's place."""
        return self._with(text, await self.anatomy(agent))

    def _with(self, text: str, anatomy: Anatomy) -> GraphConfig:
        return GraphConfig(components=anatomy.components, texts={self.component(anatomy).name: text})

    def _numbered(self, anatomy: Anatomy) -> list[GraphConfig]:
        return [self._with(f"You are number {number}.", anatomy) for number in range(self.many)]

    def _each_saw_its_own(self, seen: Sequence[Trajectory]) -> None:
        for number, trajectory in enumerate(seen):
            sent = " ".join(systems(trajectory))
            assert f"You are number {number}." in sent
            assert sent.count("You are number ") == sent.count(f"You are number {number}.")
            assert self.prompt not in sent
        assert len({len(trajectory.steps) for trajectory in seen}) == 1, "steps went to other runs"


async def rollout(agent: Agent, task: Task, config: GraphConfig = EMPTY) -> tuple[JsonValue, Trajectory]:
    """One run, and what its spans say."""
    with Recorder().rollout("contract", {}) as recording:
        output = await agent.run(task, config, recording.tracer)
        return output, recording.trajectory()


async def exported(agent: Agent, task: Task) -> Sequence[ReadableSpan]:
    """The spans of one run as a user's exporter gets them."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with Recorder(provider).rollout("contract", {}) as recording:
        await agent.run(task, EMPTY, recording.tracer)
    return exporter.get_finished_spans()


def systems(trajectory: Trajectory) -> list[str]:
    """The system texts that were sent, in order."""
    return [message.text for step in trajectory.models() for message in step.messages if message.role == "system"]


def _check_conventions(span: ReadableSpan) -> None:
    attributes = span.attributes or {}
    operation = attributes.get(semconv.OPERATION)
    if operation == semconv.CHAT:
        assert attributes[semconv.REQUEST_MODEL]
        for name in (semconv.SYSTEM_INSTRUCTIONS, semconv.INPUT_MESSAGES, semconv.OUTPUT_MESSAGES):
            assert isinstance(json.loads(str(attributes[name])), list)
    elif operation == semconv.EXECUTE_TOOL:
        assert attributes[semconv.TOOL_NAME]
        assert isinstance(json.loads(str(attributes[semconv.TOOL_ARGUMENTS])), dict)
    if operation in (semconv.CHAT, semconv.EXECUTE_TOOL, semconv.INVOKE_NODE):
        assert attributes[semconv.NODE_PATH]
