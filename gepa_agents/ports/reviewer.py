"""The port to a person who has a say: asked about each proposal that would join the pool."""

from typing import Protocol

from gepa_agents.words.review import Review, Verdict


class Reviewer(Protocol):
    """Says yes or no to a proposal, or makes another one of it.

    It is asked about one proposal at a time, in the order of decisions, and may take as long as it likes; what is under
    way meanwhile goes on. Its verdict is in the journal before it is used: a resumed run never asks twice.
    """

    async def review(self, review: Review, /) -> Verdict: ...
