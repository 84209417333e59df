"""How a configuration did beside a baseline, on the same tasks."""

from typing import Literal

from gepa_agents.words.frozen import Frozen


class Change(Frozen):
    """A task that scored otherwise."""

    task: str
    before: float
    """Mean score over the baseline's repeats."""
    after: float


class Comparison(Frozen):
    """Two configurations on the same tasks, paired by task (repeats of a task are averaged first)."""

    verdict: Literal["better", "worse", "no significant difference"]
    """`better`: the whole 95 % interval of the difference lies above zero. `worse`: below it."""
    tasks: int
    before: float
    """Mean score of the baseline."""
    after: float
    difference: float
    low: float
    high: float
    """95 % interval of the mean difference, by bootstrap over tasks."""
    unseen_loss: float
    """The largest mean loss that so many tasks can't rule out, 0 or more."""
    lost: tuple[Change, ...]
    """Tasks that scored lower than with the baseline, the biggest loss first."""
    gained: tuple[Change, ...]
    """Tasks that scored higher, the biggest gain first."""
