"""How much of a story is told: from every word of it down to what went wrong, in a few characters a passage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gepa_agents.parts.feedback import quoting
from gepa_agents.parts.feedback.case import Case, Passage, Sort
from gepa_agents.words.fence import fenced


@dataclass(frozen=True)
class Cut:
    """A measure of shortening."""

    limits: Mapping[Sort, int] = field(default_factory=dict[Sort, int])
    """Longest passage of a sort, in characters; 0 leaves all of that sort out; a sort that is missing is not cut."""
    turns: int | None = None
    """So many of the last turns are told; None for all."""


FULL = Cut()
GIST = Cut({"task": 600, "given": 300, "did": 400, "answer": 200, "end": 300}, turns=1)
LADDER = (
    Cut({"answer": 2000}),
    Cut({"answer": 600}),
    Cut({"answer": 600, "given": 1200, "task": 1200, "end": 600}),
    Cut({"answer": 300, "given": 600, "task": 600, "did": 800, "end": 300}, turns=6),
    Cut({"answer": 200, "given": 300, "task": 300, "did": 400, "end": 200, "why": 1500}, turns=3),
    Cut({"answer": 100, "given": 0, "task": 160, "did": 160, "end": 0, "why": 500}, turns=1),
)
"""Ever shorter: tools' answers first, then what was given, then early turns; what went wrong is kept longest."""
LAST = Cut({"answer": 0, "given": 0, "task": 0, "did": 0, "end": 0, "why": 200}, turns=1)


@dataclass(frozen=True)
class Told:
    """A case, and its story."""

    case: Case
    passages: Sequence[Passage]


@dataclass(frozen=True)
class Written:
    """A story after a cut."""

    text: str
    """What follows `### Case 1`."""
    left_out: int
    shortened: int
    """How many passages."""


def tell(told: Told, cut: Cut) -> Written:
    """The story as far as the cut lets it be told."""
    first = 0 if cut.turns is None else max(passage.turn for passage in told.passages) - cut.turns + 1
    kept = [
        passage
        for passage in told.passages
        if (passage.turn == 0 or passage.turn >= first) and cut.limits.get(passage.sort) != 0
    ]
    shortened = sum(len(passage.content) > cut.limits.get(passage.sort, len(passage.content)) for passage in kept)
    blocks = [
        f"{one.label}:\n{fenced(quoting.short(quoting.text(one.content), cut.limits.get(one.sort)))}" for one in kept
    ]
    return Written("\n\n".join([_standing(told.case), *blocks]), len(told.passages) - len(kept), shortened)


def _standing(case: Case) -> str:
    score = case.rollout.score
    return ": no score" if score is None else f": score {score.value:.2f}"
