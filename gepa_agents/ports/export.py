"""The port to a form that a candidate is exported to: a file that somebody else's software takes.

Forms are found as entry points of the group `gepa_agents.exports`: `factory() -> Export`, under the form's name.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from gepa_agents.words.errors import ConfigError
from gepa_agents.words.frozen import Frozen
from gepa_agents.words.graph_config import GraphConfig

GROUP = "gepa_agents.exports"


class Source(Frozen):
    """What is exported."""

    config: GraphConfig
    """The candidate."""
    run: Path | None = None
    """Folder of the run that it comes from; None for a candidate that stands by itself."""


class Exported(Frozen):
    """What came of it."""

    content: bytes
    """The file, to the byte."""
    remarks: tuple[str, ...] = ()
    """What the reader should know, each in a sentence: what was left out, and why."""


class Export(Protocol):
    """A form to export to."""

    def export(self, source: Source, options: Mapping[str, str]) -> Exported:
        """The candidate in this form.

        `options` are the user's, by name. Raises `ConfigError` for an option that the form does not know (see
        `known`), and for what can't be exported at all.
        """
        ...


def known(options: Mapping[str, str], form: str, names: tuple[str, ...] = ()) -> Mapping[str, str]:
    """The options, if the form `form` takes all of them; else `ConfigError` with those that it takes."""
    strange = sorted(set(options) - set(names))
    if strange:
        takes = f"takes {', '.join(names)}" if names else "takes none"
        raise ConfigError(f"the form `{form}` has no option `{strange[0]}`; it {takes}")
    return options
