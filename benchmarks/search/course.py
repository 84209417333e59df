"""What a search is measured by, whichever engine makes it: what was spent, and the true quality reached for it.

`Meter` stands between an engine and its world and counts; `Course` is what it has seen in the end.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from time import process_time
from typing import Self

from benchmarks.search.world import Job, Outcome, World


@dataclass(frozen=True)
class Point:
    """A moment of a search."""

    rollouts: int
    """Runs of the agent so far, whatever they were for."""
    reflections: int
    """Calls of the reflection model so far."""
    quality: float
    """True quality of the candidate that the engine would return now."""


@dataclass(frozen=True)
class Course:
    """One search of one engine on one world."""

    engine: str
    family: str
    seed: int
    budget: int
    points: tuple[Point, ...]
    """In order; the first is the agent as it stands, after its run on val, the last is what the engine returned."""
    seconds: float
    """CPU time of the search: engine, agent and metric, without the true qualities."""
    ended: str = ""
    """Why the search ended, as far as the engine says."""

    @property
    def baseline(self) -> float:
        """True quality of the agent as it stands."""
        return self.points[0].quality

    @property
    def best(self) -> float:
        """The best quality within the budget."""
        return max(point.quality for point in self._affordable)

    def at(self, rollouts: int) -> float:
        """Quality of what the engine would have returned after so many rollouts."""
        return next(
            point.quality for point in reversed(self.points) if point.rollouts <= rollouts or point is self.points[0]
        )

    def reached(self, quality: float) -> Point | None:
        """The first moment within the budget at which the quality was reached."""
        return next((point for point in self._affordable if point.quality >= quality - 1e-9), None)

    @property
    def _affordable(self) -> Sequence[Point]:
        return [self.points[0], *(point for point in self.points[1:] if point.rollouts <= self.budget)]

    def document(self) -> dict[str, object]:
        """As plain data, for a line of JSON."""
        return {**asdict(self), "points": [[point.rollouts, point.reflections, point.quality] for point in self.points]}

    @classmethod
    def of(cls, document: Mapping[str, object]) -> Self:
        """What `document` wrote."""
        points = document["points"]
        assert isinstance(points, list)
        return cls(**{**document, "points": tuple(Point(*point) for point in points)})  # type: ignore[arg-type]


@dataclass
class Meter:
    """A world with a counter at its door."""

    world: World
    rollouts: int = 0
    reflections: int = 0
    points: list[Point] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._held_back = {job.id for job in self.world.held_out}
        self._runs: Counter[tuple[tuple[str, ...], str]] = Counter()
        self._asked: Counter[str] = Counter()
        self._started = process_time()

    def run(self, texts: Mapping[str, str], job: Job) -> Outcome:
        """A rollout. The same texts on the same job again meet fresh noise. Tasks of the closing test do not count."""
        key = (tuple(texts[component] for component in self.world.components), job.id)
        repeat = self._runs[key]
        self._runs[key] += 1
        self.rollouts += job.id not in self._held_back
        return self.world.run(texts, job, repeat)

    def asked(self, prompt: str) -> tuple[int, int, str]:
        """Count a reflection; what its errors depend on: the same prompt, asked again, may get another answer."""
        self.reflections += 1
        self._asked[prompt] += 1
        return self.world.seed, self._asked[prompt], prompt

    def lead(self, texts: Mapping[str, str]) -> None:
        """The engine would return these texts now."""
        before = process_time()
        quality = self.world.quality(tuple(texts[component] for component in self.world.components))
        self.points.append(Point(self.rollouts, self.reflections, quality))
        self._started += process_time() - before

    def course(self, engine: str, family: str, budget: int, ended: str = "") -> Course:
        """What was seen."""
        seconds = process_time() - self._started
        return Course(engine, family, self.world.seed, budget, tuple(self.points), round(seconds, 3), ended)
