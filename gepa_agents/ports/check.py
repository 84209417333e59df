"""The port to a user's own check: a function that says what it noticed about a rollout."""

from collections.abc import Iterable
from typing import Protocol

from gepa_agents.words.case import Case
from gepa_agents.words.finding import Finding


class Check(Protocol):
    """Looks at one case and says what went wrong in it: a sentence or several, each may be a `Finding` that names node,
    tool and step; None, or nothing, when all is well.

    It asks no model and depends on nothing but the case, so that a resumed run finds the same; sync, and quick. What it
    returns stands in the evidence as a fact: better silent than wrong. Its function's name is the check's name.
    """

    def __call__(self, case: Case, /) -> Iterable[str | Finding] | str | Finding | None: ...
