"""A step's place in the order in which steps are decided. Knows when its turn comes and what it asked for, not what."""

import asyncio
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Turn:
    """Goes with a step through all of its paid calls."""

    come: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once every step before it is decided."""
    spent: list[str] = field(default_factory=list[str])
    """Keys of the calls that the step asked for, in order: they are booked when it is decided on."""


class NotYet(Exception):
    """Whether a call may begin is not known before the turn of its step has come."""

    def __init__(self, turn: Turn) -> None:
        """Wait for `turn.come`, then ask again."""
        super().__init__()
        self.turn = turn
