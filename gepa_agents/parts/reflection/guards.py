"""What no proposed text may be, whoever wrote it."""

import re
import unicodedata

from gepa_agents.words.component import Component

DESCRIPTION = 1024
"""Characters of a tool's description: OpenAI's and Azure's interfaces refuse a longer one."""
JOINERS = "\u200c\u200d"
"""Invisible, and yet part of ordinary writing: in emoji, Persian, and the scripts of India."""
_BRACES = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")


def room(component: Component, limit: int) -> int:
    """How many characters a new text for the component may have, where at most `limit` are allowed for any."""
    if component.kind != "tool_description":
        return limit
    return min(limit, max(DESCRIPTION, len(component.text)))


def violation(component: Component, parent: str, text: str, *, limit: int) -> str | None:
    """Why `text` can't replace `parent`, in words that a model can act on; None when it can."""
    if not text.strip():
        return "the text is empty"
    if text.strip() == parent.strip():
        return "the text is the same as before"
    if len(text) > room(component, limit):
        return f"the text has {len(text)} characters, {room(component, limit)} are allowed"
    hidden = sorted({character for character in text if _hidden(character)} - set(parent))
    if hidden:
        codes = ", ".join(f"U+{ord(character):04X}" for character in hidden[:5])
        return f"the text holds characters that nobody sees ({codes})"
    return _slots(component, parent, text)


def _hidden(character: str) -> bool:
    """Controls, lone surrogates, and what changes a text unseen, such as marks of direction and tags."""
    category = unicodedata.category(character)
    return (category == "Cc" and character not in "\n\t\r") or (category in ("Cf", "Cs") and character not in JOINERS)


def _slots(component: Component, parent: str, text: str) -> str | None:
    declared = [slot.name for slot in component.slots]
    lost = [name for name in declared if f"{{{name}}}" not in text]
    if lost:
        return f"{_braced(lost)} must stand in the text: it is filled in when the agent runs"
    # Braces elsewhere are literal, but a misspelt or invented slot beside real ones would reach the model unfilled.
    invented = [name for name in _BRACES.findall(text) if name not in declared and f"{{{name}}}" not in parent]
    if declared and invented:
        return f"{_braced(invented)} is no slot of this text; there are only {_braced(declared)}"
    return None


def _braced(names: list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in dict.fromkeys(names))
