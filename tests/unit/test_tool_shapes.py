"""What LangChain's packages bind when a tool is offered, written down as they do it, and how it is read and rewritten.

Against the packages themselves: tests/contracts/test_tool_providers.py.
"""

import copy
from typing import Annotated, Any

import pytest
from gepa_agents_langgraph import messages, tool_texts
from gepa_agents_langgraph.offered import Descriptions
from langchain_core.tools import tool
from pydantic import BaseModel, Field

from gepa_agents.words.component import Component
from gepa_agents.words.trajectory import ModelStep, ToolDefinition

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "A city."},
        "stay": {
            "type": "object",
            "description": "When.",
            "properties": {"night": {"type": "string", "description": "The first night."}},
        },
        "guests": {
            "type": "array",
            "items": {"type": "object", "properties": {"name": {"type": "string", "description": "As in the pass."}}},
        },
        "room": {
            "description": "Which room.",
            "anyOf": [{"type": "object", "properties": {"floor": {"description": "From 0."}}}, {"type": "null"}],
        },
        "n": {"type": "integer"},
    },
}
OPENAI = {"type": "function", "function": {"name": "book", "description": "Book.", "parameters": SCHEMA}}
SHAPES: dict[str, Any] = {
    "openai": OPENAI,
    "openai, strict": {"type": "function", "function": {**OPENAI["function"], "strict": True}},  # type: ignore[dict-item]
    "responses": {"type": "function", "name": "book", "description": "Book.", "parameters": SCHEMA},
    "anthropic": {"name": "book", "description": "Book.", "input_schema": SCHEMA},
    "anthropic, cached": {
        "name": "book",
        "description": "Book.",
        "input_schema": SCHEMA,
        "cache_control": {"type": "ephemeral"},
    },
    "gemini": {"function_declarations": [{"name": "book", "description": "Book.", "parameters": SCHEMA}]},
    "gemini, camel case": {
        "functionDeclarations": [{"name": "book", "description": "Book.", "parametersJsonSchema": SCHEMA}]
    },
    "gemini, json schema": {
        "function_declarations": [{"name": "book", "description": "Book.", "parameters_json_schema": SCHEMA}]
    },
}
FOUND = {
    "tools.book.description": "Book.",
    "tools.book.args.city": "A city.",
    "tools.book.args.stay": "When.",
    "tools.book.args.stay.night": "The first night.",
    "tools.book.args.guests[].name": "As in the pass.",
    "tools.book.args.room": "Which room.",
    "tools.book.args.room.floor": "From 0.",
}


def components(tools: list[Any]) -> list[Component]:
    """Those that a model call with these tools shows."""
    offered = tuple(
        ToolDefinition(name=one["name"], description=one["description"], parameters=one["parameters"])
        for one in messages.definitions(tools)
    )
    step = ModelStep(node="act", started=0, seconds=0, tools=offered)
    return list(tool_texts.components([step], frozenset()))


def texts(found: list[Component]) -> dict[str, str]:
    """By name."""
    return {component.name: component.text for component in found}


@pytest.mark.parametrize("shape", SHAPES)
def test_texts_are_found_in_every_shape(shape: str) -> None:
    """The description, the arguments', and those of fields in objects, lists and alternatives, by their paths."""
    assert texts(components([SHAPES[shape]])) == FOUND


@pytest.mark.parametrize("shape", SHAPES)
def test_texts_are_replaced_in_every_shape(shape: str) -> None:
    """Each by its own; the rest of the shape stays, and what was given is not changed."""
    given = SHAPES[shape]
    before, known = copy.deepcopy(given), components([given])
    new = {name: f"New {name}." for name in FOUND}
    descriptions = Descriptions(known, new)
    (applied,) = descriptions.applied([given])
    assert texts(components([applied])) == new
    assert given == before
    assert not descriptions.missed
    back = Descriptions([one.model_copy(update={"text": new[one.name]}) for one in known], FOUND)
    assert back.applied([applied]) == [given]


@pytest.mark.parametrize("shape", SHAPES)
def test_without_a_new_text_a_tool_is_the_same_object(shape: str) -> None:
    """Nothing is copied for nothing."""
    given = SHAPES[shape]
    (applied,) = Descriptions(components([given]), {}).applied([given])
    assert applied is given


class Declaration(BaseModel):
    """A record as Google's package has it."""

    name: str
    description: str
    parameters: dict[str, Any] | None = None
    behavior: str | None = None


class Tool(BaseModel):
    """The same, around declarations."""

    function_declarations: list[Declaration] | None = None
    google_search: dict[str, Any] | None = None


def test_records_stay_records() -> None:
    """A provider's own record is read like a dictionary and rewritten as a record of its class; others are let be."""
    record = Tool(function_declarations=[Declaration(name="book", description="Book.", parameters=SCHEMA)])
    searching = Tool(google_search={})
    known = components([record, searching])
    assert texts(known) == FOUND
    new, same = Descriptions(known, {"tools.book.args.city": "A town."}).applied([record, searching])
    assert isinstance(new, Tool)
    assert new.function_declarations is not None
    assert new.function_declarations[0].parameters is not None
    assert new.function_declarations[0].parameters["properties"]["city"]["description"] == "A town."
    assert same is searching


def test_tools_that_are_bound_as_they_are() -> None:
    """A tool, a function or a class that nobody turned into a dictionary becomes one only when it has a new text."""

    @tool
    def book(city: Annotated[str, "A city."]) -> str:
        """Book."""
        return city

    class Grade(BaseModel):
        """A grade."""

        points: int = Field(description="From 0.")

    known = components([book, Grade])
    assert set(texts(known)) == {
        "tools.book.description",
        "tools.book.args.city",
        "tools.Grade.description",
        "tools.Grade.args.points",
    }
    first, second = Descriptions(known, {"tools.book.args.city": "A town."}).applied([book, Grade])
    assert first["function"]["parameters"]["properties"]["city"]["description"] == "A town."
    assert second is Grade


@pytest.mark.parametrize(
    "given",
    [{"type": "web_search"}, {"google_search": {}}, {"type": "bash_20250124", "name": "bash"}, "a word", 7, None],
    ids=repr,
)
def test_what_has_no_description_passes(given: Any) -> None:
    """A provider's built-in tools, and what is no tool, are no components and are not touched."""
    assert components([given]) == []
    known = Component(name="tools.book.description", kind="tool_description", text="Book.", tool="book")
    assert Descriptions([known], {known.name: "New."}).applied([given]) == [given]


def test_a_field_whose_description_changed_is_a_miss() -> None:
    """Inside an argument as on top."""
    known = components([OPENAI])
    changed: dict[str, Any] = copy.deepcopy(OPENAI)
    changed["function"]["parameters"]["properties"]["stay"]["properties"]["night"]["description"] = "Another."
    descriptions = Descriptions(known, {"tools.book.args.stay.night": "New."})
    assert descriptions.applied([changed]) == [changed]
    assert [(one.name, said) for one, said in descriptions.missed] == [("tools.book.args.stay.night", "Another.")]
