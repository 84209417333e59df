"""What code blocks in the documents need around them, by the name in `<!-- prelude: name -->`."""

import json
from pathlib import Path

import pytest

AGENT = '''
"""A tiny agent for code blocks: one node, and a model that is a script."""

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.graph import END, START, MessagesState, StateGraph


class Simulated(BaseChatModel):
    """Names the price only if its prompt asks for prices."""

    @property
    def _llm_type(self):
        return "simulated"

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        asked = any("price" in message.text for message in messages if isinstance(message, SystemMessage))
        text = "It is 42 EUR." if asked else "It is a fine lamp."
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])


def answer(state):
    return {"messages": [Simulated().invoke([SystemMessage("You help in a shop."), *state["messages"]])]}


builder = StateGraph(MessagesState)
builder.add_node("answer", answer)
builder.add_edge(START, "answer")
builder.add_edge("answer", END)
graph = builder.compile(name="my_agent")
'''


def my_agent(folder: Path) -> None:
    """`my_agent.py` with a graph, and thirty tasks about prices."""
    (folder / "my_agent.py").write_text(AGENT, encoding="utf-8")
    tasks = [
        {
            "id": f"lamp-{number}",
            "input": {"messages": [{"role": "user", "content": f"What does lamp {number} cost?"}]},
            "expected": "42 EUR",
        }
        for number in range(30)
    ]
    (folder / "tasks.jsonl").write_text("\n".join(map(json.dumps, tasks)), encoding="utf-8")


def traces(folder: Path) -> None:
    """`traces.jsonl`: three recorded runs."""
    recorded = Path(__file__).parents[1] / "traces" / "genai.jsonl"
    (folder / "traces.jsonl").write_bytes(recorded.read_bytes())


def evaluators(folder: Path) -> None:
    """Nothing but the packages that the document is about."""
    for package in ("openevals", "agentevals"):
        pytest.importorskip(package, reason="needs the extra `evaluators`")


PRELUDES = {"my_agent": my_agent, "traces": traces, "evaluators": evaluators}
