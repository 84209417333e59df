"""What a report shows, as plain records: the only thing that the page's script reads.

Texts that stand in many places (prompts, messages) are kept once, in `texts`, and named by their position.
"""

from gepa_agents import Budget, Settings, Stopped, Tested
from gepa_agents.words.component import Component, Unreachable
from gepa_agents.words.frozen import Frozen
from gepa_agents.words.task import Split


class Verdict(Frozen):
    """What it came to, in words and in figures."""

    headline: str
    sentence: str
    kind: str
    """`gain`, `loss`, `none` or `open`."""
    test: Tested | None = None
    val_before: float | None = None
    val_after: float | None = None
    """The tuned candidate's mean on val, too high since it was chosen for it."""
    expected: float | None = None
    """The same, corrected for that."""
    stopped: Stopped | None = None


class Candidate(Frozen):
    """An accepted candidate, or the agent as it stands (number 0)."""

    number: int
    id: str
    parents: tuple[int, ...]
    iteration: int
    """Of the decision that took it in; 0 for the baseline."""
    origin: str
    component: str = ""
    why: str = ""
    mean: float
    """On val; where it was not run, what it is taken to score."""
    known: int
    """Val tasks that it was run on."""
    frontier: bool | None
    """None while the run goes on."""
    objectives: dict[str, float] = {}
    """Higher is better; what was spent stands below zero."""
    texts: dict[str, int]
    """Changed texts by component."""
    flags: tuple[str, ...] = ()


class Decision(Frozen):
    """One decision of the search."""

    iteration: int
    event: str
    origin: str = ""
    candidate: str = ""
    parents: tuple[str, ...] = ()
    component: str = ""
    why: str = ""
    reason: str = ""
    detail: str = ""
    texts: dict[str, int] = {}
    before: float | None = None
    after: float | None = None
    val: float | None = None
    best: float
    """Best mean on val after it."""
    rollouts: int
    tokens: int
    usd: float
    unpriced: int


class Task(Frozen):
    """A task of the suite, as it was shown to the reflection model."""

    id: str
    split: Split
    input: int
    expected: int | None


class Step(Frozen):
    """One readable step of a trajectory."""

    kind: str
    node: str
    name: str
    seconds: float
    tokens: int = 0
    error: str = ""
    parts: tuple[tuple[str, int], ...] = ()
    """Label and text."""


class Trajectory(Frozen):
    """One rollout, to be read."""

    score: float | None
    fault: str = ""
    feedback: int
    answer: int
    tokens: int
    usd: float
    seconds: float
    steps: tuple[Step, ...]


class Reflection(Frozen):
    """A question to the reflection model and its answer."""

    iteration: int
    prompt: int
    answer: int
    tokens: int
    usd: float


class Line(Frozen):
    """A line of the ledger."""

    name: str
    calls: int
    input_tokens: int
    output_tokens: int
    usd: float
    unpriced: int


class Graph(Frozen):
    """The agent's graph and its texts."""

    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    components: tuple[Component, ...]
    unreachable: tuple[Unreachable, ...]


class Content(Frozen):
    """A whole report."""

    agent: str
    written: str
    """When, in UTC."""
    finished: bool
    verdict: Verdict
    chosen: int
    """Number of the tuned candidate; while the run goes on, of the one that leads."""
    graph: Graph
    candidates: tuple[Candidate, ...]
    decisions: tuple[Decision, ...]
    tasks: tuple[Task, ...]
    scores: tuple[tuple[float | None, ...], ...]
    """One row for each candidate, one score for each task: the mean of its repeats."""
    marks: tuple[str, ...]
    """For each candidate one letter for each task: `k` run, `i` not run but expected so, `f` a fault, `-` not run."""
    trajectories: dict[str, Trajectory]
    """By number of the candidate and position of the task: `4/17`."""
    reflections: tuple[Reflection, ...]
    ledger: tuple[Line, ...]
    rollouts: int
    reflected: int
    seconds: float | None
    budget: Budget | None
    settings: Settings | None
    reflection_lm: str
    versions: dict[str, str]
    suite: str
    """The suite's fingerprint."""
    left_out: tuple[str, ...]
    """What the file has no room for, in sentences."""
    texts: tuple[str, ...]
