"""What the next proposal starts from: which parent, which component, which train tasks.

Each strategy is an object with one verb and draws from the generator it is handed, which the loop makes anew for each
iteration from the seed, so that no strategy carries random state that a resumed run would have to restore.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Protocol


class ParentSelection(Protocol):
    """Chooses the candidate to improve."""

    def choose(self, weights: Mapping[int, int], random: Random) -> int:
        """A candidate's number, from the frontier's `weights`."""
        ...


class ByWins:
    """The paper's choice (Algorithm 2): with a chance in proportion to the tasks on which the candidate is best."""

    def choose(self, weights: Mapping[int, int], random: Random) -> int:
        numbers = sorted(weights)
        return random.choices(numbers, [weights[number] for number in numbers])[0]


class ComponentSelection(Protocol):
    """Chooses the component to rewrite."""

    def order(self, lost: Mapping[str, float], attempts: int, random: Random) -> Sequence[str]:
        """The components, the one to rewrite first; later ones serve if the first yields no evidence.

        `lost` holds all components, in the anatomy's order, with the points that the minibatch lost because of each.
        `attempts` is how often this parent and those it descends from were already used.
        """
        ...


class RoundRobin:
    """The paper's choice: one after the other, down the lineage."""

    def order(self, lost: Mapping[str, float], attempts: int, random: Random) -> Sequence[str]:
        names = list(lost)
        turn = attempts % len(names)
        return [*names[turn:], *names[:turn]]


class ByBlame:
    """The component that cost most on the minibatch; now and then another, in turn, so that none is forgotten."""

    def __init__(self, exploration: float = 0.1) -> None:
        """`exploration`: chance of taking the next in turn instead."""
        self._exploration = exploration

    def order(self, lost: Mapping[str, float], attempts: int, random: Random) -> Sequence[str]:
        turn = RoundRobin().order(lost, attempts, random)
        if random.random() < self._exploration:
            return turn
        return sorted(turn, key=lambda name: -lost[name])


class Minibatches:
    """Train tasks in shuffled epochs: every task is seen once before any is seen again."""

    def __init__(self, tasks: int, size: int, seed: int) -> None:
        """`tasks`: how many train tasks there are; `size`: how many of them a minibatch has (at most all)."""
        self._tasks = tasks
        self._size = min(size, tasks)
        self._seed = seed
        self._epochs: list[list[int]] = []

    def draw(self, number: int) -> list[int]:
        """The tasks of minibatch `number` (0, 1, …), a function of the seed alone; no task twice in one minibatch."""
        places = (divmod(place, self._tasks) for place in range(number * self._size, (number + 1) * self._size))
        return [self._epoch(epoch)[offset] for epoch, offset in places]

    def _epoch(self, number: int) -> list[int]:
        while len(self._epochs) <= number:
            self._epochs.append(self._shuffled(len(self._epochs)))
        return self._epochs[number]

    def _shuffled(self, number: int) -> list[int]:
        order = list(range(self._tasks))
        Random(f"{self._seed}/epoch/{number}").shuffle(order)
        # A minibatch that begins in one epoch and ends in the next must not hold a task twice.
        begun = number * self._tasks % self._size
        if not begun:
            return order
        ended = set(self._epochs[number - 1][-begun:])
        first = [task for task in order if task not in ended][: self._size - begun]
        return first + [task for task in order if task not in first]
