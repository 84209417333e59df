"""The evidence about one component: what its rollouts show, sized for a reflection prompt.

Never times or the ids of calls: they differ from run to run, and the same rollouts must make the same prompt.
"""

from collections.abc import Iterator, Mapping, Sequence

from gepa_agents.parts.feedback import quoting
from gepa_agents.parts.feedback.case import Case, story
from gepa_agents.parts.feedback.diagnosis import Diagnosis
from gepa_agents.parts.feedback.offering import offered
from gepa_agents.parts.feedback.sizing import FULL, GIST, LADDER, LAST, Cut, Told, tell
from gepa_agents.words.component import Component
from gepa_agents.words.frozen import Frozen

__all__ = ["CHARACTERS", "Case", "Evidence", "evidence"]

CHARACTERS = 4
"""Characters that count as one token."""


class Evidence(Frozen):
    """What some rollouts show about a component."""

    text: str
    cases: int
    """Rollouts in it."""
    omitted: str = ""
    """What was left out to keep the size, in a sentence that stands in the text too; empty when nothing was."""


def evidence(
    component: Component, cases: Sequence[Case], *, tokens: int, diagnosis: Diagnosis | None = None
) -> Evidence | None:
    """The cases in which the component took part, in at most so many tokens; None when there are none.

    `diagnosis` says what is found in each case, and its cohort from which score on a case is solved; without one, what
    our own checks find in the case alone, and 1.

    What does not fit is given up in this order: solved cases, the middle of long tool outputs, the middle of long
    messages, early calls, the better ones of the other cases; last, the middle of what went wrong.
    """
    told = [Told(case, passages) for case in cases if (passages := story(component, case, diagnosis)) is not None]
    if not told:
        return None
    size, draft = tokens * CHARACTERS, Evidence(text="", cases=0)
    solved = (diagnosis or Diagnosis()).cohort.solved
    for draft in _ever_shorter(told, offered(component, cases), solved):
        if len(draft.text) <= size:
            return draft
    # So small a size holds no fence; what is left is plain words on one line.
    return Evidence(text=quoting.line(draft.text.replace("`", "'"), size), cases=1, omitted=draft.omitted)


def _ever_shorter(told: Sequence[Told], heading: str, enough: float) -> Iterator[Evidence]:
    """The same evidence, shorter each time."""
    ranked = sorted(range(len(told)), key=lambda number: _value(told[number]))
    unsolved = [number for number in ranked if _value(told[number]) < enough] or ranked
    for solved, other in ((FULL, FULL), (GIST, FULL), (GIST, LADDER[0]), (GIST, LADDER[1])):
        yield _draft(told, heading, {number: other if number in unsolved else solved for number in ranked})
    for cut in LADDER:
        yield _draft(told, heading, dict.fromkeys(unsolved, cut))
    for count in range(len(unsolved) - 1, 0, -1):
        yield _draft(told, "", dict.fromkeys(unsolved[:count], LADDER[-1]))
    yield _draft(told, "", {unsolved[0]: LAST})


def _draft(told: Sequence[Told], heading: str, cuts: Mapping[int, Cut]) -> Evidence:
    """The cases that have a cut, in the order they came in."""
    kept = [tell(told[number], cuts[number]) for number in sorted(cuts)]
    parts = []
    if len(kept) < len(told):
        parts.append(f"{len(told) - len(kept)} of {len(told)} cases (those that went best)")
    if left_out := sum(written.left_out for written in kept):
        parts.append(f"{left_out} passages")
    if shortened := sum(written.shortened for written in kept):
        parts.append(f"the middle of {shortened} long passages")
    omitted = f"Left out to keep this short: {', '.join(parts)}." if parts else ""
    blocks = [f"### Case {number}{written.text}" for number, written in enumerate(kept, 1)]
    text = "\n\n".join(block for block in (heading, *blocks, f"({omitted})" if omitted else "") if block)
    return Evidence(text=text, cases=len(kept), omitted=omitted)


def _value(one: Told) -> float:
    score = one.case.rollout.score
    return score.value if score is not None else float("-inf")
