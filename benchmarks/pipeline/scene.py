"""A simulated agent that takes time and nothing else, and a gauge of how many workers it keeps busy. Knows no engine.

A text is a list of lines. A line that is a rule raises the score of about half of the tasks, a remark raises none; the
reflection model adds one line, a rule with a given chance. Nothing depends on time, so the decisions can be compared.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from time import perf_counter
from typing import Literal

from benchmarks.search.world import chance

SEED_TEXT = "You are an assistant."
TRAIN, VAL = 48, 48

Kind = Literal["rollout", "reflection"]


@dataclass(frozen=True)
class Scene:
    """How long things take, and how often a proposal is any good."""

    helpful: float
    """Chance that a proposal adds a rule."""
    rollout: float = 0.05
    """Seconds."""
    reflection: float = 0.25
    """Seconds."""
    spread: float = 0.0
    """Each takes up to this share less or more, as its content decides."""

    def seconds(self, kind: Kind, *content: str) -> float:
        """How long this one takes."""
        usual = self.rollout if kind == "rollout" else self.reflection
        return usual * (1 + self.spread * (2 * chance("seconds", *content) - 1))

    def score(self, text: str, task: str) -> float:
        """What a rollout scores: the more rules that fit the task, the nearer to one."""
        rules = [line for line in text.splitlines() if line.startswith("Rule")]
        return 1 - 0.9 ** sum(chance(rule, task) < 0.5 for rule in rules)

    def rewrite(self, text: str, prompt: str) -> str:
        """The text with one more line."""
        number = int(chance("line", prompt) * 1e6)
        return f"{text}\n{'Rule' if chance('rule', prompt) < self.helpful else 'Remark'} {number}."


@dataclass(frozen=True)
class Span:
    """A call, from its start to its end, in seconds of the clock."""

    kind: Kind
    task: str
    start: float
    end: float


@dataclass
class Gauge:
    """Writes down every call; calls may come from tasks of one thread and from many threads."""

    spans: list[Span] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._started = perf_counter()

    @contextmanager
    def call(self, kind: Kind, task: str = "") -> Iterator[None]:
        """A call is under way as long as the block runs."""
        start = perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self.spans.append(Span(kind, task, start - self._started, perf_counter() - self._started))

    def use(self, workers: int) -> "Use":
        """How busy the workers were."""
        reflections = [span for span in self.spans if span.kind == "reflection"]
        rollouts = [span for span in self.spans if span.kind == "rollout"]
        first = min(span.start for span in rollouts if not span.task.startswith("val"))
        window = first, max(span.start for span in reflections)
        whole = 0.0, max(span.end for span in self.spans)
        return Use(
            wall=whole[1],
            rollouts=len(rollouts),
            reflections=len(reflections),
            inside=share(self.spans, window, workers),
            inside_rollouts=share(rollouts, window, workers),
            overall=share(self.spans, whole, workers),
            overall_rollouts=share(rollouts, whole, workers),
        )


@dataclass(frozen=True)
class Use:
    """Shares of the workers' time in use; at any moment no more calls count than there are workers."""

    wall: float
    """Seconds, from before the first rollout to the end of the last call."""
    rollouts: int
    reflections: int
    inside: float
    """Rollouts and reflections, from the first rollout after the baseline until the last reflection is asked for."""
    inside_rollouts: float
    """The same, of rollouts alone."""
    overall: float
    """Rollouts and reflections, over the whole wall time."""
    overall_rollouts: float


def share(spans: Sequence[Span], window: tuple[float, float], workers: int) -> float:
    """The mean of min(workers, calls under way) over the window, as a share of the workers."""
    low, high = window
    clipped = [(max(low, span.start), min(high, span.end)) for span in spans if span.start < high and span.end > low]
    moments = sorted([(start, 1) for start, _ in clipped] + [(end, -1) for _, end in clipped])
    busy = under_way = 0.0
    for (moment, step), (following, _) in pairwise(moments):
        under_way += step
        busy += min(workers, under_way) * (following - moment)
    return busy / (workers * (high - low))
