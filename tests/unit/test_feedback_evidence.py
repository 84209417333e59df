"""Evidence: what belongs to a component is in it, nothing else, and what is least telling goes first."""

import pytest

from gepa_agents.parts.feedback.evidence import CHARACTERS, Case, evidence
from gepa_agents.words.component import Component, Slot
from gepa_agents.words.rollout import Fault, Score
from gepa_agents.words.trajectory import Message
from tests.rollouts import REFUND, call, case, prompt, ran, result, said, user, wrong_refund

TOOL = Component(name="tools.refund.description", kind="tool_description", text="Pays money back.", tool="refund")


def text(component: Component, *cases: Case, tokens: int = 6000) -> str:
    found = evidence(component, cases, tokens=tokens)
    assert found is not None
    assert len(found.text) <= tokens * CHARACTERS
    return found.text


def test_a_case_tells_what_the_node_did_in_order() -> None:
    """Task, reasoning, calls, what came back, the reply, the agent's last words, the metric's words."""
    score = Score(value=0.25, feedback="The reply names no amount.")
    told = text(prompt(), case(*wrong_refund(), score=score, output="Dear customer, all is well."))
    expected = [
        "### Case 1: score 0.25",
        "The task:\n```\nOrder SO-1 is broken.\n```",
        "It reasoned:\n```\nThe customer paid 12 EUR.\n```",
        'It called `refund`:\n```\n{"order": "SO-1", "amount": "12 EUR"}\n```',
        "`refund` failed:\n```\nError: ValueError: amount must be a number\n```",
        "`refund` answered:\n```\nrefunded 12.00 for SO-1\n```",
        "It replied:\n```\nRefunded 12.00 for SO-1.\n```",
        "In the end the agent answered:\n```\nDear customer, all is well.\n```",
        "Feedback:\n```\nThe reply names no amount.\n```",
    ]
    positions = [told.find(part) for part in expected]
    assert -1 not in positions
    assert positions == sorted(positions)


def test_what_was_shown_is_not_shown_again() -> None:
    """Each model call repeats the conversation before it; the evidence does not."""
    told = text(prompt(), case(*wrong_refund()))
    assert told.count("Order SO-1 is broken.") == 1
    assert told.count("refunded 12.00 for SO-1") == 1


def test_it_is_told_what_the_next_node_made_of_it() -> None:
    """How a node's words were used: by the first node that was given them as they were, and not by others."""
    steps = (
        said("Category: refund."),
        said("Nothing to do.", node="stock", given=[user("Check the stock.")], tools=()),
        said("Sent to billing.", node="router", given=[user("Category: refund. Go on.")], tools=()),
        said("Dear customer.", node="writer", given=[user("Sent to billing.")], tools=()),
    )
    told = text(prompt(), case(*steps, output="Dear customer."))
    assert "`router`, which read this, went on with:\n```\nSent to billing.\n```" in told
    assert "Nothing to do." not in told
    assert told.count("Dear customer.") == 1
    assert "which read this" not in text(prompt("router"), case(*steps, output="Dear customer."))


def test_other_nodes_stay_out() -> None:
    """The writer's evidence has the writer's call only."""
    told = text(prompt("writer"), case(*wrong_refund()))
    assert "Dear customer" in told
    assert "12 EUR" not in told


def test_no_case_in_which_the_component_took_no_part() -> None:
    """A node that was not visited learns nothing; with no case at all there is no evidence."""
    idle, active = case(said("Hello", node="writer")), case(*wrong_refund())
    found = evidence(prompt(), [idle, active], tokens=6000)
    assert found is not None
    assert found.cases == 1
    assert evidence(prompt(), [idle], tokens=6000) is None


def test_feedback_for_one_component_reaches_only_it() -> None:
    """By the component's name, its node's path, or that of a node around it."""
    score = Score(value=0, by_component={"resolver.system": "Look it up first.", "writer": "Be kind."})
    rollout = case(*wrong_refund(), score=score)
    assert "Look it up first." in text(prompt(), rollout)
    assert "Be kind." not in text(prompt(), rollout)
    assert "Be kind." in text(prompt("writer"), rollout)
    around = Score(value=0, by_component={"writer": "Be kind.", "write": "No such node."})
    inner = case(said("Hello", node="writer/model"), score=around)
    assert "Be kind." in text(prompt("writer/model"), inner)
    assert "No such node." not in text(prompt("writer/model"), inner)


def test_a_fault_is_shown_as_a_fault() -> None:
    """Not as a score of zero."""
    told = text(prompt(), case(*wrong_refund(), score=None, fault=Fault(kind="timeout", message="300 s were over")))
    assert "### Case 1: no score" in told
    assert "The run failed (timeout):\n```\n300 s were over\n```" in told


def test_findings_reach_the_node_that_they_concern() -> None:
    """The resolver called an unknown tool; the writer need not know."""
    lost = case(said(calls=[call("fly", {})]), said("Sorry.", node="writer", given=[user("fly failed")], tools=()))
    assert "which is none of its tools" in text(prompt(), lost)
    assert "none of its tools" not in text(prompt("writer"), lost)


def test_a_failed_model_call_is_told() -> None:
    """Also when it gave no reply."""
    failed = said().model_copy(update={"reply": None, "error": "BadRequestError: too long"})
    assert "Its model call failed:\n```\nBadRequestError: too long\n```" in text(prompt(), case(failed))


def test_a_tool_sees_every_call_of_it_right_and_wrong() -> None:
    """By whichever node, with the schema that was offered."""
    told = text(TOOL, case(*wrong_refund()))
    assert '"required": ["order", "amount"]' in told
    assert "`resolver` called `refund`:\n```\n" in told
    assert "12 EUR" in told
    assert "refunded 12.00 for SO-1" in told
    assert told.count("Order SO-1 is broken.") == 1


def test_a_tool_that_was_offered_and_not_called_took_part() -> None:
    """Its description may be the reason; an argument's can't."""
    idle = case(said("I can't pay.", given=[user("Pay me back!")]))
    assert "`resolver` had `refund` and did not call it" in text(TOOL, idle)
    argument = TOOL.model_copy(update={"kind": "argument_description", "argument": "amount"})
    assert evidence(argument, [idle], tokens=6000) is None


def test_a_tool_that_code_runs_is_shown() -> None:
    """No model asked for it; it ran in a node."""
    assert "`tools` called `refund`" in text(TOOL, case(ran("refund", {"order": "SO-1"}, "done")))


def test_prompts_of_one_node_are_told_apart() -> None:
    """A node with two prompts: each gets the calls that carry its own text."""
    one = Message(role="system", text="Draft for Ann.")
    two = Message(role="system", text="Check it. Be strict.")
    steps = (said("A draft", given=[one]), said("A check", given=[two]))
    draft = prompt(text="Draft for {name}.", slots=(Slot(name="name"),))
    assert "A check" not in text(draft, case(*steps))
    assert "A draft" not in text(prompt(name="resolver.system#2", text="Check it."), case(*steps))
    assert "It was given (system):\n```\nDraft for Ann." in text(draft, case(*steps))


def test_a_message_from_a_tool_without_ids_is_shown() -> None:
    """Where the trace ties no answer to its call, the model's own input has it."""
    told = text(prompt(), case(said("Fine.", given=[result("stock: 4", "")])))
    assert "It was given (tool):\n```\nstock: 4\n```" in told


def test_long_tool_output_keeps_head_and_tail() -> None:
    """Before anything of an unsolved case is given up, and it is said."""
    output = "HEAD" + "x" * 9000 + "TAIL"
    long = case(
        said(given=[user("?")], calls=[call("refund", {})], reasoning="Because."), ran("refund", {}, output), said("Ok")
    )
    found = evidence(prompt(), [long], tokens=1000)
    assert found is not None
    assert "HEAD" in found.text
    assert "TAIL" in found.text
    assert "more characters" in found.text
    assert "Because." in found.text
    assert found.omitted == "Left out to keep this short: the middle of 1 long passages."
    assert found.omitted in found.text


def test_solved_cases_go_before_unsolved_ones() -> None:
    """A case that went well tells least; the one that went worst stays longest."""
    cases = [
        case(said(f"{name} " + "word " * 600), score=Score(value=value, feedback=f"{name} feedback"), name=name)
        for name, value in (("good", 1.0), ("bad", 0.0), ("middling", 0.5))
    ]
    sizes = {tokens: evidence(prompt(), cases, tokens=tokens) for tokens in (4000, 600, 220, 90)}
    kept = {
        tokens: [name for name in ("good", "bad", "middling") if found is not None and f"{name} feedback" in found.text]
        for tokens, found in sizes.items()
    }
    assert kept == {4000: ["good", "bad", "middling"], 600: ["bad", "middling"], 220: ["bad", "middling"], 90: ["bad"]}
    assert sizes[600] is not None
    assert "1 of 3 cases" in sizes[600].omitted


def test_early_calls_go_before_late_ones() -> None:
    """In a long conversation the last calls are kept."""
    steps = [said(f"step {number} " + "blah " * 60, given=[user(f"question {number}")]) for number in range(30)]
    told = text(prompt(), case(*steps), tokens=800)
    assert "step 29" in told
    assert "step 0 " not in told


@pytest.mark.parametrize("tokens", [1, 5, 20, 60])
def test_a_tiny_size_holds(tokens: int) -> None:
    """Even where not one fence fits."""
    assert text(prompt(), case(*wrong_refund(), score=Score(value=0, feedback="`" * 500)), tokens=tokens)


def test_lone_surrogates_are_replaced() -> None:
    """They could be neither sent to a model nor kept in a journal."""
    told = text(prompt(), case(said("\ud83d"), given={"\ud83d": "\udc00"}))
    assert told.encode("utf-8")


def test_the_offered_tool_is_not_shown_for_prompts() -> None:
    """Its schema belongs to the tool's own evidence."""
    assert str(REFUND.parameters["required"]) not in text(prompt(), case(said("Ok")))
