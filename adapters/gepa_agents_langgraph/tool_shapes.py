"""The shapes in which tools are offered to a model: those of OpenAI, Anthropic and Gemini, and what LangChain makes one
of. One walk over them serves to read descriptions and to replace them. Knows nothing of components.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel

SCHEMAS = ("parameters", "input_schema", "parametersJsonSchema", "parameters_json_schema")
"""Where the shapes keep the JSON schema of a tool's arguments."""
DECLARATIONS = ("function_declarations", "functionDeclarations")
"""Where Gemini's keep the functions of one tool."""
WRAPPERS = ("function", "custom")
"""Where OpenAI's keep what is said of a tool."""
OPTIONS = ("anyOf", "oneOf", "allOf")

Shape = Mapping[str, Any]
Said = Callable[[str, str], str | None]
"""Of an argument's path (`city`, `stay.city`, `guests[].name`) and its description: the new one, None to leave it."""


def shape(tool: Any) -> Shape | None:
    """The tool as a dictionary, as its provider's package would make one; None for what is no tool."""
    if isinstance(tool, Mapping):
        return tool
    if isinstance(tool, BaseModel) and not isinstance(tool, BaseTool):
        return tool.model_dump(mode="json", exclude_none=True)  # `google.genai.types.Tool` and its declarations
    if isinstance(tool, BaseTool | type) or callable(tool):
        try:
            return convert_to_openai_tool(tool)
        except (TypeError, ValueError):
            return None
    return None


def mapped(tools: Sequence[Any], function: Callable[[Shape], Shape]) -> list[Any]:
    """The tools with each function in them replaced. What does not change is the same object, and nothing is changed
    in place; what is no dictionary becomes one, and a pydantic record stays one of its class."""
    return [_mapped(tool, function) for tool in tools]


def functions(tools: Iterable[Any]) -> list[Shape]:
    """What is said of each function: a dictionary with `name`, `description` and one of `SCHEMAS`."""
    found: list[Shape] = []

    def keep(function: Shape) -> Shape:
        found.append(function)
        return function

    mapped(list(tools), keep)
    return [function for function in found if function.get("name")]


def schema(function: Shape) -> dict[str, Any]:
    """The JSON schema of its arguments; empty when there is none."""
    return next((dict(function[key]) for key in SCHEMAS if isinstance(function.get(key), Mapping)), {})


def arguments(given: Shape, said: Said, prefix: str = "") -> Shape:
    """A JSON schema with new descriptions of its arguments, those inside objects, lists and alternatives included.

    The same object when nothing changes. What stands behind a `$ref` is not looked at.
    """
    new = dict(given)
    properties = given.get("properties")
    if isinstance(properties, Mapping):
        new["properties"] = {
            name: _argument(held, said, f"{prefix}.{name}" if prefix else name) if isinstance(held, Mapping) else held
            for name, held in properties.items()
        }
    if isinstance(given.get("items"), Mapping):
        new["items"] = _argument(given["items"], said, f"{prefix}[]")
    for key in OPTIONS:
        if isinstance(given.get(key), Sequence):
            new[key] = [_option(one, said, prefix) if isinstance(one, Mapping) else one for one in given[key]]
    return given if new == given else new


def _argument(held: Shape, said: Said, path: str) -> Shape:
    inside = arguments(held, said, path)
    text = held.get("description")
    new = said(path, text if isinstance(text, str) else "")
    return inside if new is None else {**inside, "description": new}


def _option(held: Shape, said: Said, path: str) -> Shape:
    # Most alternatives say nothing of their own; what Gemini's package sends of `Stay | None` is what `Stay` says.
    return _argument(held, said, path) if path and held.get("description") else arguments(held, said, path)


def _mapped(tool: Any, function: Callable[[Shape], Shape]) -> Any:
    given = shape(tool)
    if given is None:
        return tool
    new = _inside(given, function)
    if new == given:
        return tool
    return type(tool).model_validate(new) if isinstance(tool, BaseModel) and not isinstance(tool, BaseTool) else new


def _inside(given: Shape, function: Callable[[Shape], Shape]) -> Shape:
    for key in DECLARATIONS:
        if isinstance(given.get(key), Sequence):
            return {**given, key: mapped(given[key], function)}
    for key in WRAPPERS:
        if isinstance(given.get(key), Mapping):
            return {**given, key: function(given[key])}
    return function(given)
