"""What commands print with `--json`. A line is one object: an event, which has the key `event`, or, as the last line,
the result, which has the key `result` and under it the command's name. Keys may be added; none is renamed.

Imported by every command: it may import nothing heavy.
"""

from typing import Literal

from gepa_agents.words.comparison import Comparison
from gepa_agents.words.component import Anatomy
from gepa_agents.words.events import Stopped, Tested
from gepa_agents.words.frozen import Frozen, JsonValue
from gepa_agents.words.usage import Usage


class Fault(Frozen):
    """What went wrong."""

    kind: str
    """The error's class, `ConfigError` for instance, or `Interrupted`."""
    message: str
    """One sentence: what happened, where, what to do next."""
    code: int
    """The exit code."""


class Failure(Frozen):
    """The one line on stderr of a command that failed."""

    error: Fault


class Failed(Frozen):
    """A rollout without a score."""

    task: str
    message: str


class Input(Frozen):
    """One key of what a graph takes."""

    name: str
    kind: str
    """Its type, in a word or two."""
    required: bool


class Initialized(Frozen):
    """Files for a first optimization."""

    result: Literal["init"] = "init"
    agent: str
    nodes: dict[str, bool]
    """Whether a chat model is in reach of the node's code."""
    inputs: tuple[Input, ...]
    context: tuple[Input, ...]
    files: tuple[str, ...]
    next: str
    """The command to type next."""


class Inspected(Frozen):
    """An agent as the optimizer sees it."""

    result: Literal["inspect"] = "inspect"
    agent: str
    anatomy: Anatomy
    tunable: tuple[str, ...]
    """Names of the components that these settings tune."""
    probed: int
    """Tasks that it was run on."""
    failed: tuple[Failed, ...] = ()
    usage: Usage = Usage()
    """What probing cost."""


class Choice(Frozen):
    """The tuned candidate, and what its score on val is worth."""

    candidate: str
    number: int
    """0 is the baseline: nothing beat it."""
    texts: dict[str, str]
    flags: tuple[str, ...]
    """What a person should look at before using the texts."""
    baseline: float
    """The baseline's mean on val."""
    val: float
    """Its own, too high since it was chosen for it."""
    expected: float
    """The same, corrected for that."""


class Cost(Frozen):
    """The ledger at the end."""

    rollouts: int
    reflections: int
    usage: Usage
    seconds: float


class Optimized(Frozen):
    """How a run ended."""

    result: Literal["optimize"] = "optimize"
    verdict: Literal["gain", "loss", "no significant gain", "not tested"]
    """On test: whether the 95 % interval of the difference lies above 0, below it, or around it."""
    chosen: Choice
    test: Tested | None
    stopped: Stopped
    candidates: int
    """Accepted ones, the baseline included."""
    spent: Cost
    folder: str
    tuned: str
    """The file with the tuned candidate."""


class Judged(Frozen):
    """One rollout of an evaluation."""

    task: str
    repeat: int
    score: float | None
    """None for a rollout that failed."""
    feedback: str
    fault: str | None
    objectives: dict[str, float]


class Evaluated(Frozen):
    """How a configuration did on a split."""

    result: Literal["evaluate"] = "evaluate"
    candidate: str | None
    """The file; None for the agent as it stands."""
    split: Literal["train", "val", "test"]
    mean: float
    low: float
    high: float
    """95 % interval of the mean over tasks."""
    repeats: int
    faults: int
    usage: Usage
    seconds: float
    """Mean wall time of a rollout."""
    rollouts: tuple[Judged, ...]
    baseline: "Evaluated | None" = None
    """The other side, with `--baseline`."""
    comparison: Comparison | None = None
    """The two paired by task, with `--baseline`."""


class Exported(Frozen):
    """A candidate in the form that was asked for."""

    result: Literal["export"] = "export"
    candidate: str
    format: str
    file: str | None
    """Where it was written; None when it is in `document` or `text`."""
    document: JsonValue = None
    """Of the formats yaml and json."""
    text: str | None = None
    """Of all other formats."""
    remarks: tuple[str, ...] = ()
    """What the format left out, and why; what to look at."""


class Reported(Frozen):
    """A run as one HTML file."""

    result: Literal["report"] = "report"
    folder: str
    file: str
    size: int
    """In bytes."""


class Watching(Frozen):
    """Where a run is shown, from now on until the command ends."""

    result: Literal["watch"] = "watch"
    folder: str
    url: str


class Change(Frozen):
    """A text that differs."""

    component: str
    before: str
    after: str


class Differences(Frozen):
    """What changed between two graph configurations."""

    result: Literal["diff"] = "diff"
    a: str
    b: str
    changes: tuple[Change, ...]


class Found(Frozen):
    """What a check found in stored runs."""

    check: str
    node: str
    tool: str
    runs: int
    """In how many."""
    example: str


class Ingested(Frozen):
    """What stored traces tell."""

    result: Literal["ingest"] = "ingest"
    files: int
    spans: int
    traces: int
    runs: int
    failed: int
    scored: int
    mean: float | None
    """Of the scored ones; None when there are none."""
    skipped: int
    """Lines that could not be read."""
    anatomy: Anatomy
    findings: tuple[Found, ...]
    tasks: str | None
    """The file of tasks that was written."""
    trajectories: str | None
