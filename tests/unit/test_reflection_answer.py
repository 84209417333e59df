"""Reading answers, guarding texts, and the one round of repair."""

from collections.abc import Sequence

import pytest

from gepa_agents.parts.reflection.answer import MOST_RULES, Malformed, Proposal, rules, tagged
from gepa_agents.parts.reflection.guards import DESCRIPTION, Guards
from gepa_agents.parts.reflection.prompt import Request
from gepa_agents.parts.reflection.reflect import Brief, Failure, Standard, Style, reflect
from gepa_agents.ports.language_model import Completion
from gepa_agents.words.component import Anatomy, Component, Slot
from gepa_agents.words.errors import ModelUnavailable
from tests.rollouts import prompt

PARENT = "You resolve complaints."
TOOL = Component(name="tools.refund.description", kind="tool_description", text="Pays.", tool="refund")


def asked(text: str = PARENT, *, slots: Sequence[str] = (), limit: int = 8000) -> Request:
    component = prompt(text=text, slots=tuple(Slot(name=name) for name in slots))
    return Request(component=component, text=text, evidence="It failed.", anatomy=Anatomy(), limit=limit)


async def tried(request: Request, style: Style, *answers: str | Completion) -> tuple[Proposal | Failure, list[str]]:
    """The outcome when the model gives these answers one after the other, and the prompts it saw."""
    prompts: list[str] = []

    async def ask(question: str) -> Completion:
        prompts.append(question)
        answer = answers[len(prompts) - 1]
        return Completion(text=answer) if isinstance(answer, str) else answer

    return await reflect(request, ask, style), prompts


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("<diagnosis>why</diagnosis>\n<text>\nnew\n</text>", "new"),
        ("Sure!\n\n<text>new</text>\n\nGood luck.", "new"),
        ("<text>\r\n  indented\r\n\r\n- kept \r\n</text>", "  indented\r\n\r\n- kept "),
        ("<text>\n```\nnew\n```\n</text>", "new"),
        ("<text>\n```markdown\nnew\n\nlines\n```\n</text>", "new\n\nlines"),
        ("<text>\n```\na\n```\nand\n```\nb\n```\n</text>", "```\na\n```\nand\n```\nb\n```"),
        ("<text>Write <b>bold</b> & {x}</text>", "Write <b>bold</b> & {x}"),
        ("<diagnosis>The <text> is bad, and </text> too.</diagnosis>\n<text>new</text>", "new"),
        ("<think>\nPerhaps <text>x</text>?\n</think>\n<text>new</text>", "new"),
    ],
)
def test_a_tagged_answer_is_taken_to_the_letter(answer: str, text: str) -> None:
    """Prose around it, line ends within its tags and a fence around the whole are passed over."""
    read = tagged(asked(), answer)
    assert isinstance(read, Proposal)
    assert read.text == text


def test_a_text_whose_parent_is_fenced_keeps_its_fence() -> None:
    """There the fence is the author's."""
    read = tagged(asked("```\nold\n```"), "<text>\n```\nnew\n```\n</text>")
    assert isinstance(read, Proposal)
    assert read.text == "```\nnew\n```"


@pytest.mark.parametrize("name", ["new_text", "text"])
async def test_a_text_that_speaks_of_the_tag_can_be_tuned(name: str) -> None:
    """Another tag is asked for; a model that keeps to the usual one is understood where nothing is ambiguous."""
    parent = "Read what stands in <text>{doc}</text>."
    new = f"{parent} Take care." if name == "new_text" else "Read {doc}."
    outcome, prompts = await tried(
        asked(parent, slots=["doc"]), Standard(), f"<diagnosis>d</diagnosis>\n<{name}>\n{new}\n</{name}>"
    )
    assert outcome == Proposal(text=new, diagnosis="d")
    assert "<new_text>\nthe new text\n</new_text>" in prompts[0]


async def test_a_model_that_takes_the_wrong_tag_is_told_the_right_one() -> None:
    """Where its text holds the usual tag, too."""
    parent = "The customer's words stand in <text> tags."
    outcome, prompts = await tried(
        asked(parent), Standard(), f"<text>{parent} So.</text>", f"<new_text>{parent} So.</new_text>"
    )
    assert outcome == Proposal(text=f"{parent} So.")
    assert "must stand between <new_text> and </new_text>" in prompts[1]


def test_the_diagnosis_is_kept() -> None:
    """It goes into the journal."""
    read = tagged(asked(), "<diagnosis>\nIt never looks up.\n</diagnosis><text>new</text>")
    assert read == Proposal(text="new", diagnosis="It never looks up.")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "no <text>"),
        ("Certainly! Please provide the new instruction.", "no <text>"),
        ("<text></text>", "empty"),
        ("<text>\n \n</text>", "empty"),
        ("<text>cut off in the mid", "not closed"),
        ("<diagnosis>why</diagnosis><text>cut off</te", "not closed"),
        ("</text>new<text>", "not closed"),
        ("<text>one</text> or <text>two</text>", "more than one"),
        ("<text>a <text>b</text></text>", "more than one"),
        ("<text>a</text></text>", "more than one"),
        ("<text>a<diagnosis>b</diagnosis></text>", "not closed"),
        ("<TEXT>new</TEXT>", "no <text>"),
    ],
)
def test_an_ambiguous_answer_is_refused(answer: str, reason: str) -> None:
    """With the reason; nothing is guessed."""
    read = tagged(asked(), answer)
    assert isinstance(read, Malformed)
    assert reason in read.reason


def test_rules_are_added_to_the_text() -> None:
    """Those that it does not have, each once, whatever list mark the model uses; chatter is passed over."""
    answer = "Here are the rules:\n- Look it up first.\n* Be kind.\n1. Be kind.\n\n  - `x` is a number. \n- known"
    read = rules(asked(f"{PARENT}\n- Known"), answer)
    expected = f"{PARENT}\n- Known\n- Look it up first.\n- Be kind.\n- `x` is a number."
    assert read == Proposal(text=expected)


@pytest.mark.parametrize("answer", ["", "no list", "-no space", "\n" * 5000, f"- {PARENT}", "- \n\nand"])
def test_an_answer_without_a_new_rule_is_refused(answer: str) -> None:
    """No list at all, or only what stands in the text already."""
    assert isinstance(rules(asked(), answer), Malformed)


def test_a_small_model_that_does_not_stop_is_cut() -> None:
    """Only the first rules count."""
    read = rules(asked(), "\n".join(f"- rule {number}" for number in range(100)))
    assert isinstance(read, Proposal)
    assert read.text.count("\n- ") == MOST_RULES


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("Hi {today}.\n", "the same"),
        ("Hello.", "{today} must stand"),
        ("Hello {Today}.", "{today} must stand"),
        ("Hello {{today}} {today} {user}.", "{user} is no slot"),
        ("Hello {today}\x00.", "U+0000"),
        ("Hello {today}\u202e.", "U+202E"),
        ("Hello {today}\U000e0041.", "U+E0041"),
        ("Hello {today}\ud83d.", "U+D83D"),
        ("Hello {today} you\U000e0101.", "U+E0101, the first behind “Hello {today} you”"),
        ("Hello {today}\ufe00.", "U+FE00"),
        ("Hello {today}\u3164\u115f.", "U+3164, U+115F"),
        ("Hello {today}\u034f\u2800.", "U+034F, U+2800"),
        ("Hello {today}, he\u200dlp.", "U+200D"),
        ("{today} 日\U000e0101\U000e0102", "U+E0102"),
        ("Hello {today}." + "x" * 100, "are allowed"),
    ],
)
def test_a_text_that_breaks_a_rule_is_named(text: str, problem: str) -> None:
    """In words that a model can act on."""
    found = Guards().refusal(asked("Hi {today}.", slots=["today"], limit=60), text)
    assert found is not None
    assert problem in found


@pytest.mark.parametrize(
    "text",
    [
        "It is {today}.",
        '{today}: answer {"a": 1}',
        "{today} {literal}",
        "{today} {{x}}",
        "heute ist {today} 👩\u200d🔧",
        "{today} ⚠\ufe0f ℹ\ufe0f 1\ufe0f\u20e3 👩🏽\u200d🔧 🏳\ufe0f\u200d🌈",
        "{today} می\u200cخواهم क्\u200dष",
        "{today} 葛\U000e0101城 ᠠ\u180b",
        "{today}\n\t- a",
    ],
)
def test_a_sound_text_passes(text: str) -> None:
    """Literal braces may stay, and so may every script's own signs."""
    assert Guards().refusal(asked("Hi {today} {literal}.", slots=["today"], limit=60), text) is None


def test_a_tool_description_has_less_room() -> None:
    """Providers refuse long ones; one that is longer already may keep its length."""
    request = asked().model_copy(update={"component": TOOL, "text": TOOL.text})
    assert Guards().refusal(request, "x" * (DESCRIPTION + 1)) is not None
    long = TOOL.model_copy(update={"text": "y" * 2000})
    assert Guards().refusal(request.model_copy(update={"component": long, "text": long.text}), "x" * 2000) is None


async def test_a_good_answer_needs_one_question() -> None:
    """And is the proposal."""
    outcome, prompts = await tried(asked(), Standard(), "<diagnosis>why</diagnosis><text>new</text>")
    assert outcome == Proposal(text="new", diagnosis="why")
    assert len(prompts) == 1


@pytest.mark.parametrize(
    ("first", "problem"),
    [
        ("Sure!", "no <text>"),
        (Completion(text="<text>new</text>", truncated=True), "cut off"),
        (f"<text>{PARENT}</text>", "the same as before"),
    ],
)
async def test_a_bad_answer_is_repaired_once(first: str | Completion, problem: str) -> None:
    """The second prompt holds the first one, its answer, and what was wrong."""
    outcome, prompts = await tried(asked(), Standard(), first, "<text>new</text>")
    assert outcome == Proposal(text="new")
    assert prompts[1].startswith(prompts[0])
    assert problem in prompts[1]
    assert (first if isinstance(first, str) else first.text) in prompts[1]


async def test_two_bad_answers_are_a_failure() -> None:
    """Which says whether the answer could not be read or its text broke a rule."""
    unread, prompts = await tried(asked(), Standard(), "Sure!", "Of course!")
    assert unread == Failure(reason="reflection", detail="there is no <text> in it")
    assert len(prompts) == 2
    broken, _ = await tried(asked("Hi {x}", slots=["x"]), Standard(), "<text>a</text>", "<text>b</text>")
    assert isinstance(broken, Failure)
    assert (broken.reason, broken.text) == ("guard", "b")


async def test_a_synthesis_is_neither_of_its_texts() -> None:
    """The other text comes back: that is no synthesis."""
    request = asked().model_copy(update={"other": "You are kind."})
    outcome, prompts = await tried(request, Standard(), "<text>You are kind.\n</text>", "<text>Resolve, kindly.</text>")
    assert outcome == Proposal(text="Resolve, kindly.")
    assert "the same as the other" in prompts[1]


async def test_the_brief_style_asks_for_rules() -> None:
    """Its prompt is the brief one and its answer a list."""
    outcome, prompts = await tried(asked(), Brief(), "- Look it up first.")
    assert outcome == Proposal(text=f"{PARENT}\n- Look it up first.")
    assert "each on one line" in prompts[0]


async def test_a_model_that_does_not_answer_is_not_hidden() -> None:
    """Its error comes out as it is."""

    async def ask(question: str) -> Completion:
        raise ModelUnavailable("the model is away")

    with pytest.raises(ModelUnavailable, match="away"):
        await reflect(asked(), ask, Standard())
