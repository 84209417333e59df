"""What a person is asked about a proposal that did well, and what they say."""

from typing import Literal, Self

from pydantic import Field, model_validator

from gepa_agents.words.component import Component
from gepa_agents.words.frozen import Frozen


class Flip(Frozen):
    """A task on which the proposal did better or worse than its parent."""

    task: str
    split: Literal["train", "val"]
    before: float
    """Score with the parent."""
    after: float
    """Score with the proposal."""


class Revision(Frozen):
    """One text that a proposal changes."""

    component: Component
    before: str
    """The text in the parent (in the better one, for a merge)."""
    after: str
    diagnosis: str = ""
    """What the reflection model said went wrong; empty for a text that a merge took over as it was."""


class Review(Frozen):
    """A proposal that beat its parent and did well on val, before it joins the pool."""

    iteration: int
    origin: Literal["mutation", "merge"]
    candidate: str
    """Its id."""
    parents: tuple[str, ...]
    why: str
    """Why these components were chosen."""
    revisions: tuple[Revision, ...]
    flags: tuple[str, ...]
    """What the guards want looked at."""
    minibatch: tuple[float, float]
    """Mean of the parent and of the proposal on the tasks it was first tried on."""
    val: tuple[float, float]
    """Mean of the parent and of the proposal on the val tasks that both were run on."""
    tasks: int
    """How many those are."""
    flips: tuple[Flip, ...]
    """Tasks that both were run on, with another score: of the minibatch, then of val."""


class Verdict(Frozen):
    """What a person says to a proposal."""

    verdict: Literal["accept", "reject", "edit"]
    """`edit`: not as it is, but with these texts instead; the edited proposal is run and must do well, as any other."""
    texts: dict[str, str] = {}
    """With `edit`: the new texts by component, those of other components stay as proposed."""
    reason: str = Field(default="", max_length=2000)
    """With `reject`: why, in words; later reflections on these components read it."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.verdict == "edit") != bool(self.texts):
            raise ValueError("an edit comes with texts, any other verdict without")
        return self
