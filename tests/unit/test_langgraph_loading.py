"""What can be wrapped: graphs, functions that make them, references; and what is said of anything else."""

import contextlib
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from gepa_agents_langgraph import wrap
from langchain_core.runnables import RunnableConfig
from langgraph.func import entrypoint
from langgraph.graph import START, MessagesState, StateGraph

from gepa_agents.words.errors import AgentError
from tests.langgraph_zoo import Log, agent, closures, fan_out

MODULE = """
from langgraph.graph import START, MessagesState, StateGraph

builder = StateGraph(MessagesState)
builder.add_node("only", lambda state: {})
builder.add_edge(START, "only")
graph = builder.compile()

class Inside:
    named = builder.compile(name="desk")

def make(config):
    return graph

def broken():
    return 1 / 0

number = 3
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the module `zoo_agent`, and being in it."""
    (tmp_path / "zoo_agent.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "zoo_broken.py").write_text("import json\n\nthis is no python\n", encoding="utf-8")
    (tmp_path / "zoo_raising.py").write_text("\nraise OSError('no key')\n", encoding="utf-8")
    (tmp_path / "zoo_needing.py").write_text("import zoo_nothing_here\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("zoo_")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("zoo_agent:graph", "graph"),
        ("zoo_agent:Inside.named", "desk"),
        ("zoo_agent:make", "make"),
        ("zoo_agent.py:graph", "graph"),
    ],
)
def test_a_reference_is_followed(project: Path, reference: str, name: str) -> None:
    """A module next to the current folder, an attribute within it, a factory, a file: all are found and named."""
    assert wrap(reference).name == name
    assert wrap(reference).anatomy([]).nodes == ("only",)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("zoo_agent", "`zoo_agent` is no reference to a graph; write module:attribute"),
        ("zoo_missing:graph", r"there is no module `zoo_missing` in .* or installed"),
        ("zoo_agent:grahp", r"zoo_agent\.py has no `grahp`"),
        ("zoo_agent:number", "`zoo_agent:number` is a int, no compiled LangGraph"),
        ("zoo_agent:builder", r"StateGraph that is not compiled; hand over `graph\.compile\(\)`"),
        ("zoo_agent:broken", r"the factory `zoo_agent:broken` raised ZeroDivisionError: .*zoo_agent\.py:16"),
        ("zoo_broken:graph", r"can't be imported: SyntaxError: .*zoo_broken\.py:3"),
        ("zoo_raising:graph", r"can't be imported: OSError: no key .*zoo_raising\.py:2"),
        ("zoo_needing:graph", r"ModuleNotFoundError: No module named 'zoo_nothing_here' .*zoo_needing\.py:1"),
    ],
)
def test_a_wrong_reference_is_told(project: Path, reference: str, message: str) -> None:
    """Every way in which a reference can be wrong has its own sentence, with the place."""
    with pytest.raises(AgentError, match=message):
        wrap(reference)


def builder() -> Any:
    """A graph that is not compiled."""
    graph = StateGraph(MessagesState)
    graph.add_node("only", lambda state: {})
    graph.add_edge(START, "only")
    return graph


def plain_factory() -> Any:
    """Takes nothing."""
    return closures(Log())


def configured(config: RunnableConfig) -> Any:
    """Takes a config."""
    assert config["configurable"] == {}
    return closures(Log())


def by_keyword(*, config: RunnableConfig) -> Any:
    """Takes a config by name."""
    return closures(Log())


async def awaited() -> Any:
    """Is awaited."""
    return closures(Log())


@pytest.mark.parametrize("factory", [plain_factory, configured, by_keyword, awaited])
async def test_a_factory_is_called(factory: Any) -> None:
    """A function that makes a graph is called, with a config if it takes one, and awaited, also within a loop."""
    assert wrap(factory).name == "closures"


@contextlib.asynccontextmanager
async def managed() -> AsyncIterator[Any]:
    """A factory that holds something open."""
    yield closures(Log())


def greedy(model: str, tools: list[str]) -> Any:
    """Wants more than a config."""


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (builder(), r"this is a StateGraph that is not compiled; hand over `graph\.compile\(\)`"),
        (builder, r"the factory `builder` is a StateGraph that is not compiled"),
        (managed, "context manager"),
        (greedy, r"the factory `greedy` wants 2 arguments \(model, tools\)"),
        (closures(Log()).with_retry(), "graph within a RunnableRetry; hand over the graph itself"),
        (entrypoint(), "entrypoint"),
        (7, "this is a int, no compiled LangGraph"),
    ],
)
def test_what_is_no_graph_is_told(given: Any, message: str) -> None:
    """Anything else than a compiled graph is refused with what to hand over instead."""
    with pytest.raises(AgentError, match=message):
        wrap(given)


def test_names() -> None:
    """An agent is called what its graph is called, or its factory."""
    assert wrap(agent(Log())).name == "shop"
    assert wrap(fan_out(Log())).name == "graph"


def test_structure_without_a_probe() -> None:
    """Without any run, nodes and edges are known, and each text is said to need one."""
    anatomy = wrap(closures(Log())).anatomy([])
    assert anatomy.nodes == ("plan", "work", "tools", "write")
    assert ("plan", "work") in anatomy.edges
    assert ("__start__", "plan") in anatomy.edges
    assert {one.node for one in anatomy.unreachable} == {"plan", "work", "write"}
    assert all("did not run" in one.reason for one in anatomy.unreachable)
