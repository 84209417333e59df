"""What no proposed text may be, whoever wrote it."""

import re
import unicodedata

from gepa_agents.words.component import Component


def violation(component: Component, parent: str, text: str, *, limit: int) -> str | None:
    """Why `text` can't replace `parent`, in words that a model can act on; None when it can."""
    if not text.strip():
        return "the text is empty"
    if text.strip() == parent.strip():
        return "the text is the same as before"
    if len(text) > limit:
        return f"the text has {len(text)} characters, {limit} are allowed"
    if any(unicodedata.category(character) == "Cc" and character not in "\n\t\r" for character in text):
        return "the text holds control characters"
    return _slots(component, text)


def _slots(component: Component, text: str) -> str | None:
    declared = [slot.name for slot in component.slots]
    lost = [name for name in declared if f"{{{name}}}" not in text]
    if lost:
        return f"{_braced(lost)} must stand in the text: it is filled in when the agent runs"
    # Braces elsewhere are literal, but a misspelt or invented slot beside real ones would reach the model unfilled.
    invented = [name for name in re.findall(r"(?<!\{)\{(\w+)\}(?!\})", text) if name not in declared]
    if declared and invented:
        return f"{_braced(invented)} is no slot of this text; there are only {_braced(declared)}"
    return None


def _braced(names: list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in dict.fromkeys(names))
