"""Finds what the core may not import: adapters that installed distributions offer as entry points.

Group `gepa_agents.language_models`: `factory(value) -> LanguageModel | None`, None for a value that is not its kind.
Group `gepa_agents.prices`: `factory() -> Prices`.
Group `gepa_agents.exports`: `factory() -> Export`.
"""

from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Any


def factories(group: str) -> Iterator[Callable[..., Any]]:
    """The factories that installed distributions offer under `group`, by name; each is imported when it is reached."""
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        yield entry.load()


def names(group: str) -> list[str]:
    """The names in a group, sorted; nothing is imported."""
    return sorted(entry_points(group=group).names)


def factory(group: str, name: str) -> Callable[..., Any] | None:
    """The factory of that name, imported; None when there is none."""
    found = next(iter(entry_points(group=group, name=name)), None)
    return None if found is None else found.load()
