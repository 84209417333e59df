"""The evidence about one component as records: what it was given, what it did, what was said of it.

For engines and trackers that take feedback as data; our own reflection reads `evidence`, which is made of the same.
"""

import re
from collections.abc import Iterator, Sequence

from gepa_agents.parts.feedback import quoting
from gepa_agents.parts.feedback.case import Sort, story
from gepa_agents.parts.feedback.evidence import CHARACTERS, Case
from gepa_agents.parts.feedback.sizing import FULL, LADDER, LAST, Cut, Told
from gepa_agents.words.component import Component
from gepa_agents.words.frozen import Frozen

__all__ = ["ReflectiveRecord", "reflective_records"]

RUNS = re.compile("~+")


class ReflectiveRecord(Frozen):
    """One case as it concerns one component; what models, tools and users wrote in it stands between tildes."""

    task: str
    """The task's id."""
    score: float | None
    """None for a rollout that failed."""
    given: str
    """The task, and what else the component's model read."""
    did: str
    """What it wrote, which tools it called and what they answered, and how the agent ended."""
    feedback: str
    """What went wrong, and what the metric said of it."""


def reflective_records(component: Component, cases: Sequence[Case], *, tokens: int) -> tuple[ReflectiveRecord, ...]:
    """One record for each case in which the component took part, in about so many tokens together at most.

    What does not fit is given up as in `evidence`: tools' answers first, what went wrong last. No case is left out.
    """
    told = [Told(case, passages) for case in cases if (passages := story(component, case)) is not None]
    records: list[ReflectiveRecord] = []
    for cut in (FULL, *LADDER, LAST):
        records = [_record(one, cut) for one in told]
        if sum(len(one.given) + len(one.did) + len(one.feedback) for one in records) <= tokens * CHARACTERS:
            break
    return tuple(records)


def _record(told: Told, cut: Cut) -> ReflectiveRecord:
    score = told.case.rollout.score
    return ReflectiveRecord(
        task=told.case.task.id,
        score=None if score is None else score.value,
        given="\n\n".join(_blocks(told, cut, ("task", "given"))),
        did="\n\n".join(_blocks(told, cut, ("did", "answer", "end"))),
        feedback="\n\n".join(_blocks(told, cut, ("why",))),
    )


def _blocks(told: Told, cut: Cut, sorts: Sequence[Sort]) -> Iterator[str]:
    last = max(passage.turn for passage in told.passages)
    first = 0 if cut.turns is None else last - cut.turns + 1
    for passage in told.passages:
        limit = cut.limits.get(passage.sort)
        if passage.sort in sorts and limit != 0 and (passage.turn == 0 or passage.turn >= first):
            yield f"{passage.label}:\n{_fenced(quoting.short(quoting.text(passage.content), limit))}"


def _fenced(text: str) -> str:
    """The text between lines of tildes (CommonMark): who takes records puts them between backticks of their own."""
    fence = "~" * max(3, 1 + max(map(len, RUNS.findall(text)), default=0))
    return f"{fence}\n{text}\n{fence}"
