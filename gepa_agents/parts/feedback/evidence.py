"""The evidence about one component: what its rollouts show, sized for a reflection prompt.

Never times or the ids of calls: they differ from run to run, and the same rollouts must make the same prompt.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gepa_agents.parts.feedback.case import Case, Passage, story
from gepa_agents.words.component import Component
from gepa_agents.words.fence import fenced
from gepa_agents.words.frozen import Frozen

CHARACTERS = 4
"""Characters that count as one token."""

Stories = list[list[Passage]]


class Evidence(Frozen):
    """What some rollouts show about a component."""

    text: str
    cases: int
    """Rollouts in it."""
    omitted: str = ""
    """What was left out to keep the size, in a sentence that stands in the text too; empty when nothing was."""


def evidence(component: Component, cases: Sequence[Case], *, tokens: int) -> Evidence | None:
    """The cases in which the component took part, in at most so many tokens; None when there are none.

    What does not fit is given up in this order: the middle of long passages, the rest of the agent's doings, what the
    component was given, the best cases, what it did; last, the middle of what went wrong.
    """
    told = [(case, passages) for case in cases if (passages := story(component, case)) is not None]
    if not told:
        return None
    for stories, omitted in _ever_shorter(told):
        text = _written(stories, omitted)
        if len(text) <= tokens * CHARACTERS:
            return Evidence(text=text, cases=len(stories), omitted=omitted)
    return Evidence(text="(The evidence does not fit.)", cases=0, omitted="everything is left out")


def _ever_shorter(told: Sequence[tuple[Case, list[Passage]]]) -> Iterator[tuple[Stories, str]]:
    stories = [passages for _, passages in told]
    yield stories, ""
    for length in (2000, 600, 200):
        yield _shortened(stories, length), "Long passages are shortened."
    for telling in (1, 2):
        stories = [[passage for passage in passages if passage.telling >= telling] for passages in stories]
        yield _shortened(stories, 200), "Long passages are shortened, the less telling ones left out."
    worst = sorted(range(len(told)), key=lambda number: _value(told[number][0]))
    for count in range(len(told) - 1, 0, -1):
        kept = [stories[number] for number in sorted(worst[:count])]
        yield _shortened(kept, 200), f"Only the {count} worst of {len(told)} cases are shown, shortened."
    last = [passage for passage in stories[worst[0]] if passage.telling == 3]
    for length in (400, 100):
        yield _shortened([last], length, labels=True), f"Only the worst of {len(told)} cases is shown, in parts."
    while last:
        last = last[1:]
        yield _shortened([last], 100, labels=True), f"Only the worst of {len(told)} cases is shown, in parts."


def _value(case: Case) -> float:
    return case.rollout.score.value if case.rollout.score is not None else float("-inf")


def _shortened(stories: Stories, length: int, *, labels: bool = False) -> Stories:
    return [
        [
            replace(
                passage,
                content=_cut(passage.content, length),
                label=_cut(passage.label, length) if labels else passage.label,
            )
            for passage in passages
        ]
        for passages in stories
    ]


def _cut(text: str, length: int) -> str:
    half = length // 2
    left = len(text) - 2 * half
    return text if len(text) <= length else f"{text[:half]} [… {left} characters …] {text[-half:]}"


def _written(stories: Stories, omitted: str) -> str:
    blocks = [
        "\n\n".join([f"### Case {number}", *map(_passage, passages)]) for number, passages in enumerate(stories, 1)
    ]
    return "\n\n".join([*blocks, f"({omitted})"] if omitted else blocks)


def _passage(passage: Passage) -> str:
    return f"{passage.label}:\n{fenced(passage.content)}" if passage.content else passage.label
