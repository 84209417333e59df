"""A person's say in what joins the pool: asked once, kept, and followed."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gepa_agents import Budget, ConfigError, Event, Rejected, Result, Review, Settings, Verdict, optimize
from gepa_agents.parts.runs.journal import read
from tests.landscape import Landscape, metric, reflect, suite
from tests.timeless import TIMES

ACCEPT = Verdict(verdict="accept")


class Person:
    """A reviewer by a rule; keeps what it was asked."""

    def __init__(self, rule: Callable[[Review], Verdict], leaves: int | None = None) -> None:
        """`leaves` is after how many questions it goes away."""
        self.rule, self.leaves = rule, leaves
        self.asked: list[Review] = []

    async def review(self, review: Review) -> Verdict:
        if len(self.asked) == self.leaves:
            raise InterruptedError("gone")
        self.asked.append(review)
        return self.rule(review)


def run(
    folder: Path | None, person: Person | None, reflection: Callable[[str], str] = reflect, **options: Any
) -> tuple[Result, list[Event]]:
    """One optimization of the landscape with a person beside it: its result and its decisions."""
    events: list[Event] = []
    result = optimize(
        Landscape(delays=True),
        suite(),
        metric=metric,
        reflection_lm=reflection,
        budget=Budget(rollouts=options.pop("rollouts", 250)),
        settings=Settings(**{"max_iterations": 12, **options}),
        run=folder,
        observer=events.append,
        reviewer=person,
    )
    return result, [event for event in events if event.event in ("baseline", "accepted", "rejected", "confirmed")]


def told(result: Result) -> dict[str, Any]:
    """A result without what the clock and the folder tell."""
    return result.model_dump(exclude={**TIMES, "folder": True})


def written(folder: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """Decisions and verdicts of a journal."""
    with read(folder) as journal:
        return list(journal.decisions()), list(journal.calls("review/"))


def moody(review: Review) -> Verdict:
    """Accepts, refuses or edits in turn, by the proposal's number, so the same at any time."""
    mood = (review.iteration + 2) % 3
    first = review.revisions[0]
    if mood == 0:
        return Verdict(verdict="reject", reason="too long")
    return ACCEPT if mood == 1 else Verdict(verdict="edit", texts={first.component.name: first.after + "\nBe brief."})


def test_accepting_everything_changes_nothing(tmp_path: Path):
    """The decisions and the result are those of a run without a reviewer, whose journal holds no verdict."""
    person = Person(lambda _review: ACCEPT)
    alone, beside = run(tmp_path / "alone", None), run(tmp_path / "beside", person)
    assert alone[1] == beside[1]
    assert told(alone[0]) == told(beside[0])
    decisions, verdicts = written(tmp_path / "alone")
    assert verdicts == []
    assert written(tmp_path / "beside")[0] == decisions
    accepted = [event.candidate for event in alone[1] if event.event == "accepted"]
    assert [review.candidate for review in person.asked] == accepted
    assert len(accepted) > 2


def test_a_review_shows_what_changed_and_which_tasks_flipped():
    """Texts before and after, the diagnosis, the figures, and each task whose score is another than the parent's."""
    person = Person(lambda _review: ACCEPT)
    result, events = run(None, person)
    scores = {one.config.candidate.id: one for one in result.candidates}
    accepted = {event.candidate: event for event in events if event.event == "accepted"}
    first = person.asked[0]
    assert [revision.before for revision in first.revisions] == [
        revision.component.text for revision in first.revisions
    ]
    for review in person.asked:
        event, child = accepted[review.candidate], scores[review.candidate]
        assert {one.component.name: one.after for one in review.revisions}.items() >= event.texts.items()
        if review.origin == "mutation":
            assert all("rules were missed" in one.diagnosis for one in review.revisions)
        assert review.minibatch == (event.before, event.after)
        assert review.minibatch[1] > review.minibatch[0] or review.origin == "merge"
        ids = [task.id for task in suite().val]
        on_val = [flip for flip in review.flips if flip.split == "val"]
        assert on_val
        assert all(flip.before != flip.after == child.val[ids.index(flip.task)] for flip in on_val)
    trained = [flip for flip in first.flips if flip.split == "train"]
    assert trained
    assert {flip.task for flip in trained} <= {task.id for task in suite().train}


def test_what_is_refused_does_not_join_and_reflection_is_told_why():
    """The pool stays as it is, the decision says who refused it and why, and later reflections read it."""
    prompts: list[str] = []

    def listening(prompt: str) -> str:
        prompts.append(prompt)
        return reflect(prompt)

    person = Person(lambda _review: Verdict(verdict="reject", reason="Never\nname rules."))
    result, events = run(None, person, listening)
    refused = [event for event in events if isinstance(event, Rejected) and event.reason == "review"]
    assert len(refused) == len(person.asked) > 1
    assert {event.detail for event in refused} == {"Never\nname rules."}
    assert len(result.candidates) == 1
    assert any("Refused by the person in charge, who says: Never name rules." in prompt for prompt in prompts)


def test_an_edit_is_run_like_any_child():
    """One that does well joins with the person's text; one that does nothing for the score comes to nothing."""

    def better(review: Review) -> Verdict:
        texts = {one.component.name: f"{one.after}\nSigned, a person." for one in review.revisions}
        return Verdict(verdict="edit", texts=texts)

    result, events = run(None, Person(better))
    joined = [event for event in events if event.event == "accepted"]
    assert joined
    assert all(text.endswith("Signed, a person.") for event in joined for text in event.texts.values())
    assert all(event.why.endswith("edited by a person") for event in joined)
    assert result.best_val > result.baseline_val

    def worse(review: Review) -> Verdict:
        return Verdict(verdict="edit", texts={one.component.name: "Do as you like." for one in review.revisions})

    result, events = run(None, Person(worse))
    assert len(result.candidates) == 1
    assert {event.reason for event in events if isinstance(event, Rejected)} & {"no_better", "seen"}


@pytest.mark.parametrize("rollouts", range(64, 130, 11))
def test_edits_are_covered_by_the_budget(rollouts: int):
    """What a person makes of a proposal is run, too: the budget holds, and the closing test is made all the same."""

    def better(review: Review) -> Verdict:
        texts = {one.component.name: f"{one.after}\nSigned, a person." for one in review.revisions}
        return Verdict(verdict="edit", texts=texts)

    result, _ = run(None, Person(better), rollouts=rollouts, max_iterations=None)
    assert result.spent.rollouts <= rollouts
    assert result.test is not None


@pytest.mark.parametrize("ahead", [1, 3])
def test_a_person_is_never_asked_twice(tmp_path: Path, ahead: int):
    """Who leaves and comes back goes on where they were, and the run ends as if they had stayed."""
    whole = Person(moody)
    expected = run(tmp_path / "whole", whole, ahead=ahead)
    assert {verdict.verdict for verdict in map(moody, whole.asked)} == {"accept", "reject", "edit"}
    asked: list[str] = []
    for _ in range(99):
        person = Person(moody, leaves=1)
        try:
            result, _ = run(tmp_path / "parts", person, ahead=ahead)
        except InterruptedError:
            asked += [review.candidate for review in person.asked]
        else:
            break
    else:
        pytest.fail("it never came to an end")
    asked += [review.candidate for review in person.asked]
    assert asked == [review.candidate for review in whole.asked]
    assert told(result) == told(expected[0])
    assert written(tmp_path / "parts") == written(tmp_path / "whole")
    again, _ = run(tmp_path / "parts", None, ahead=ahead)
    assert told(again)["candidates"] == told(expected[0])["candidates"], "verdicts count without their reviewer"


@pytest.mark.parametrize("ahead", [1, 4])
def test_the_journal_is_the_same_at_any_concurrency(tmp_path: Path, ahead: int):
    """One worker or many, alone or beside other proposals: the same questions, in the same order, the same journal."""
    found = []
    for workers in (1, 16):
        person = Person(moody)
        result, _ = run(tmp_path / str(workers), person, ahead=ahead, concurrency=workers)
        found.append((person.asked, told(result), written(tmp_path / str(workers))))
    assert len(found[0][0]) > 1
    assert found[0] == found[1]


def test_what_was_decided_without_a_reviewer_stays_decided(tmp_path: Path):
    """A run that goes on with a reviewer asks about what is new."""
    before, _ = run(tmp_path, None, max_iterations=3)
    person = Person(lambda _review: Verdict(verdict="reject"))
    after, _ = run(tmp_path, person)
    assert len(before.candidates) > 1
    assert [one.config.candidate.id for one in after.candidates] == [
        one.config.candidate.id for one in before.candidates
    ]
    assert all(review.iteration > 3 for review in person.asked)


def test_an_edit_that_can_not_be_followed_is_an_error_that_says_so(tmp_path: Path):
    """Texts for components that the proposal leaves alone, and empty ones, are refused; the question comes again."""
    for texts, said in (({"nobody.system": "x"}, "names `nobody.system`"), (None, "is empty")):

        def rule(review: Review, texts: dict[str, str] | None = texts) -> Verdict:
            return Verdict(verdict="edit", texts=texts or {review.revisions[0].component.name: " "})

        with pytest.raises(ConfigError, match=re.escape(said)):
            run(tmp_path, Person(rule))
    result, _ = run(tmp_path, Person(lambda _review: ACCEPT))
    assert len(result.candidates) > 1


class Plain:
    """A reviewer as people write it first: a sync method."""

    def __init__(self, rule: Callable[[Review], Any]) -> None:
        self.rule = rule

    def review(self, review: Review) -> Any:
        return self.rule(review)


def test_a_sync_reviewer_is_a_reviewer(tmp_path: Path):
    """It is asked in a thread, and decides the same."""
    plain, person = Plain(moody), Person(moody)
    assert run(tmp_path / "plain", plain)[1] == run(tmp_path / "person", person)[1]  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", [True, "accept", None])
def test_what_is_no_verdict_is_said(answer: object):
    """It names the proposal and what to return; a `True` is not guessed to mean yes."""
    with pytest.raises(ConfigError, match=r"the reviewer returned .* for proposal \d+; let it return .*Verdict"):
        run(None, Plain(lambda _review: answer))  # type: ignore[arg-type]


def test_half_a_character_of_a_reviewer_is_said():
    """No file can hold it, so no text may."""

    def edits(review: Review) -> Verdict:
        return Verdict(verdict="edit", texts={review.revisions[0].component.name: "Be kind \ud83d"})

    with pytest.raises(ConfigError, match="hold half of a surrogate pair"):
        run(None, Person(edits))
