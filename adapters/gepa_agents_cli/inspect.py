"""`inspect`: an agent as the optimizer sees it. Without probes, what its structure tells; with them, what it did."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

from gepa_agents.loop.evaluate import Evaluation, aevaluate
from gepa_agents.loop.evolution import tunable
from gepa_agents.ports.agent import Agent
from gepa_agents.words.component import Anatomy, Component
from gepa_agents.words.errors import AgentError, ConfigError
from gepa_agents.words.settings import Settings
from gepa_agents.words.task import Task
from gepa_agents.words.usage import Usage
from gepa_agents_cli import project as files
from gepa_agents_cli.config import Project, load
from gepa_agents_cli.documents import Failed, Inspected
from gepa_agents_cli.running import interruptible
from gepa_agents_cli.screen import Output, say
from gepa_agents_cli.standing import counted

COSTS = "it calls the agent's models and tools, with their costs and side effects"
LINES = 4
"""Lines of a text that are shown unless it is wanted in full."""

LEFT_ALONE = '(left alone; tune = ["prompts", "tools"] in the settings tunes them)'

Line = tuple[str, str]
"""A line and its style."""


def inspect(reference: str, probes: tuple[str, ...], tasks: int, out: Output, *, full: bool) -> None:
    """Show the agent that `reference` (`module:attribute`, or a gepa.toml) names.

    Raises `AgentError` when it can't be loaded or every probe failed, `ConfigError` for a broken gepa.toml or probe.
    """
    project = load(Path(reference)) if reference.endswith(".toml") else None
    agent = files.wrapped(reference, Path.cwd()) if project is None else files.agent(project)
    settings = Settings() if project is None else project.tables.settings
    trials = [*map(probe_task, range(1, len(probes) + 1), probes), *_first(project, tasks)]
    evaluation = _probed(agent, trials, settings, out) if trials else None
    anatomy = agent.anatomy([rollout.trajectory for rollout in evaluation.rollouts] if evaluation else [])
    for text, style in [
        *structure(agent.name, anatomy),
        *texts(anatomy, settings, LINES if not full else None),
        *(
            [*unreachable(anatomy), *unseen(evaluation), *cost(evaluation)]
            if evaluation
            else advice(reference, agent, project)
        ),
    ]:
        say(out.end, text, style)
    out.document(document(agent.name, anatomy, settings, evaluation))


def document(name: str, anatomy: Anatomy, settings: Settings, evaluation: Evaluation | None) -> Inspected:
    """The same for scripts."""
    rollouts = evaluation.rollouts if evaluation else ()
    return Inspected(
        agent=name,
        anatomy=anatomy,
        tunable=tuple(component.name for component in tunable(anatomy, settings)),
        probed=len(rollouts),
        failed=tuple(Failed(task=one.task, message=one.fault.message) for one in rollouts if one.fault is not None),
        usage=evaluation.usage if evaluation else Usage(),
    )


def probe_task(number: int, text: str) -> Task:
    """A probe as a task: a JSON object is a graph state, anything else a text. `ConfigError` for broken JSON."""
    if not text.lstrip().startswith("{"):
        return Task(id=f"probe {number}", input=text)
    try:
        return Task(id=f"probe {number}", input=json.loads(text))
    except json.JSONDecodeError as error:
        raise ConfigError(f"probe {number} is no JSON object ({error.msg} at column {error.colno})") from error


def _first(project: Project | None, tasks: int) -> tuple[Task, ...]:
    if tasks and project is None:
        raise ConfigError("--tasks takes the tasks of a gepa.toml; give one, or use --probe")
    return files.suite(project).train[:tasks] if project is not None and tasks else ()


def _probed(agent: Agent, trials: list[Task], settings: Settings, out: Output) -> Evaluation:
    """Run the agent as it stands; no metric is asked."""
    say(out.course, f"running the agent on {counted(len(trials), 'task')}: {COSTS}")
    work = aevaluate(agent, trials, metric=lambda _task, _rollout: 0.0, settings=settings)
    evaluation = interruptible(work, out.end, "a probe keeps nothing")
    faults = [f"`{one.task}`: {one.fault.message}" for one in evaluation.rollouts if one.fault is not None]
    if len(faults) == len(trials):
        which = "on" if len(faults) == 1 else f"on all {len(faults)} tasks, first on"
        raise AgentError(f"the agent failed {which} {faults[0]}; mend the input or the agent")
    for fault in faults:
        say(out.end, f"failed on {fault}", "red")
    return evaluation


def structure(name: str, anatomy: Anatomy) -> Iterator[Line]:
    """The nodes, each with where it leads."""
    yield f"{name}: {counted(len(anatomy.nodes), 'node')}, {counted(len(anatomy.components), 'text')}", "bold"
    yield "", ""
    yield "nodes", "bold"
    starts = [source for source, _ in anatomy.edges if source not in anatomy.nodes]
    for node in dict.fromkeys([*starts, *anatomy.nodes]):
        targets = ", ".join(target for source, target in anatomy.edges if source == node)
        yield f"  {node}" + (f" → {targets}" if targets else ""), ""


def texts(anatomy: Anatomy, settings: Settings, lines: int | None) -> Iterator[Line]:
    """Every text that was found, and whether these settings tune it."""
    chosen = {component.name for component in tunable(anatomy, settings)}
    for title, wanted in (("prompts", True), ("tools", False)):
        found = [one for one in anatomy.components if (one.kind == "prompt") == wanted]
        if not found:
            continue
        yield "", ""
        yield title if wanted or "tools" in settings.tune else f"{title} {LEFT_ALONE}", "bold"
        for component in found:
            words = ", ".join(traits(component, component.name in chosen))
            yield f"  {component.name}" + (f" ({words})" if words else ""), ""
            yield from _excerpt(component.text, lines)


def traits(component: Component, chosen: bool) -> Iterator[str]:
    """What is to be known of a component, in a few words each."""
    if component.kind == "prompt" and component.role == "user":
        yield "in a user message"
    if component.kind != "prompt" and component.node:
        yield f"used by {component.node}"
    if component.registered:
        yield "named with prompt(...)"
    if component.slots:
        yield "slots " + ", ".join(slot.name for slot in component.slots)
    if chosen:
        yield "tunable"
    elif component.kind == "prompt":
        yield "left out by the settings"


def _excerpt(text: str, lines: int | None) -> Iterator[Line]:
    every = text.splitlines() or ["(empty)"]
    for line in every[:lines]:
        yield f"    {line}", "dim"
    if lines is not None and len(every) > lines:
        yield f"    … {counted(len(every) - lines, 'more line')}, see --full", "dim"


def unreachable(anatomy: Anatomy) -> Iterator[Line]:
    """What can't be tuned, why, and what to do."""
    if anatomy.unreachable:
        yield "", ""
        yield "out of reach", "bold"
    for one in anatomy.unreachable:
        yield f"  {one.node}: {one.reason}", "yellow"
        yield f"    {one.remedy}", ""


def unseen(evaluation: Evaluation) -> Iterator[Line]:
    """Tools that a model called and that ran, while it was not seen that the model had been offered them.

    So it is with a chat model of one's own that hands its tools on in another form than LangChain's dictionaries.
    """
    found: dict[str, set[str]] = {}
    for rollout in evaluation.rollouts:
        ran = {step.tool for step in rollout.trajectory.tools()}
        for step in rollout.trajectory.models():
            called = {call.name for call in step.reply.tool_calls} if step.reply is not None else set[str]()
            if hidden := (called & ran) - {tool.name for tool in step.tools}:
                found.setdefault(step.node, set()).update(hidden)
    if found:
        yield "", ""
        yield "tools out of sight", "bold"
    for node, names in found.items():
        listed = ", ".join(sorted(names))
        yield (
            f"  {node}: its model called {listed}, which it was not seen to be offered; reflection won't see it either",
            "yellow",
        )
        yield "    where bind_tools is your own: self.bind(tools=[convert_to_openai_tool(tool) for tool in tools])", ""


def cost(evaluation: Evaluation) -> Iterator[Line]:
    """What the probes cost."""
    usage = evaluation.usage
    yield "", ""
    yield (
        f"probing took {counted(usage.calls, 'model call')}, {counted(usage.tokens, 'token')}, "
        f"{evaluation.seconds:.1f} s a task",
        "dim",
    )


def advice(reference: str, agent: Agent, project: Project | None) -> Iterator[Line]:
    """How to see more."""
    flag = f"--probe {example(agent)}" if project is None else "--tasks 3"
    yield "", ""
    yield (
        "This is what the structure tells. Prompts and tools show when the agent runs; let it run on a task or two:",
        "",
    )
    yield f"  gepa-agents inspect {reference} {flag}", ""
    yield f"({COSTS})", ""


def example(agent: Agent) -> str:
    """A probe as it is typed: a text for a graph of messages, its own state's keys for another."""
    from gepa_agents_langgraph.agent import LangGraphAgent

    from gepa_agents_cli import templates

    taken = agent.shape() if isinstance(agent, LangGraphAgent) else None
    if taken is None or not taken.inputs or any(key.name == "messages" for key in taken.inputs):
        return '"a task"'
    return shlex.quote(json.dumps(templates.given(taken, "a task"), ensure_ascii=False))
