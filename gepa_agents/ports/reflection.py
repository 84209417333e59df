"""The port to how a new text is asked for: a style writes the prompt to the reflection model and reads its answer."""

from typing import Protocol

from gepa_agents.words.component import Anatomy, Component
from gepa_agents.words.frozen import Frozen
from gepa_agents.words.rollout import Rollout


class Attempt(Frozen):
    """An earlier text for the component, and what it did."""

    text: str
    before: float
    """Mean score of its parent on the minibatch it was tried on."""
    after: float
    """Its own mean score there."""
    refused: str | None = None
    """Why a person did not want it, in their words; None unless a person refused it."""


class Request(Frozen):
    """Everything a reflection is made from."""

    component: Component
    text: str
    """The component's text in the parent candidate."""
    evidence: str
    """What the rollouts showed about this component; every word of others in it stands in fences."""
    anatomy: Anatomy
    """The agent around it."""
    tried: tuple[Attempt, ...] = ()
    """Earlier attempts, the newest last."""
    limit: int
    """The new text may have so many characters."""
    growth: float = 2.5
    """How many times as long as its parent the new text may be; a short one may grow to some thousand characters.
    Of 42 that real models wrote from a full text, the middle one was 1.26 times as long, the longest 2.09 times."""
    contrast: str = ""
    """Two runs of one task compared, one that went well and one that did not, fenced like the evidence."""
    other: str | None = None
    """A second text for the component, better than `text` on some tasks and worse on others. When it is there, the
    request is for a synthesis: one text that keeps the lessons of both."""
    other_evidence: str = ""
    """What the rollouts with the second text showed."""
    rollouts: tuple[Rollout, ...] = ()
    """Those that the evidence was cut from: what tools and the metric said in them may not all be taken over."""


class Proposal(Frozen):
    """A usable answer."""

    text: str
    diagnosis: str = ""
    flags: tuple[str, ...] = ()
    """What a person should look at before using the text, each in a sentence; the guards fill it in."""


class Malformed(Frozen):
    """An answer that can't be read."""

    reason: str
    """What is wrong with it, for the repair round and for the journal."""


class Style(Protocol):
    """How to ask, and how to read what comes back."""

    def prompt(self, request: Request) -> str:
        """What the reflection model is asked; a pure function of the request."""
        ...

    def parse(self, request: Request, answer: str) -> Proposal | Malformed:
        """The new text in the model's answer, or why there is none. Must not raise, whatever the answer is."""
        ...
