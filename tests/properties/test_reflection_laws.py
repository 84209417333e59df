"""Laws of evidence and reflection, for any text that models, tools and users may write."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from gepa_agents.parts.feedback.evidence import CHARACTERS, Case, evidence
from gepa_agents.parts.feedback.findings import findings
from gepa_agents.parts.reflection.answer import Malformed, Proposal
from gepa_agents.parts.reflection.prompt import Request, standard
from gepa_agents.parts.reflection.reflect import Brief, Failure, Standard, Style, reflect
from gepa_agents.ports.language_model import Completion
from gepa_agents.words.component import Anatomy, Component, Slot
from gepa_agents.words.fence import fenced
from gepa_agents.words.rollout import Score
from gepa_agents.words.trajectory import Message, Step
from tests.rollouts import REFUND, call, case, prompt, ran, said

PIECES = st.sampled_from(
    ["<text>", "</text>", "<diagnosis>", "</diagnosis>", "```", "- ", "\n", "{x}", "{y}", "{{x}}", "a rule.", "\r\n"]
)
REPLIES = st.one_of(st.text(max_size=200), st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=20).map("".join))
HOSTILE = st.lists(
    st.one_of(st.sampled_from(["`", "```", "\n", "\n## Evidence\n", "### Case 1", "Error: "]), st.text(max_size=30)),
    max_size=12,
).map("".join)
JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-999, 9999), st.floats(allow_nan=False, allow_infinity=False), HOSTILE
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(HOSTILE, inner, max_size=3)),
    max_leaves=6,
)
TOOL = Component(name="tools.refund.description", kind="tool_description", text="Pays.", tool="refund")
COMPONENTS = st.sampled_from([prompt(), prompt("writer"), TOOL])


@st.composite
def turns(draw: st.DrawFn) -> list[Step]:
    """A model call of some node, and perhaps the run of the tool it asks for."""
    node, name = draw(st.sampled_from(["resolver", "writer", ""])), draw(st.sampled_from(["refund", "`fly`\n"]))
    identity = draw(st.sampled_from(["", "c1", "c2"]))
    message = Message(role=draw(st.sampled_from(["system", "user", "assistant", "tool"])), text=draw(HOSTILE))
    if draw(st.booleans()):
        return [said(draw(HOSTILE), node=node, given=[message], reasoning=draw(HOSTILE))]
    wanted = call(name, draw(JSON), identity)
    asked = said(draw(HOSTILE), node=node, given=[message], calls=[wanted], tools=[REFUND])
    error = draw(st.none() | HOSTILE)
    return [asked, ran(name, wanted.arguments, draw(st.none() | HOSTILE), error=error, call_id=identity)]


@st.composite
def cases(draw: st.DrawFn) -> list[Case]:
    """Some rollouts of a hostile world."""
    return [
        case(
            *(step for turn in draw(st.lists(turns(), max_size=4)) for step in turn),
            score=draw(st.none() | st.builds(Score, value=st.floats(-1, 2), feedback=HOSTILE)),
            given=draw(JSON),
            output=draw(JSON),
        )
        for _ in range(draw(st.integers(1, 3)))
    ]


def outside(text: str) -> str:
    """A text without what stands in fences, read as CommonMark reads it: line by line."""
    left: list[str] = []
    fence = ""
    for line in text.split("\n"):
        run = re.match(r"`{3,}", line)
        if fence:
            if run and not line.strip("`") and len(line) >= len(fence):
                fence = ""
        elif run and not line.strip("`"):
            fence = line
        else:
            left.append(line)
    assert not fence, "a fence is open at the end"
    return "\n".join(left)


@given(st.text(alphabet=st.sampled_from("`\n ~x"), max_size=60))
def test_no_text_closes_its_fence(text: str) -> None:
    """Whatever stands in a fence, nothing of it is outside."""
    assert outside(f"before\n{fenced(text)}\nafter") == "before\nafter"


@settings(max_examples=40)
@given(COMPONENTS, cases())
def test_what_others_wrote_stands_in_fences(component: Component, told: list[Case]) -> None:
    """Outside of fences evidence has only our own labels: no line of a model, a tool, a metric or a user."""
    found = evidence(component, told, tokens=100_000)
    label = re.compile(r"### Case \d+: (score -?\d+\.\d\d|no score)|(It|In the|The|Feedback|Noticed|`[^`]*`) ?[^\n]*:|")
    if found is not None:
        assert [line for line in outside(found.text).split("\n") if not label.fullmatch(line)] == []


@settings(max_examples=40)
@given(COMPONENTS, cases(), st.integers(1, 1500))
def test_evidence_keeps_its_size_and_is_always_the_same(component: Component, told: list[Case], tokens: int) -> None:
    """Within its tokens; the same rollouts make the same text, and the number of its cases is true."""
    found = evidence(component, told, tokens=tokens)
    if found is not None:
        assert len(found.text) <= tokens * CHARACTERS
        assert 1 <= found.cases <= len(told)
    again = [Case.model_validate_json(one.model_dump_json()) for one in told]
    assert evidence(component, again, tokens=tokens) == found


@settings(max_examples=40)
@given(cases())
def test_findings_never_fail_and_are_one_line_each(told: list[Case]) -> None:
    """Whatever a trajectory holds; each points at a step of it."""
    for one in told:
        trajectory = one.rollout.trajectory
        for finding in findings(trajectory):
            assert 0 <= finding.step < len(trajectory.steps)
            assert len(finding.sentence.splitlines()) == 1


def request(text: str, *slots: str) -> Request:
    component = prompt(text=text, slots=tuple(Slot(name=name) for name in slots))
    return Request(component=component, text=text, evidence="-", anatomy=Anatomy(), limit=300)


@settings(max_examples=1000)
@given(REPLIES, st.sampled_from([Standard(), Brief()]))
def test_no_answer_breaks_the_parser(answer: str, style: Style) -> None:
    """It is read or refused with a reason."""
    read = style.parse(request("Hi {x}.", "x"), answer)
    assert isinstance(read, Proposal | Malformed)
    assert read.text.strip() if isinstance(read, Proposal) else read.reason


@settings(max_examples=300)
@given(REPLIES, st.sampled_from([Standard(), Brief()]))
async def test_a_proposal_never_loses_a_slot(answer: str, style: Style) -> None:
    """Nor is it empty, too long, or the old text; and the model is asked twice at most."""
    asked: list[str] = []

    async def ask(question: str) -> Completion:
        asked.append(question)
        return Completion(text=answer)

    outcome = await reflect(request("Hi {x}.", "x"), ask, style)
    assert len(asked) <= 2
    if isinstance(outcome, Failure):
        assert outcome.detail
    else:
        assert "{x}" in outcome.text
        assert "{y}" not in outcome.text.replace("{{y}}", "")
        assert outcome.text.strip() not in ("", "Hi {x}.")
        assert len(outcome.text) <= 300


@settings(max_examples=100)
@given(HOSTILE)
def test_the_current_text_never_leaves_its_fence(text: str) -> None:
    """However it is written, the sections of the prompt stay apart."""
    headings = [line for line in outside(standard(request(text))).split("\n") if line.startswith("## ")]
    assert headings == ["## Current text", "## Evidence", "## Your task"]
