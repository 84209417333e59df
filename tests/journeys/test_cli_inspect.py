"""`inspect` with probes: what it says of tools that it can't see."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from gepa_agents_cli.app import app
from typer.testing import CliRunner

from tests.journeys.cli_project import forgotten

AGENT = """
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition


@tool
def price(article: str) -> str:
    '''Look a price up.'''
    return "42 EUR"


class Scripted(BaseChatModel):
    @property
    def _llm_type(self):
        return "scripted"

    def bind_tools(self, tools, **kwargs):
        return self.bind(tools=[OFFERED for tool in tools])

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        call = {"name": "price", "args": {"article": "lamp"}, "id": "1"}
        done = isinstance(messages[-1], ToolMessage)
        message = AIMessage(messages[-1].content) if done else AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=message)])


def desk(state: MessagesState):
    said = [SystemMessage("You help in a shop."), *state["messages"]]
    return {"messages": [Scripted().bind_tools([price]).invoke(said)]}


builder = StateGraph(MessagesState)
builder.add_node("desk", desk)
builder.add_node("tools", ToolNode([price]))
builder.add_edge(START, "desk")
builder.add_conditional_edges("desk", tools_condition)
builder.add_edge("tools", "desk")
graph = builder.compile()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder."""
    monkeypatch.chdir(tmp_path)
    with forgotten():
        yield tmp_path


def looked(folder: Path, offered: str) -> str:
    """What `inspect` prints of the agent whose model hands its tools on as `offered`."""
    (folder / "tiny_shop.py").write_text(AGENT.replace("OFFERED", offered))
    outcome = CliRunner().invoke(app, ["inspect", "tiny_shop:graph", "--probe", "The lamp?"], catch_exceptions=False)
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout


def test_tools_that_a_model_of_ones_own_hides_are_told(folder: Path) -> None:
    """A tool that ran though nobody saw it offered: `inspect` names node and tool, and the line that shows it."""
    said = looked(folder, "tool.name")
    assert "desk: its model called price, which it was not seen to be offered" in said
    assert "convert_to_openai_tool" in said
    assert "tools.price.description" not in said


def test_tools_that_are_seen_are_listed(folder: Path) -> None:
    """Handed on as the remedy says, the tool's description is found and nothing is out of sight."""
    said = looked(folder, "convert_to_openai_tool(tool)")
    assert "tools.price.description" in said
    assert "out of sight" not in said
