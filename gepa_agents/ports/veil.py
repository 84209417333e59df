"""The port to who hides what a file must not hold."""

from typing import Protocol

from gepa_agents.words.frozen import JsonValue


class Veil(Protocol):
    """Hides values, always under the same names, and shows those again that it knows."""

    def hide(self, value: JsonValue) -> JsonValue:
        """Plain data without them; what is hidden already stays as it is."""
        ...

    def show(self, value: JsonValue) -> JsonValue:
        """Plain data with those back that are known here."""
        ...
