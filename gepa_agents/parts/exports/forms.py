"""Which forms there are, by name: ours, and those of other distributions. Knows none of them."""

import difflib
from pathlib import Path

from gepa_agents.ports import plugins
from gepa_agents.ports.export import GROUP, Export, Exported, Source
from gepa_agents.words.errors import ConfigError
from gepa_agents.words.graph_config import GraphConfig


def export(config: GraphConfig, form: str = "yaml", *, run: str | Path | None = None, **options: str) -> Exported:
    """A candidate in a form that others take: `export(result.best, "patch", root="src").content` is the file.

    `run` is the folder of its run, for forms that tell of it. `options` are the form's own; docs/export.md lists them.
    Raises `ConfigError` for an unknown form or option, and for what can't be exported.
    """
    return find(form).export(Source(config=config, run=None if run is None else Path(run)), options)


def names() -> list[str]:
    """The names of all forms."""
    return plugins.names(GROUP)


def find(name: str) -> Export:
    """The form of that name; `ConfigError` lists those there are."""
    factory = plugins.factory(GROUP, name)
    if factory is None:
        close = difflib.get_close_matches(name, names(), n=1)
        meant = f"did you mean `{close[0]}`? there" if close else "there"
        raise ConfigError(f"there is no form `{name}` to export to; {meant} are {', '.join(names())}")
    made: Export = factory()
    return made
