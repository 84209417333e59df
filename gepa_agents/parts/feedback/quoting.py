"""Writes values, names and long texts down for a reader: shortened where they are long, always valid Unicode."""

import json

from gepa_agents.words.frozen import JsonValue

NAME = 80
"""Longest name (of a tool, a node, a task) that is written out."""


def text(value: JsonValue) -> str:
    """A value as a reader sees it: texts as they are, anything else as one line of JSON."""
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # A lone surrogate can't be encoded, and so could neither be sent to a model nor kept in a journal.
    return written.encode("utf-8", "replace").decode("utf-8")


def line(value: JsonValue, limit: int) -> str:
    """A value on one line."""
    return short(" ".join(text(value).split()), limit)


def name(value: str) -> str:
    """A name in backticks; a model may have invented it, so it can't bring line ends or backticks of its own."""
    return f"`{line(value, NAME).replace('`', chr(39))}`"


def where(node: str) -> str:
    """How a sentence about a node begins; one about none is about the agent."""
    return f"In {name(node)}, " if node else "In the agent, "


def arguments(value: JsonValue, limit: int) -> str:
    """Arguments of a call on one line: `amount="12 EUR", order=7`, or the text itself when they are no object."""
    if not isinstance(value, dict):
        return line(value, limit)
    parts = (f"{key}={json.dumps(part, ensure_ascii=False)}" for key, part in value.items())
    return line(", ".join(parts), limit)


def short(written: str, limit: int | None) -> str:
    """The text, or its head and tail when it is longer than `limit` characters; never longer than that."""
    if limit is None or len(written) <= limit:
        return written
    gap = f" [… {len(written) - limit} more characters …] "
    room = limit - len(gap)
    if room < 2:
        return written[:limit]
    head = room - room // 3
    return written[:head] + gap + written[len(written) - (room - head) :]
