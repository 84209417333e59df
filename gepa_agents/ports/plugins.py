"""Finds what the core may not import: adapters that installed distributions offer as entry points.

Group `gepa_agents.language_models`: `factory(value) -> LanguageModel | None`, None for a value that is not its kind.
Group `gepa_agents.prices`: `factory() -> Prices`.
"""

from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Any


def factories(group: str) -> Iterator[Callable[..., Any]]:
    """The factories that installed distributions offer under `group`, by name; each is imported when it is reached."""
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        yield entry.load()
