"""What the reflection model is asked, and what of its answer becomes a text."""

import pytest

from gepa_agents import Anatomy, Component
from gepa_agents.parts.reflection.reflect import Standard
from gepa_agents.ports.reflection import Malformed, Proposal, Request
from tests.peers.shim import SEED, Steps, climb

REQUEST = Request(
    component=Component(name="plan.system", kind="prompt", text="Plan.", node="plan"),
    text="Plan.",
    evidence="",
    anatomy=Anatomy(),
    limit=1000,
)


def test_the_prompt_holds_the_text_the_input_and_what_is_asked():
    """The reflection model reads the current text, the tasks' inputs with what came of them, and the task it has.

    Answers to test_optimize.py: test_reflection_prompt_template, as to the contents; there is no template of a user's
    own.
    """
    model = Steps(steps=(1,))
    climb(model, max_iterations=1)
    prompt = model.prompts[-1]
    assert SEED in prompt
    assert "train task " in prompt
    assert "level 0" in prompt
    assert "## Your task" in prompt


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("Here it is:\n<text>\nNew rules.\n</text>\nDone.", "New rules."),
        ("<text>\n\nNew rules.\n\n</text>", "New rules."),
        ("<text>\n```markdown\nNew rules.\n```\n</text>", "New rules."),
        ("<text>\nDon't get confused by these: ```\n</text>", "Don't get confused by these: ```"),
        (
            "<text>\nBegin\n```\none\n```\n```python\ntwo\n```\nEnd\n</text>",
            "Begin\n```\none\n```\n```python\ntwo\n```\nEnd",
        ),
    ],
)
def test_the_text_is_taken_out_of_what_is_said_around_it(answer: str, text: str):
    """Words around it, blank lines and a fence around the whole are left out; fences within it stay.

    Answers to test_instruction_proposal.py: test_extract_code_blocks (the first five cases), with tags for fences.
    """
    proposal = Standard().parse(REQUEST, answer)
    assert isinstance(proposal, Proposal)
    assert proposal.text == text


@pytest.mark.parametrize(
    "answer",
    ["<text>\nCut off in the mid", "New rules.\n</text>", "```\nNew rules.\n```", "New rules.", "<text>\n\n</text>"],
)
def test_what_is_not_marked_as_the_text_does_not_become_it(answer: str):
    """An answer that is cut off, unmarked or empty is asked for again.

    Differs from test_instruction_proposal.py: test_extract_code_blocks (the last four cases), where the whole answer,
    or what there is of it, becomes the prompt.
    """
    assert isinstance(Standard().parse(REQUEST, answer), Malformed)


def test_an_answer_without_a_text_leads_to_no_child():
    """A reflection that brings nothing usable costs no further rollout.

    Answers to test_reflection_lm.py: test_empty_new_texts_skips_child_without_evaluating_it.
    """

    async def silent(prompt: str) -> str:
        return "I would not change anything."

    run = climb(silent, max_iterations=2)
    assert {event.reason for event in run.rejected} == {"reflection"}
    assert len({candidate for candidate, _ in run.agent.runs}) == 1
