"""A candidate's prompts as LangChain's `ChatPromptTemplate`: slots are variables, every other brace is literal."""

import re
from typing import TYPE_CHECKING

from gepa_agents.words.component import Component
from gepa_agents.words.errors import ConfigError
from gepa_agents.words.graph_config import GraphConfig

if TYPE_CHECKING:
    from langchain_core.prompts import ChatPromptTemplate


def prompts(config: GraphConfig) -> "dict[str, ChatPromptTemplate]":
    """The template of every prompt of the graph, changed or not, by the component's name.

    Descriptions of tools are no prompts and not among them. Raises `ConfigError` as `prompt` does.
    """
    return {one.name: prompt(one, config.candidate.text(one)) for one in config.components if one.kind == "prompt"}


def prompt(component: Component, text: str) -> "ChatPromptTemplate":
    """The template of one prompt that reads `text`: one message, in the component's role, in the f-string format.

    Raises `ConfigError` for a slot whose name LangChain does not take as a variable.
    """
    from langchain_core.prompts import ChatPromptTemplate

    names = [slot.name for slot in component.slots]
    for name in names:
        if not name.isidentifier():
            raise ConfigError(
                f"the slot `{{{name}}}` of `{component.name}` is no name of a variable; name the text in the node with "
                "`prompt(...)`, and its slots with keywords"
            )
    return ChatPromptTemplate.from_messages([(component.role, _template(text, names))])


def _template(text: str, names: list[str]) -> str:
    """The text in LangChain's notation: braces doubled but for those of slots."""
    parts = re.split(r"\{(" + "|".join(map(re.escape, names)) + r")\}", text) if names else [text]
    parts[::2] = [part.replace("{", "{{").replace("}", "}}") for part in parts[::2]]
    parts[1::2] = [f"{{{name}}}" for name in parts[1::2]]
    return "".join(parts)


def identifier(graph_id: str, component: Component) -> str:
    """A name that LangSmith takes for the prompt: small letters, digits, `-` and `_`, a letter first."""
    plain = re.sub(r"[^a-z0-9_]+", "-", f"{graph_id}-{component.name}".lower()).strip("-_")
    return plain if plain[:1].isalpha() else f"p-{plain}"
