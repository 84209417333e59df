"""What we rely on in LangChain and LangGraph, watched over the versions that we support. See decision 0002."""

import ast
import inspect
import textwrap
from typing import Any

import pytest
from gepa_agents_langgraph import hook, wrap
from gepa_agents_langgraph.carrying import running
from gepa_agents_langgraph.overlay import Overlay
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.prompt_values import ChatPromptValue

from gepa_agents.words.component import Component
from gepa_agents.words.errors import AgentError
from gepa_agents.words.graph_config import GraphConfig
from tests.langgraph_zoo import Log, Scripted, agent, says


@pytest.fixture
def overlay() -> Overlay:
    """New texts for what is asked outside any node."""
    old = Component(name="p", kind="prompt", text="old", node="")
    return Overlay(GraphConfig(components=(old,), texts={"p": "new"}))


def test_the_hook_is_as_expected() -> None:
    """The guard passes: the method has its signature, and every entrance calls it."""
    hook.guard()


def test_only_the_entrances_convert() -> None:
    """No method but the known entrances calls `_convert_input`, so none is missed."""
    callers = {
        name
        for name, method in vars(BaseChatModel).items()
        if inspect.isfunction(method) and hook.CONVERT in inspect.unwrap(method).__code__.co_names
    }
    assert callers - {hook.CONVERT} <= {*hook.ENTRANCES, *hook.FURTHER}
    assert set(hook.ENTRANCES) <= callers


async def test_every_entrance_passes_through(overlay: Overlay) -> None:
    """`invoke`, `ainvoke`, `stream`, `astream`, `batch` and `abatch` all send the new text."""
    hook.install()
    log = Log()
    model = Scripted(log=log, reply=says("text"))
    asked = [SystemMessage("old"), HumanMessage("x")]
    with running(overlay):
        model.invoke(asked)
        await model.ainvoke(asked)
        list(model.stream(asked))
        [chunk async for chunk in model.astream(asked)]
        model.batch([asked])
        await model.abatch([asked])
    assert [call.system for call in log.calls] == ["new"] * 6


@pytest.mark.parametrize(
    "shape", [lambda ms: ms, lambda ms: ChatPromptValue(messages=ms), lambda ms: [("system", "old")]]
)
def test_every_input_passes_through(overlay: Overlay, shape: Any) -> None:
    """Messages, prompt values and pairs are all reached; what was given stays as it is."""
    hook.install()
    log = Log()
    messages = [SystemMessage("old")]
    with running(overlay):
        Scripted(log=log, reply=says("text")).invoke(shape(messages))
    assert log.calls[0].system == "new"
    assert messages[0].content == "old"


def test_without_an_overlay_nothing_happens() -> None:
    """Outside a run the very same value comes out of the hook."""
    hook.install()
    value = ChatPromptValue(messages=[SystemMessage("old")])
    assert Scripted(log=Log(), reply=says("text"))._convert_input(value) is value


def test_it_is_installed_once() -> None:
    """Installing again changes nothing."""
    hook.install()
    before = (BaseChatModel._convert_input, BaseChatModel.invoke)
    hook.install()
    assert (BaseChatModel._convert_input, BaseChatModel.invoke) == before


@pytest.mark.parametrize("change", ["gone", "signature", "entrance"])
def test_a_moved_hook_is_refused(monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    """When LangChain moves what we rely on, wrapping says so, with the version, instead of tuning nothing."""
    if change == "gone":
        monkeypatch.delattr(BaseChatModel, hook.CONVERT)
    elif change == "signature":
        monkeypatch.setattr(BaseChatModel, hook.CONVERT, lambda self, model_input, config: None)
    else:
        monkeypatch.setattr(BaseChatModel, hook.CONVERT, inspect.unwrap(BaseChatModel._convert_input))
        monkeypatch.setattr(BaseChatModel, "astream", lambda self, input: None)
    with pytest.raises(AgentError, match=r"langchain-core \d.* has changed `BaseChatModel._convert_input`"):
        wrap(agent(Log()))


def test_everything_runs_through_stream() -> None:
    """A graph's `invoke` and `ainvoke` run `self.stream` and `self.astream`, where an applied graph sets its texts."""
    from langgraph.pregel import Pregel

    for method, inner in ((Pregel.invoke, "stream"), (Pregel.ainvoke, "astream")):
        tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
        calls = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert inner in calls
