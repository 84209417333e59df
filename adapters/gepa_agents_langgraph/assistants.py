"""A candidate as a LangGraph assistant: how its texts stand in an assistant's config or context, and come back.

The body is what a LangGraph server takes to create an assistant (POST /assistants) and to make a new version of one
(PATCH /assistants/ID). A graph obeys it that was deployed as `wrap(graph).serving()`.
"""

import json
from collections.abc import Mapping
from typing import Any

from gepa_agents.ports.export import Exported, Source, known
from gepa_agents.words.errors import ConfigError, GraphConfigError
from gepa_agents.words.graph_config import SCHEMA, GraphConfig

TEXTS = "promptset"
"""Texts by component name: what people edit in an assistant."""
COMPONENTS = "promptset_components"
"""All components of the graph with their own texts, by which a prompt is recognised when the graph runs."""
KEYS = {
    TEXTS: {"type": "object", "additionalProperties": {"type": "string"}, "title": "Tuned texts by component"},
    COMPONENTS: {"type": "array", "items": {"type": "object"}, "title": "What the tuned texts stand for"},
}
"""The keys of ours in an assistant's config or context, as JSON schema."""


class Assistant:
    """The form `langgraph-assistant`."""

    def export(self, source: Source, options: Mapping[str, str]) -> Exported:
        """See the port.

        `graph_id`: the graph's name in the server's langgraph.json (default: the graph's own name). `name`: the
        assistant's. `by`: `config` (the default) or `context`, where the texts go; a server takes one of the two.
        """
        known(options, "langgraph-assistant", ("graph_id", "name", "by"))
        by = options.get("by", "config")
        if by not in ("config", "context"):
            raise ConfigError(f"`by` is `{by}`; give config or context, where the assistant is to carry the texts")
        config = source.config.model_copy(
            update={name: value for name, value in options.items() if name in ("graph_id", "name")}
        )
        content = json.dumps(body(config, context=by == "context"), ensure_ascii=False, indent=2)
        named = () if options.get("graph_id") else (_remark(config.graph_id),)
        return Exported(content=f"{content}\n".encode(), remarks=named)


def body(config: GraphConfig, *, context: bool = False) -> dict[str, Any]:
    """The body for the server, with the texts in `config.configurable`, or in `context`."""
    document = config.document()
    texts = {TEXTS: document["config"]["configurable"]["promptset"], COMPONENTS: document["components"]}
    return {
        "graph_id": config.graph_id,
        "name": config.name or f"{config.graph_id} {config.candidate.id}",
        **({"context": texts} if context else {"config": {"configurable": texts}}),
        "metadata": document["metadata"],
    }


def carried(values: Mapping[str, Any]) -> GraphConfig | None:
    """The configuration in an assistant's `configurable` or `context`; None when there is none.

    Raises `GraphConfigError` for texts without what they stand for, and for broken ones.
    """
    if TEXTS not in values:
        return None
    if COMPONENTS not in values:
        raise GraphConfigError(
            f"the assistant has `{TEXTS}` without `{COMPONENTS}`, so that nobody knows what the texts stand for; "
            "export it again with `--format langgraph-assistant`, and edit the texts in it"
        )
    document = {"schema": SCHEMA, "components": values[COMPONENTS], "config": {"configurable": {TEXTS: values[TEXTS]}}}
    return GraphConfig.from_document(document, source="the assistant")


def _remark(graph_id: str) -> str:
    return f"graph_id is `{graph_id}`, the graph's own name; if langgraph.json has another, say `--set graph_id=THAT`"
