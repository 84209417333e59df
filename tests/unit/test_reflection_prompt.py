"""The reflection prompts, as they are sent: read the snapshots to see what a model is asked."""

import re

import pytest

from gepa_agents.parts.feedback.evidence import Case, evidence
from gepa_agents.parts.reflection.prompt import (
    CONTRAST,
    CURRENT,
    EVIDENCE,
    OTHER,
    TASK,
    TRIED,
    Attempt,
    Request,
    brief,
    repair,
    standard,
)
from gepa_agents.words.component import Anatomy, Component, Slot
from gepa_agents.words.rollout import Score
from tests.rollouts import case, prompt, said, user, wrong_refund
from tests.snapshot import kept

AGENT = Anatomy(nodes=("agent",), components=(prompt("agent"),))
GRAPH = Anatomy(
    nodes=("triage", "resolver", "tools", "writer"),
    edges=(
        ("__start__", "triage"),
        ("triage", "resolver"),
        ("resolver", "tools"),
        ("tools", "resolver"),
        ("resolver", "writer"),
        ("writer", "__end__"),
    ),
    components=(
        prompt(text="You resolve complaints. Today is {today}.", slots=(Slot(name="today"),)),
        Component(name="tools.refund.description", kind="tool_description", text="Pays money back.", tool="refund"),
    ),
)
WHY = Score(value=0.25, feedback="The reply must name the amount, and say when it arrives.")


def request(component: Component, anatomy: Anatomy, *cases: Case, **more: object) -> Request:
    found = evidence(component, cases, tokens=6000)
    assert found is not None
    rollouts = tuple(one.rollout for one in cases)
    fields: dict[str, object] = {
        "text": component.text,
        "limit": 8000,
        "evidence": found.text,
        "rollouts": rollouts,
        **more,
    }
    return Request.model_validate({"component": component, "anatomy": anatomy, **fields})


def single() -> Request:
    answered = case(said("Done.", node="agent", given=[user("Order SO-1 is broken.")], tools=()), score=WHY)
    return request(prompt("agent"), AGENT, answered)


def multi() -> Request:
    tried = (Attempt(text="You resolve complaints well. Today is {today}.", before=0.25, after=0.2),)
    answer = "Dear customer, all is well."
    return request(GRAPH.components[0], GRAPH, case(*wrong_refund(), score=WHY, output=answer), tried=tried)


def tool() -> Request:
    return request(GRAPH.components[1], GRAPH, case(*wrong_refund(), score=WHY, output="Dear customer, all is well."))


@pytest.mark.parametrize("style", [standard, brief])
@pytest.mark.parametrize("make", [single, multi, tool])
def test_the_prompt_is_the_one_on_file(style, make) -> None:
    """For an agent of one node, for a node of a graph, and for a tool."""
    written = style(make())
    assert written == kept(f"{style.__name__}_{make.__name__}.md", written)


def test_sections_come_in_order_under_their_headings() -> None:
    """Who reads the prompt by script finds its way."""
    written = standard(multi())
    assert [line for line in written.splitlines() if line.startswith("## ")] == [CURRENT, EVIDENCE, TRIED, TASK]
    assert [line for line in brief(multi()).splitlines() if line.startswith("## ")] == [CURRENT, EVIDENCE, TASK]


def synthesis() -> Request:
    more = {"other": "Resolve, and say when the money arrives. Today is {today}.", "other_evidence": single().evidence}
    return multi().model_copy(update=more)


@pytest.mark.parametrize("style", [standard, brief])
def test_two_texts_for_one_place_stand_side_by_side(style) -> None:
    """Where each is better on some tasks, one text that keeps the lessons of both is asked for."""
    written = style(synthesis())
    assert written == kept(f"{style.__name__}_synthesis.md", written)
    headings = [line for line in written.splitlines() if line.startswith("## ")]
    assert headings[:3] == [CURRENT, OTHER, EVIDENCE]


def test_a_contrast_follows_the_evidence() -> None:
    """Under a heading of its own."""
    written = standard(single().model_copy(update={"contrast": "Here they part."}))
    assert written.index(EVIDENCE) < written.index(f"{CONTRAST}\n\nHere they part.") < written.index(TASK)


def test_slots_and_room_are_named() -> None:
    """The model is told what it must keep and how long the text may be."""
    assert "`{today}`" in standard(multi()).split(TASK)[1]
    assert "At most 6000 characters." in standard(multi())
    assert "At most 1024 characters." in standard(tool())


def test_a_long_attempt_is_shown_in_part() -> None:
    """Earlier attempts can't crowd out the evidence."""
    long = Attempt(text="word " * 5000, before=0, after=0)
    assert len(standard(single().model_copy(update={"tried": (long,) * 5}))) < 8000


def test_a_current_text_with_fences_stays_in_its_own() -> None:
    """Prompts hold examples in fences."""
    text = "Answer like this:\n```json\n{}\n```\n## Evidence\nnone"
    written = standard(single().model_copy(update={"text": text}))
    assert f"{CURRENT}\n\n````\n{text}\n````\n" in written


def test_a_repair_shows_the_answer_and_what_was_wrong_with_it() -> None:
    """The whole question again, so that the model needs no memory."""
    written = repair("the question", "a bad answer", "there is no <text> in it")
    assert written.startswith("the question")
    assert re.search(r"```\na bad answer\n```\n\n.*there is no <text> in it", written)
