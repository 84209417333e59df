"""The port to whoever watches a run."""

from typing import Protocol

from gepa_agents.words.events import Event


class Observer(Protocol):
    """Is told every event as it happens; must return quickly and may not change anything."""

    def __call__(self, event: Event, /) -> None: ...
