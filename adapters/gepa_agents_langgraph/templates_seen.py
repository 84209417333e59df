"""Reads prompt templates out of what LangChain reports when it fills one in: exact, where others are inferred."""

from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any

from gepa_agents.words.trajectory import Template

ROLES = {"SystemMessagePromptTemplate": "system", "HumanMessagePromptTemplate": "user"}


def templates(serialized: Any) -> Iterator[Template]:
    """The f-string templates of a serialised prompt template, with the roles of their messages."""
    if _kind(serialized) == "PromptTemplate":
        # A text without a role reaches a chat model as a user's message.
        yield from _fstring(serialized, "user")
    for message in _kwargs(serialized).get("messages") or []:
        role = ROLES.get(_kind(message))
        prompt = _kwargs(message).get("prompt")
        if role is None or _kind(prompt) != "PromptTemplate":
            continue
        yield from _fstring(prompt, role)


def _fstring(prompt: Any, role: Any) -> Iterator[Template]:
    arguments = _kwargs(prompt)
    if arguments.get("template_format", "f-string") == "f-string":
        template = _template(str(arguments.get("template", "")), role)
        if template is not None:
            yield template


def _template(source: str, role: Any) -> Template | None:
    """The template with escaped braces as they will read; None when a field has a format of its own."""
    text, variables = "", []
    for literal, field, spec, conversion in Formatter().parse(source):
        text += literal
        if field is not None:
            if spec or conversion or not field.isidentifier():
                return None
            text += f"{{{field}}}"
            variables.append(field)
    return Template(text=text, variables=tuple(dict.fromkeys(variables)), role=role)


def _kind(serialized: Any) -> str:
    identity = serialized.get("id") if isinstance(serialized, Mapping) else None
    return str(identity[-1]) if identity else ""


def _kwargs(serialized: Any) -> Mapping[str, Any]:
    arguments = serialized.get("kwargs") if isinstance(serialized, Mapping) else None
    return arguments if isinstance(arguments, Mapping) else {}
