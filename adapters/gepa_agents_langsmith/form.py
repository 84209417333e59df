"""The form `langsmith` of an export."""

import json
from collections.abc import Mapping

from gepa_agents.ports.export import Exported, Source, known
from gepa_agents.words.errors import ConfigError
from gepa_agents.words.naming import distinct
from gepa_agents_langsmith.prompts import identifier, prompts


class Prompts:
    """A JSON document with a manifest for each prompt, as `langchain_core.load` reads it."""

    def export(self, source: Source, options: Mapping[str, str]) -> Exported:
        """See the port.

        `graph_id`: what the prompts' names in LangSmith begin with (default: the graph's own name).
        """
        from langchain_core.load import dumpd

        known(options, "langsmith", ("graph_id",))
        config = source.config
        graph_id = options.get("graph_id", config.graph_id)
        templates = prompts(config)
        if not templates:
            raise ConfigError("the candidate has no prompts, only descriptions of tools; export it in another form")
        names = distinct({one.name: identifier(graph_id, one) for one in config.components if one.name in templates})
        entries = [
            {
                "identifier": names[one.name],
                "component": one.name,
                "changed": one.name in config.texts,
                "manifest": dumpd(templates[one.name]),
            }
            for one in config.components
            if one.name in templates
        ]
        document = {"graph_id": graph_id, "candidate": config.candidate.id, "prompts": entries}
        content = json.dumps(document, ensure_ascii=False, indent=2)
        left = [name for name in config.texts if name not in templates]
        remarks = (f"left out, for they are no prompts: {', '.join(left)}",) if left else ()
        return Exported(content=f"{content}\n".encode(), remarks=remarks)
