"""A candidate as the document that `agent.apply` takes, in YAML or JSON."""

from collections.abc import Mapping

from gepa_agents.ports.export import Exported, Source, known


class YamlDocument:
    """Made to be read and edited."""

    def export(self, source: Source, options: Mapping[str, str]) -> Exported:
        """See the port; takes no options."""
        known(options, "yaml")
        return Exported(content=source.config.to_yaml().encode())


class JsonDocument:
    """The same document for programs."""

    def export(self, source: Source, options: Mapping[str, str]) -> Exported:
        """See the port; takes no options."""
        known(options, "json")
        return Exported(content=source.config.to_json().encode())
