"""A graph as it was built: its nodes through all subgraphs, its edges, and the code of each node. Runs nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from langgraph.pregel import Pregel

from gepa_agents_langgraph.code import Code, read
from gepa_agents_langgraph.loading import AnyGraph

DEEPEST = 10
"""Levels of subgraphs; a graph may contain itself."""


@dataclass(frozen=True)
class Structure:
    """What is known of a graph without running it."""

    code: dict[str, Code]
    """Each node's code by the node's path."""
    edges: tuple[tuple[str, str], ...]

    @property
    def nodes(self) -> tuple[str, ...]:
        """Paths of all nodes."""
        return tuple(self.code)

    @property
    def appended(self) -> tuple[str, ...]:
        """Texts that the frameworks' own middleware adds to prompts, the longest first."""
        texts = {text for code in self.code.values() for text in code.frameworks_texts}
        return tuple(sorted(texts, key=lambda text: (-len(text), text)))

    @property
    def frameworks_tools(self) -> frozenset[str]:
        """Names of the tools that the frameworks' own middleware brings along."""
        return frozenset(name for code in self.code.values() for name in code.frameworks_tools)


def structure(graph: AnyGraph) -> Structure:
    """Read a compiled graph."""
    return Structure(code=dict(_nodes(graph, "", 0)), edges=tuple(_edges(graph, "", 0)))


def _nodes(graph: AnyGraph, prefix: str, depth: int) -> Iterator[tuple[str, Code]]:
    inner = dict(graph.get_subgraphs()) if depth < DEEPEST else {}
    for name, node in graph.nodes.items():
        if name.startswith("__"):
            continue
        yield prefix + name, read(node.bound)
        subgraph = inner.get(name)
        if isinstance(subgraph, Pregel):
            yield from _nodes(subgraph, f"{prefix}{name}/", depth + 1)


def _edges(graph: AnyGraph, prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    for edge in graph.get_graph().edges:
        yield prefix + edge.source, prefix + edge.target
    for name, subgraph in graph.get_subgraphs():
        if isinstance(subgraph, Pregel) and depth < DEEPEST:
            yield from _edges(subgraph, f"{prefix}{name}/", depth + 1)
