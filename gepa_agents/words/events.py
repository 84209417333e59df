"""What a run tells: to the person watching, and to its journal, where these events are the audit of each decision."""

from typing import Annotated, Literal

from pydantic import Field

from gepa_agents.words.component import Component, Unreachable
from gepa_agents.words.frozen import Frozen
from gepa_agents.words.usage import Usage

Reason = Literal["no_better", "val", "reflection", "guard", "seen", "perfect", "review"]
"""Why a proposal was rejected."""


class Baseline(Frozen):
    """The agent as it stands was run on every val task, and its components were found."""

    event: Literal["baseline"] = "baseline"
    mean: float
    """Mean score on val."""
    faults: int
    """Rollouts without a score."""
    components: tuple[Component, ...]
    """What is tunable in this run."""
    unreachable: tuple[Unreachable, ...]
    rollouts: int = 0
    """Booked by then."""
    usage: Usage = Usage()
    """Tokens and money of all models booked by then."""


class Decided(Frozen):
    """A decision of the search, and where the ledger stood with it: what is under way beside it is not in that."""

    iteration: int
    known: int
    """Decisions that had been taken when it was planned: what it could build on."""
    rollouts: int = 0
    """Booked by then, since the beginning of the run."""
    usage: Usage = Usage()
    """Tokens and money of all models booked by then, the preflight call not included."""


class Proposed(Frozen):
    """What is to be rewritten is chosen, and the reflection model asked. Shown, not journalled: it is no decision."""

    event: Literal["proposed"] = "proposed"
    iteration: int
    origin: Literal["mutation", "merge"]
    parents: tuple[str, ...]
    component: str
    """As in the decision that follows."""
    why: str = ""
    """Why this component was chosen."""


class Accepted(Decided):
    """A child beat its parent on the minibatch, did well on val and joined the pool."""

    event: Literal["accepted"] = "accepted"
    origin: Literal["mutation", "merge"]
    candidate: str
    parents: tuple[str, ...]
    component: str
    """The component that was rewritten, or those, separated by commas; for a merge, those taken over."""
    why: str = ""
    """Why this component was chosen."""
    texts: dict[str, str]
    """New texts by component; what a merge took over as it was is not among them."""
    flags: tuple[str, ...] = ()
    """What a person should look at before using these texts."""
    before: float
    """Mean of the parent on the minibatch (of the better parent, for a merge)."""
    after: float
    """Mean of the child on the same tasks."""
    val: float
    """Mean of the child on val; where it was not run it is taken to do as its parent."""
    tasks: int
    """Val tasks that it was run on."""
    best: float
    """Best mean on val so far, the child included."""
    leader: str
    """The candidate that has it."""
    frontier: int
    """Candidates on the frontier afterwards."""


class Rejected(Decided):
    """A proposal came to nothing; the reason says how."""

    event: Literal["rejected"] = "rejected"
    origin: Literal["mutation", "merge"]
    parents: tuple[str, ...]
    component: str
    why: str = ""
    reason: Reason
    """`no_better`: not above its parent on the minibatch. `val`: nor on val. `reflection`: no usable answer.
    `guard`: the text broke a rule. `seen`: tried before. `perfect`: the parent solves the whole minibatch already.
    `review`: a person did not want it."""
    detail: str = ""
    texts: dict[str, str] = {}
    """The texts that were tried, if there were any."""
    before: float | None = None
    after: float | None = None


class Confirmed(Decided):
    """The leader was run on the val tasks that it had not been run on: it seemed to solve them all, or nothing had
    gained on it for a while."""

    event: Literal["confirmed"] = "confirmed"
    candidate: str
    before: float
    """Its mean on val as it was taken to be."""
    val: float
    """As it is."""
    best: float
    """Best mean on val now."""
    leader: str
    """The candidate that has it."""


class Stopped(Frozen):
    """The search is over."""

    event: Literal["stopped"] = "stopped"
    reason: Literal["budget", "iterations", "perfect", "reflection", "stalled"]
    """`perfect`: every val task is solved. `reflection`: no usable text so many times in a row.
    `stalled`: proposals keep coming with nothing new to try."""
    detail: str
    """One sentence for people."""


class Tested(Frozen):
    """Baseline and tuned candidate were run on the test split, which nothing had seen."""

    event: Literal["tested"] = "tested"
    candidate: str
    tasks: int
    baseline: float
    tuned: float
    difference: float
    low: float
    high: float
    """95 % interval of the difference, paired by task."""


class Progress(Frozen):
    """Something was paid for. Shown, not journalled: the order depends on timing."""

    event: Literal["progress"] = "progress"
    phase: str
    """What is going on, in two or three words."""
    done: int
    total: int
    """Of the rollouts of this phase."""
    rollouts: int
    usage: Usage
    seconds: float


Event = Annotated[
    Baseline | Proposed | Accepted | Rejected | Confirmed | Stopped | Tested | Progress, Field(discriminator="event")
]
