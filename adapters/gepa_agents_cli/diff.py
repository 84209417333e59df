"""`diff A B`: what changed between two graph configurations, text by text."""

import difflib
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from gepa_agents.words.component import Component
from gepa_agents.words.errors import ConfigError
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents_cli.documents import Change, Differences
from gepa_agents_cli.screen import Output, say

BASELINE = "baseline"
STYLES = {"+": "green", "-": "red", "@": "cyan"}


def diff(a: str, b: str, out: Output) -> None:
    """Print the difference of two saved candidates, each a path or the word `baseline`.

    Raises `GraphConfigError` for what is no saved candidate, `ConfigError` when both are the baseline.
    """
    if a == b == BASELINE:
        raise ConfigError("both sides are the baseline; name at least one saved candidate, for instance tuned.yaml")
    before, after = _side(a), _side(b)
    show(before, after, out.end, labels=(a, b))
    changed = [Change(component=name, before=old, after=new) for name, old, new in differences(before, after)]
    out.document(Differences(a=a, b=b, changes=tuple(changed)))


def _side(name: str) -> GraphConfig:
    return GraphConfig() if name == BASELINE else GraphConfig.load(Path(name))


def show(before: GraphConfig, after: GraphConfig, console: Console, labels: tuple[str, str]) -> None:
    """Print every component whose text differs; says so when none does."""
    blocks = list(differences(before, after))
    if not blocks:
        say(console, f"no text differs between {labels[0]} and {labels[1]}")
    for name, old, new in blocks:
        say(console, name, "bold")
        for line in unified(old, new, labels):
            say(console, line, STYLES.get(line[:1], ""))


def differences(before: GraphConfig, after: GraphConfig) -> Iterator[tuple[str, str, str]]:
    """Name, old and new text of each component that differs, by name. A side that does not know a component has the
    agent's own text for it."""
    known: dict[str, Component] = {one.name: one for config in (after, before) for one in config.components}
    for name in sorted(known):
        old, new = (_text(config, known[name]) for config in (before, after))
        if old != new:
            yield name, old, new


def _text(config: GraphConfig, component: Component) -> str:
    own = next((one.text for one in config.components if one.name == component.name), component.text)
    return config.texts.get(component.name, own)


def unified(old: str, new: str, labels: tuple[str, str]) -> Iterator[str]:
    """The lines of a unified diff of two texts."""
    before, after = old.splitlines(), new.splitlines()
    if before == after:
        yield "(only the ends of lines differ)"
    yield from difflib.unified_diff(before, after, *labels, lineterm="", n=2)
