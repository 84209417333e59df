"""Prompts for LangSmith: what LangChain's own serializer writes, and reads again."""

import inspect
import json
from typing import Any

import pytest
from gepa_agents_langsmith import identifier, prompt, prompts
from langchain_core.load import load
from langchain_core.prompts import ChatPromptTemplate

from gepa_agents import Component, ConfigError, GraphConfig, Slot, export

CORE: dict[str, Any] = {"allowed_objects": "core"} if "allowed_objects" in inspect.signature(load).parameters else {}
"""What newer versions of LangChain want to be told."""
PLANNER = Component(
    name="trips/planner.system",
    kind="prompt",
    text="Plan for {city}.",
    node="trips/planner",
    slots=(Slot(name="city"),),
)
ASKER = Component(name="ask.user", kind="prompt", text="Ask.", node="ask", role="user")
TOOL = Component(name="tools.find.description", kind="tool_description", text="Find.", tool="find")
CONFIG = GraphConfig(
    components=(PLANNER, ASKER, TOOL),
    texts={PLANNER.name: 'Say {"city": "{city}"} {x}.', TOOL.name: "Find it."},
    graph_id="Trips & more",
)


def document(**options: str) -> Any:
    """The exported document."""
    return json.loads(export(CONFIG, "langsmith", **options).content)


@pytest.mark.filterwarnings("ignore:The function `load` is in beta")
def test_each_prompt_comes_back_as_a_template():
    """LangChain loads each manifest; slots are its variables, other braces stay, roles too."""
    found = document()
    assert [one["component"] for one in found["prompts"]] == [PLANNER.name, ASKER.name]
    assert [one["changed"] for one in found["prompts"]] == [True, False]
    planner, asker = (load(one["manifest"], **CORE) for one in found["prompts"])
    assert isinstance(planner, ChatPromptTemplate)
    assert planner.input_variables == ["city"]
    (message,) = planner.format_messages(city="{x}")
    assert (message.type, message.content) == ("system", 'Say {"city": "{x}"} {x}.')
    (message,) = asker.format_messages()
    assert (message.type, message.content) == ("human", "Ask.")
    assert prompts(CONFIG) == {PLANNER.name: planner, ASKER.name: asker}


def test_names_are_what_langsmith_takes():
    """Small letters, digits, hyphens; the graph's name first, or another that is given."""
    assert [one["identifier"] for one in document()["prompts"]] == [
        "trips-more-trips-planner-system",
        "trips-more-ask-user",
    ]
    assert document(graph_id="desk")["prompts"][1]["identifier"] == "desk-ask-user"
    assert identifier("4", ASKER) == "p-4-ask-user"


def test_what_is_no_prompt_is_named():
    """A tuned description of a tool is left out, and a remark says so; with nothing else it is an error."""
    assert export(CONFIG, "langsmith").remarks == ("left out, for they are no prompts: tools.find.description",)
    with pytest.raises(ConfigError, match="has no prompts"):
        export(GraphConfig(components=(TOOL,)), "langsmith")
    strange = PLANNER.model_copy(update={"text": "Plan {a b}.", "slots": (Slot(name="a b"),)})
    with pytest.raises(ConfigError, match="is no name of a variable"):
        prompt(strange, strange.text)


def test_two_prompts_never_get_one_name():
    """Nodes whose names differ in characters that LangSmith does not take would overwrite each other's prompt."""
    config = GraphConfig(
        components=tuple(
            Component(name=f"{node}.system", kind="prompt", text="Go.", node=node) for node in ("规划", "执行", "ask")
        ),
        graph_id="desk",
    )
    entries = json.loads(export(config, "langsmith").content)["prompts"]
    names = [one["identifier"] for one in entries]
    assert len(set(names)) == 3
    assert names[2] == "desk-ask-system"
    assert all(name.startswith("desk-system-") for name in names[:2])
    assert names == [one["identifier"] for one in json.loads(export(config, "langsmith").content)["prompts"]]
