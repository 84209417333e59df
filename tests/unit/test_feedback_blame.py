"""Blame: whose fault it is, by the first thing that tells, and in words that the journal can keep."""

import pytest

from gepa_agents.parts.feedback.blame import blame
from gepa_agents.words.case import Case
from gepa_agents.words.component import Component
from gepa_agents.words.rollout import Fault, Score
from gepa_agents.words.trajectory import NodeStep
from tests.rollouts import call, case, prompt, ran, said, user

READER, CLERK, WRITER = (prompt(node) for node in ("reader", "clerk", "writer"))
ALL = (READER, CLERK, WRITER)
EXPECTED = "The lamp costs 42 EUR."


def story(read: str = "lamp", found: str = "42", answer: str = "The lamp costs 42 EUR.", **more: object) -> Case:
    """A reader that names the article, a clerk that looks it up, a writer that answers."""
    asked = call("look_up", {"article": read})
    told = case(
        said(f"Article: {read}.", node="reader", given=[user("What does the lamp cost?")], tools=()),
        said(node="clerk", given=[user(f"Article: {read}.")], calls=[asked], tools=()),
        ran("look_up", asked.arguments, f"{read}: 42 EUR"),
        said(
            f"Price: {found} EUR.", node="clerk", given=[user(f"Article: {read}."), user(f"{read}: 42 EUR")], tools=()
        ),
        said(answer, node="writer", given=[user(f"{read}, price: {found} EUR.")], tools=()),
        given="What does the lamp cost?",
        output=answer,
        **{"score": 0.0, **more},  # type: ignore[arg-type]
    )
    return told.model_copy(update={"task": told.task.model_copy(update={"expected": EXPECTED})})


def culprits(*cases: Case, components: tuple[Component, ...] = ALL, peers: tuple[Case, ...] = ()) -> dict[str, float]:
    """Who has most of the blame, and how much."""
    found = blame(components, cases, solved=1.0, peers=peers)
    most = max(one.points for one in found.values())
    return {name: round(one.points, 3) for name, one in found.items() if one.points and one.points == most}


def test_feedback_that_names_a_component_decides() -> None:
    """The metric knows best, by the component's name or by its node."""
    by_name = Score(value=0.5, by_component={"writer.system": "Say the price."})
    by_node = Score(value=0.5, by_component={"writer": "Say the price."})
    assert culprits(story(found="17", score=by_name)) == {"writer.system": 0.5}
    assert culprits(story(found="17", score=by_node)) == {"writer.system": 0.5}


def test_a_line_of_feedback_may_begin_with_the_node_that_it_is_for() -> None:
    """Metrics say so in words, too: `clerk: the price is another one`."""
    said_so = Score(value=0.0, feedback="The answer is wrong.\nclerk: the price is another one: 42 EUR")
    assert culprits(story(score=said_so)) == {"clerk.system": 1.0}


def test_a_wrong_value_is_traced_to_who_brought_it_in() -> None:
    """The clerk misread the price, the writer only passed it on; as this is a clue, all keep a part of the blame."""
    wrong = story(found="17", answer="The lamp costs 17 EUR.")
    found = blame(ALL, [wrong], solved=1.0)
    assert {name: round(one.points, 3) for name, one in found.items()} == {
        "reader.system": 0.167,
        "clerk.system": 0.667,
        "writer.system": 0.167,
    }
    assert found["reader.system"].reason == "it took part"
    assert found["clerk.system"].reason == "`17` in the answer comes from `clerk`"


def test_a_wrong_question_is_traced_to_who_asked_it() -> None:
    """What the tool answered about another article is right; the reader named the wrong one."""
    assert culprits(story(read="chair", answer="The chair costs 42 EUR.")) == {"reader.system": 0.667}


def test_a_value_that_is_left_out_is_traced_to_who_had_it_last() -> None:
    """The writer had read the price."""
    found = blame(ALL, [story(answer="The lamp is nice.")], solved=1.0)
    assert found["writer.system"].points == pytest.approx(2 / 3)
    assert found["writer.system"].reason == "`writer` had read `42` and left it out"


def test_the_node_in_which_a_run_ended_is_to_blame() -> None:
    """The innermost one: those around it only let the error through."""
    error = "ValueError: no such article"
    steps = [
        NodeStep(node="clerk", started=0, seconds=0, error=error),
        NodeStep(node="clerk/model", started=0, seconds=0, error=error),
        said("Looking.", node="clerk/model", tools=()),
    ]
    fault = Fault(kind="agent", message=error)
    inner = prompt("clerk/model")
    failed = case(*steps, score=None, fault=fault)
    assert culprits(failed, components=(inner, READER)) == {inner.name: 1.0}


def test_a_finding_tells_where_to_look() -> None:
    """A call that fails the tool's schema is the fault of the node that made it."""
    asked = call("refund", {"order": 7})
    failing = case(
        said("Go on.", node="reader", tools=()),
        said(node="clerk", calls=[asked]),
        ran("refund", asked.arguments, error="ValidationError: amount is missing"),
        said("It failed.", node="writer", tools=()),
    )
    found = blame(ALL, [failing], solved=1.0)
    assert found["clerk.system"].points == pytest.approx(2 / 3)
    assert found["clerk.system"].reason.startswith("the check `")


def test_a_run_that_went_well_shows_where_this_one_parts_from_it() -> None:
    """Where nobody says what is right, another run of the same task does; other words for the same are no parting."""
    good = story(score=1.0, answer="The lamp costs 42 EUR.")
    bad = story(answer="I am not able to say.")
    blind = [one.model_copy(update={"task": one.task.model_copy(update={"expected": None})}) for one in (good, bad)]
    assert culprits(blind[1], peers=(blind[0],)) == {"writer.system": 0.667}


def test_where_nothing_tells_all_share() -> None:
    """Three nodes did something and the score is low: a third of the loss each."""
    vague = story(answer="The lamp costs 42 EUR.", score=0.4)
    assert {name: round(points, 3) for name, points in culprits(vague).items()} == {
        "reader.system": 0.2,
        "clerk.system": 0.2,
        "writer.system": 0.2,
    }


def test_who_took_no_part_is_not_there() -> None:
    """A component of a node that did not run gets no blame, and no place in the table."""
    assert "critic.system" not in blame((*ALL, prompt("critic")), [story()], solved=1.0)


def test_a_solved_case_blames_nobody() -> None:
    """Nothing is lost."""
    assert culprits(story(score=1.0)) == {}
