"""The bridge in use: the official engine tunes a LangGraph agent of ours, ours tunes adapters of the official one."""

import re
from pathlib import Path
from typing import Any

import gepa
import pytest
from gepa.adapters.default_adapter.default_adapter import DefaultAdapter
from gepa.strategies.proposal_sampling import IndependentSampling
from gepa_agents_gepa import AgentAdapter, probe, suite, wrap
from gepa_agents_langgraph import wrap as wrap_graph
from langchain_core.messages import SystemMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode

from gepa_agents import Budget, Rollout, Score, Settings, Task, evaluate, optimize
from tests.gepa_adapters import INSTANCES, SEED, Clerk
from tests.langgraph_zoo import Log, Scripted, call

TASKS = [Task(id=f"lamp{number}", input=f"What is the price of number {number}?") for number in range(12)]
PLANNER, WRITER = "You look prices up.", "You write to customers."


@tool
def price(number: str) -> str:
    """Look up a price."""
    return "42" if number.startswith("SO-") else "Error: numbers are written as SO-7."


def desk() -> Any:
    """A node that looks up a price with a tool, and a node that writes the answer; each lacks one rule."""

    def look(messages: Any, _tools: Any) -> Any:
        return call("price", number="SO-7" if "SO-" in messages[0].text else "7")

    def write(messages: Any, _tools: Any) -> str:
        found = next(str(one.text) for one in messages if isinstance(one, ToolMessage))
        return f"{found} EUR" if "currency" in messages[0].text else found

    planner = Scripted(log=Log(), reply=look).bind_tools([price])
    writer = Scripted(log=Log(), reply=write)

    async def plan(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await planner.ainvoke([SystemMessage(PLANNER), *state["messages"]])]}

    async def answer(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await writer.ainvoke([SystemMessage(WRITER), *state["messages"]])]}

    graph = StateGraph(MessagesState)
    graph.add_node("plan", plan)
    graph.add_node("tools", ToolNode([price]))
    graph.add_node("write", answer)
    graph.add_edge(START, "plan")
    graph.add_edge("plan", "tools")
    graph.add_edge("tools", "write")
    graph.add_edge("write", END)
    return graph.compile(name="desk")


def judge(task: Task, rollout: Rollout) -> Score:
    """Half a point for the price and half for the currency; it has a word for the writer alone."""
    right, named = "42" in rollout.text, "EUR" in rollout.text
    words = {} if named else {"write": "Always name the currency."}
    return Score(value=right / 2 + named / 2, by_component=words, objectives={"short": -float(len(rollout.text))})


class Reflection:
    """A simulated reflection model for the official engine: writes down rules that it reads, and remembers prompts."""

    def __init__(self) -> None:
        self.prompts: list[str] = []

    def __call__(self, prompt: str) -> str:
        self.prompts.append(prompt)
        current = re.search(r"```\n(.*?)\n```", prompt, re.DOTALL)
        rules = [rule for rule in ("numbers are written as SO-7", "name the currency") if rule in prompt]
        return "```\n" + "\n".join([current[1] if current else "", *rules]) + "\n```"


def tune(adapter: AgentAdapter, reflection: Reflection, **options: Any) -> Any:
    """The official engine on our agent, quietly."""

    class Quiet:
        def log(self, message: str) -> None:
            """Say nothing."""

    return gepa.optimize(
        seed_candidate=adapter.seed_candidate,
        trainset=TASKS[:7],
        valset=TASKS[7:],
        adapter=adapter,
        reflection_lm=reflection,
        max_metric_calls=60,
        logger=Quiet(),
        **options,
    )


async def test_the_official_engine_tunes_a_langgraph_agent():
    """From nothing to everything within a running event loop: one rule came from the trace alone, one from the metric;
    each node's records hold its own evidence and not the other's, and the result is a configuration of ours."""
    agent = wrap_graph(desk())
    adapter = probe(agent, TASKS[:2], metric=judge)
    assert adapter.seed_candidate == {"plan.system": PLANNER, "write.system": WRITER}
    reflection = Reflection()

    result = tune(adapter, reflection, frontier_type="hybrid")

    assert result.val_aggregate_scores[0] == 0
    assert max(result.val_aggregate_scores) == 1
    planner = [prompt for prompt in reflection.prompts if PLANNER in prompt]
    writer = [prompt for prompt in reflection.prompts if WRITER in prompt]
    assert "It called `price`" in planner[0]
    assert "numbers are written as SO-7" in planner[0]
    assert "Always name the currency" in writer[0]
    assert not any("Always name the currency" in prompt for prompt in planner)
    assert not any("It called `price`" in prompt for prompt in writer)
    config = adapter.config(result.best_candidate)
    assert set(config.texts) == {"plan.system", "write.system"}
    assert evaluate(agent, TASKS, metric=judge, config=config).mean == 1
    assert "42 EUR" in (await agent.apply(config).ainvoke({"messages": [("user", "Price?")]}))["messages"][-1].text


def test_without_the_evidence_the_official_engine_gets_nowhere(monkeypatch: pytest.MonkeyPatch):
    """The same run with the records' contents taken out improves nothing: it was the evidence that did it."""
    adapter = probe(wrap_graph(desk()), TASKS[:2], metric=judge)

    def bare(_candidate: Any, _batch: Any, components: list[str]) -> dict[str, list[dict[str, str]]]:
        return {name: [{"Feedback": "It could be better."}] for name in components}

    monkeypatch.setattr(adapter, "make_reflective_dataset", bare)
    assert max(tune(adapter, Reflection()).val_aggregate_scores) == 0


def test_the_official_engine_with_everything_on(tmp_path: Path):
    """Several proposals an iteration, merges, its cache and its pickled run folder take our adapter, and a second call
    goes on from the folder."""
    adapter = probe(wrap_graph(desk()), TASKS[:2], metric=judge)
    options: dict[str, Any] = {
        "sampling_strategy": IndependentSampling(3),
        "module_selector": adapter.select,
        "use_merge": True,
        "cache_evaluation": True,
        "run_dir": str(tmp_path),
    }
    first = tune(adapter, Reflection(), **options)
    assert max(first.val_aggregate_scores) == 1
    again = tune(adapter, Reflection(), **options)
    assert again.best_candidate == first.best_candidate
    assert again.total_metric_calls == first.total_metric_calls


def reflect(prompt: str) -> str:
    """A simulated reflection model of ours: writes down the rules that stand in the evidence."""
    shown = prompt.partition("## Evidence")[2].partition("## Tried before")[0]
    current = re.search(r"## Current text.*?`{3,}\n(.*?)\n`{3,}", prompt, re.DOTALL)
    rules = [rule for rule in ("Look under the year.", "Use capital letters.", "Say please.") if rule in shown]
    text = "\n".join([current[1] if current else "", *rules])
    return f"<diagnosis>{len(rules)} rules</diagnosis>\n<text>\n{text}\n</text>"


def test_our_engine_tunes_an_adapter_of_the_official_package():
    """A hand-written adapter of two components is solved, each component by its own feedback, and the result is a
    candidate of the adapter in the seed's order."""
    adapter = Clerk()
    agent = wrap(adapter, SEED)
    prompts: list[str] = []

    def remembering(prompt: str) -> str:
        prompts.append(prompt)
        return reflect(prompt)

    result = optimize(
        agent,
        suite(train=INSTANCES[:5], val=INSTANCES[5:9], test=INSTANCES[9:]),
        metric=agent.metric,
        reflection_lm=remembering,
        budget=Budget(rollouts=80),
    )

    assert result.baseline_val == 0
    assert result.test is not None
    assert result.test.tuned == 1
    candidate = agent.candidate(result.best)
    assert list(candidate) == list(SEED)
    assert adapter.evaluate(INSTANCES, candidate).scores == [1.0] * len(INSTANCES)
    about = [prompt for prompt in prompts if "`extract`" in prompt.split("\n")[0]]
    assert about
    assert not any("Use capital letters." in prompt for prompt in about)
    assert any("question: What is word" in prompt for prompt in about)


def test_our_engine_tunes_the_default_adapter(tmp_path):
    """The adapter that the official engine takes by itself, with a simulated model; the run is durable and resumes."""
    asked: list[str] = []

    def model(messages: Any) -> str:
        asked.append(messages[1]["content"])
        return "lamp, please" if "Say please." in messages[0]["content"] else "lamp"

    instances: list[Any] = [
        {"input": f"Order {n}", "answer": "please", "additional_context": {"hint": "Say please."}} for n in range(9)
    ]
    tasks = suite(train=instances[:4], val=instances[4:7], test=instances[7:])

    def run() -> Any:
        agent = wrap(DefaultAdapter(model), {"system": "You order lamps."})
        return optimize(
            agent,
            tasks,
            metric=agent.metric,
            reflection_lm=reflect,
            budget=Budget(rollouts=40),
            settings=Settings(concurrency=4),
            run=tmp_path / "run",
        )

    first = run()
    paid = len(asked)
    assert first.best_val == 1
    assert paid == first.spent.rollouts
    assert run().best == first.best
    assert len(asked) == paid
