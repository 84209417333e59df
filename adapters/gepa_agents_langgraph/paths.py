"""Names graph nodes: one stable path each, through subgraphs."""

from collections.abc import Mapping
from typing import Any


def node_path(metadata: Mapping[str, Any] | None) -> str:
    """The path of the node that a callback's or a config's metadata belongs to, such as `researcher/model`.

    It is the checkpoint namespace (`researcher:<uuid>|model:<uuid>`) without the run's UUIDs and task numbers.
    `langgraph_node` alone would not do: every `create_agent` has a node `model`. Empty outside a graph.
    """
    if not metadata:
        return ""
    namespace = str(metadata.get("langgraph_checkpoint_ns") or metadata.get("checkpoint_ns") or "")
    parts = (part.split(":", 1)[0] for part in namespace.split("|"))
    path = "/".join(part for part in parts if part and not part.isdigit())
    return path or str(metadata.get("langgraph_node") or "")
