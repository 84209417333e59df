"""What `export --format langgraph-assistant` writes, given to a real LangGraph server."""

import importlib.util
import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import pytest

from gepa_agents import Component, GraphConfig, Slot, export
from tests.langgraph_server import Server, serving

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("langgraph_api") is None,
    reason='needs a LangGraph server in memory: pip install "langgraph-cli[inmem]"',
)

AGENT = '''
from dataclasses import dataclass

from gepa_agents_langgraph import wrap
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.runtime import Runtime


class Repeating(BaseChatModel):
    """A simulated model that says what its system prompt is."""

    @property
    def _llm_type(self):
        return "repeating"

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        return ChatResult(generations=[ChatGeneration(message=AIMessage(messages[0].content))])


@dataclass
class Shop:
    name: str = "the shop"


async def answer(state: MessagesState, runtime: Runtime[Shop]):
    name = runtime.context.name if isinstance(runtime.context, Shop) else "the shop"
    reply = await Repeating().ainvoke([SystemMessage(f"You help in {name}. Be brief."), *state["messages"]])
    return {"messages": [reply]}


def built(**options):
    builder = StateGraph(MessagesState, **options)
    builder.add_node("answer", answer)
    builder.add_edge(START, "answer")
    builder.add_edge("answer", END)
    return builder.compile()


desk = wrap(built(context_schema=Shop)).serving()


def made(config):
    return wrap(built()).serving()
'''
COMPONENT = Component(
    name="answer.system",
    kind="prompt",
    text="You help in {name}. Be brief.",
    node="answer",
    slots=(Slot(name="name"),),
)
OWN = "You help in the shop. Be brief."
BY = pytest.mark.parametrize("by", ["config", "context"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a compiled graph that has a context, and a function that makes one without."""
    folder = tmp_path_factory.mktemp("deployed")
    (folder / "agent.py").write_text(AGENT)
    graphs = {"desk": "./agent.py:desk", "made": "./agent.py:made"}
    (folder / "langgraph.json").write_text(json.dumps({"dependencies": ["."], "graphs": graphs}))
    with serving(folder) as running:
        yield running


def body(text: str, by: str, graph: str = "desk") -> Any:
    """The exported body of a candidate with that text."""
    config = GraphConfig(components=(COMPONENT,), texts={"answer.system": text}, graph_id="LangGraph")
    return json.loads(export(config, "langgraph-assistant", graph_id=graph, by=by).content)


@pytest.mark.parametrize(("by", "graph"), [("config", "desk"), ("context", "desk"), ("context", "made")])
def test_an_assistant_is_created_versioned_and_run_with_the_tuned_text(server: Server, by: str, graph: str):
    """POST makes it, PATCH makes version 2, and each version's runs see its text, slots filled, braces intact."""
    made = server.call("POST", "/assistants", body('In {name}, answer {"a": 1}.', by, graph))
    assert made["version"] == 1
    assert server.run(made["assistant_id"]) == 'In the shop, answer {"a": 1}.'
    changed = server.call("PATCH", f"/assistants/{made['assistant_id']}", body("Welcome to {name}.", by, graph))
    assert changed["version"] == 2
    assert server.run(made["assistant_id"]) == "Welcome to the shop."
    server.call("POST", f"/assistants/{made['assistant_id']}/latest", {"version": 1})
    assert server.run(made["assistant_id"]) == 'In the shop, answer {"a": 1}.'


@BY
def test_a_run_may_bring_the_texts_itself(server: Server, by: str):
    """The same config or context in a run's request has the same effect; the next run is one of the graph again."""
    assert server.run("desk", **{by: body("Only in {name} now.", by)[by]}) == "Only in the shop now."
    assert server.run("desk") == OWN


@BY
def test_the_graphs_own_context_still_counts(server: Server, by: str):
    """An assistant with tuned texts takes what the graph's `context_schema` asks for beside them."""
    made = server.call("POST", "/assistants", body("Welcome to {name}.", by))
    own = {"name": "the bakery"}
    brought = {"config": {"config": {"configurable": own}}, "context": {"context": own}}
    assert server.run(made["assistant_id"], **brought[by]) == "Welcome to the bakery."


def test_texts_of_another_graph_fail_the_run(server: Server):
    """Texts that nobody can place are never passed over in silence."""
    lost = body("x {name}", "context")["context"]
    del lost["promptset_components"]
    assert "GraphConfigError" in server.run("desk", context=lost)


def test_the_server_takes_one_of_config_and_context(server: Server):
    """Why the body has one of the two: a server refuses both at once."""
    both = {**body("x {name}", "config"), **body("x {name}", "context")}
    with pytest.raises(HTTPError, match="400"):
        server.call("POST", "/assistants", both)
