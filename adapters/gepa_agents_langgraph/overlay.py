"""The texts of one configuration on their way into a graph: what is swapped when a model is called, and what was due
but did not happen. Knows messages and tools, nothing of how it is reached (see `carrying`) or called (see `hook`).
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import uuid4

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from opentelemetry.trace import Tracer

from gepa_agents.words.component import Component
from gepa_agents.words.errors import OverrideMissed
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents_langgraph.change import difference
from gepa_agents_langgraph.offered import Descriptions
from gepa_agents_langgraph.patterns import Pattern
from gepa_agents_langgraph.prompts import Found, NodePrompts

LOG = logging.getLogger("gepa_agents")
PREFIX = "__gepa_overlay_"
SHOWN = 120
"""Characters of a prompt that an error shows."""

Block = str | dict[str, Any]


@dataclass(frozen=True)
class Miss:
    """A call in a node whose text is overridden, with something that matched none of the node's texts."""

    node: str
    role: str
    """Of the message; empty for a text that is looked up by its name."""
    components: tuple[Component, ...]
    """The overridden ones that were due."""
    seen: str


@dataclass(eq=False)
class Overlay:
    """One configuration, made for one run or for one applied graph."""

    config: GraphConfig
    appended: tuple[str, ...] = ()
    """Texts that middleware appends to prompts; they are left as they are."""
    tracer: Tracer | None = None
    """The run's, for the spans of `prompt(...)`; an applied graph has none."""
    nested: bool = False
    """The graph may be mounted in another one, so that node paths are longer than in the configuration."""
    key: str = field(default_factory=lambda: PREFIX + uuid4().hex)
    """Where it rides in `configurable`. LangGraph keeps `__` names out of checkpoints and traces; each overlay has its
    own, so that an applied graph inside a graph that is being tuned keeps its texts."""
    misses: list[Miss] = field(default_factory=list[Miss])
    hits: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def messages(self, messages: Sequence[BaseMessage], node: str) -> Sequence[BaseMessage]:
        """The messages with this configuration's texts; the same object when nothing changes."""
        components = self._at(node, self._prompts)
        if not components:
            return messages
        call = _Call(NodePrompts(components, self.config.texts, self.appended), node)
        rewritten = [call.message(message, alone=len(messages) == 1) for message in messages]
        self.hits.update((node, role) for role in call.found)
        self._missed(call.misses())
        return messages if all(new is old for new, old in zip(rewritten, messages, strict=True)) else rewritten

    def tools(self, tools: Sequence[Any], node: str) -> Sequence[Any]:
        """The tools as they are offered to the model, with this configuration's descriptions."""
        components = self._at(node, self._tools)
        if not components:
            return tools
        descriptions = Descriptions(components, self.config.texts)
        described = descriptions.applied(tools)
        self._missed(Miss(node, "", (component,), seen) for component, seen in descriptions.missed)
        return described

    def registered(self, name: str, default: str) -> str:
        """The text of a prompt that the author named."""
        component = next((one for one in self._prompts if one.registered and one.name == name), None)
        if component is None or name not in self.config.texts:
            return default
        if component.text != default:
            self._missed([Miss(component.node, "", (component,), default)])
            return default
        return self.config.texts[name]

    def check(self) -> None:
        """Raise `OverrideMissed` when a text that was due was not used.

        A call with another prompt altogether is let pass in a node whose own prompts were recognised: it may have
        prompts that can't be tuned.
        """
        for miss in self.misses:
            if (
                not miss.role
                or (miss.node, miss.role) not in self.hits
                or any(Pattern.of(component).resembles(miss.seen) for component in miss.components)
            ):
                error = OverrideMissed(_sentence(miss))
                error.add_note(difference(miss.components[0].text, miss.seen))
                raise error

    def _missed(self, misses: Iterable[Miss]) -> None:
        """Keep misses for the end of a run; an applied graph has no end, so it warns, once for each place."""
        for miss in misses:
            if not self.nested:
                self.misses.append(miss)
            elif not any((known.node, known.components) == (miss.node, miss.components) for known in self.misses):
                self.misses.append(miss)
                LOG.warning("%s", _sentence(miss))

    def _at(self, node: str, components: Iterable[Component]) -> list[Component]:
        """The components that count in a node. In a mounted graph, the node whose path says most of this one."""
        shared = [one for one in components if not one.node]
        paths = {one.node for one in components if one.node}
        path = node if node in paths else None
        if path is None and self.nested:
            path = max((one for one in paths if node.endswith(f"/{one}")), key=len, default=None)
        return shared + [one for one in components if one.node and one.node == path]

    @cached_property
    def _prompts(self) -> list[Component]:
        return [component for component in self.config.components if component.kind == "prompt"]

    @cached_property
    def _tools(self) -> list[Component]:
        return [component for component in self.config.components if component.kind != "prompt"]


class _Call:
    """One model call: rewrites its messages, and keeps what was recognised in it."""

    def __init__(self, prompts: NodePrompts, node: str) -> None:
        self._prompts = prompts
        self._node = node
        self._seen: dict[str, str] = {}
        self.found: set[str] = set()

    def message(self, message: BaseMessage, alone: bool) -> BaseMessage:
        if isinstance(message, SystemMessage):
            role = "system"
        elif isinstance(message, HumanMessage) and alone:
            role = "user"
        else:
            return message
        content: str | list[Block] = message.content
        new = self._text(content, role) if isinstance(content, str) else [self._block(one, role) for one in content]
        return message if new == content else message.model_copy(update={"content": new})

    def misses(self) -> Iterable[Miss]:
        for role, text in self._seen.items():
            due = self._prompts.due(role)
            if due and role not in self.found:
                yield Miss(self._node, role, due, text)

    def _block(self, block: Block, role: str) -> Block:
        if isinstance(block, str):
            return self._text(block, role)
        if block.get("type") != "text":
            return block
        return {**block, "text": self._text(str(block.get("text", "")), role)}

    def _text(self, text: str, role: str) -> str:
        self._seen.setdefault(role, text)
        found: Found | None = self._prompts.find(text, role)
        if found is None:
            return text
        self.found.add(role)
        return found.text


def _sentence(miss: Miss) -> str:
    names = ", ".join(f"`{component.name}`" for component in miss.components)
    return (
        f"node `{miss.node}` used a text that is not {names} as the probe saw it, so the tuned text did not take "
        f"effect; it begins {miss.seen[:SHOWN]!r}. Probe with more, and more varied, tasks, or name the text in the "
        "node with `prompt(...)`"
    )
