"""A step of the search as it was planned: what it is to do, and all that it may know of the search."""

from dataclasses import dataclass, field
from random import Random

from gepa_agents.parts.runs.turn import Turn


@dataclass(frozen=True)
class Plan:
    """The frame of one step; what is done in it, its method says."""

    iteration: int
    known: int
    """Decisions that were taken when it was planned."""
    random: Random
    top: tuple[float, ...]
    """The best score seen so far on each val task."""
    turn: Turn = field(default_factory=Turn)
    """Comes when all steps before it are decided; holds what it spent."""
