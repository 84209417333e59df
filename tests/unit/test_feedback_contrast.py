"""Contrast: two runs of a task are told from where they part, and only to a component that had a part in it."""

from hypothesis import given
from hypothesis import strategies as st

from gepa_agents.parts.feedback.contrast import CHARACTERS, contrast
from gepa_agents.words.component import Component
from gepa_agents.words.fence import RUNS
from tests.rollouts import call, case, prompt, ran, said, wrong_refund

LOOKUP = call("find_order", {"order": "SO-1"})
LOOKED = (said(calls=[LOOKUP]), ran("find_order", LOOKUP.arguments, "paid 12.00"))
REFUNDED = (*LOOKED, said("Refunded 12.00 for SO-1."))
REFUSED = (*LOOKED, said("I can't help."))


def told(good=REFUNDED, bad=REFUSED, component: Component | None = None, tokens: int = 2000) -> str | None:
    solved = case(*good, score=1.0, candidate="1" * 12)
    return contrast(component or prompt(), solved, case(*bad, score=0.0), tokens=tokens)


def test_it_starts_where_the_runs_part() -> None:
    """What both did stands there as a number of steps; then each goes its way, with its score."""
    text = told()
    assert text is not None
    assert text.startswith("One task, run twice. With other texts it went well")
    assert "find_order" not in text
    assert text.count("The first 2 steps were the same. Then:") == 2
    good, bad = text.index("Refunded 12.00 for SO-1."), text.index("I can't help.")
    assert text.index("went well: score 1.00") < good < text.index("went badly: score 0.00") < bad


def test_runs_that_never_part_are_no_contrast() -> None:
    """Same steps, other score: there is nothing to see."""
    assert told(good=REFUSED) is None


def test_a_run_that_ends_earlier_is_said_to_end() -> None:
    """The better run went on where the other one stopped."""
    text = told(bad=LOOKED)
    assert text is not None
    assert "It ended there." in text


def test_a_component_without_a_part_in_it_hears_nothing() -> None:
    """The runs part in the resolver; the triage node, which did the same in both, learns nothing from it."""
    first = said("return", node="triage")
    assert told((first, *REFUNDED), (first, *REFUSED), prompt("triage")) is None
    assert told((first, *REFUNDED), (first, *REFUSED), prompt("resolver")) is not None


def test_a_tool_hears_of_runs_that_part_in_its_calls() -> None:
    """A description is concerned where one run called the tool otherwise, or not at all."""
    tool = Component(name="tools.refund.description", kind="tool_description", text="Pays.", tool="refund")
    assert told(wrong_refund(), REFUSED, tool) is not None
    assert told(component=tool) is None


def test_the_order_of_calls_made_at_once_does_not_matter() -> None:
    """Tools that run side by side end in any order."""
    one, two = call("a", {"x": 1}, "1"), call("b", {"x": 2}, "2")
    assert told((said(calls=[one, two]),), (said(calls=[two, one]),)) is None


def test_ids_and_times_do_not_matter() -> None:
    """They differ in every run."""
    again = (said(calls=[call("find_order", {"order": "SO-1"}, "other")], started=9.0), *LOOKED[1:])
    assert told(LOOKED, again) is None


def test_the_same_texts_twice_are_said_to_be_the_same() -> None:
    """Two tries of one candidate show luck, and the reader is told so."""
    text = contrast(prompt(), case(*REFUNDED, score=1.0), case(*REFUSED, score=0.0), tokens=2000)
    assert text is not None
    assert text.startswith("One task, run twice with the same texts")


@given(st.text(max_size=400), st.text(max_size=400), st.integers(60, 800))
def test_it_keeps_its_size_and_its_fences(good: str, bad: str, tokens: int) -> None:
    """Whatever models wrote stands between fences that it can't close, in as many tokens as allowed."""
    text = told((said(good),), (said(bad),), tokens=tokens)
    if text is None:
        return
    assert len(text) <= tokens * CHARACTERS
    fences = [line for line in text.split("\n") if line and set(line) == {"`"} and len(line) >= 3]
    longest = max(map(len, RUNS.findall(good + " " + bad)), default=0)
    assert any(len(fence) > longest for fence in fences)
