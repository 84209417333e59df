"""Findings about what was said against what was done, and about arguments from nowhere: found, and spared."""

import pytest

from gepa_agents.parts.feedback import acting
from gepa_agents.parts.feedback.findings import findings
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import Message, Step, ToolDefinition, Trajectory
from tests.rollouts import call, ran, result, said, user

CANCEL = ToolDefinition(name="cancel_order", parameters={"type": "object", "properties": {"order_id": {}}})
FIND = ToolDefinition(name="find_order", parameters={"type": "object", "properties": {"order_id": {}}})
TOOLS = (CANCEL, FIND)


def names(*steps: Step) -> set[str]:
    return {finding.check for finding in findings(Trajectory(steps=steps))}


def told(check: str, *steps: Step) -> str:
    (found,) = [finding for finding in findings(Trajectory(steps=steps)) if finding.check == check]
    return found.sentence


def run(answer: str, final: str, *, tool: str = "cancel_order", asked: str = "Cancel SO-77, please.") -> list[Step]:
    """One call of a tool, its answer, and what the model said then."""
    wanted = call(tool, {"order_id": "SO-77"})
    return [
        said(given=[user(asked)], calls=[wanted], tools=TOOLS),
        ran(tool, wanted.arguments, answer),
        said(final, given=[user(asked), Message(role="assistant", tool_calls=(wanted,)), result(answer)], tools=TOOLS),
    ]


def test_an_error_that_nobody_mentions_is_ignored() -> None:
    """The sentence names the tool, its error and what was answered instead."""
    assert told("ignored_error", *run("Error: shipped", "All is well.")) == (
        "In `resolver`, the tool `cancel_order` failed (Error: shipped), no later call made up for it, "
        'and the answer does not say so: "All is well."'
    )


@pytest.mark.parametrize(
    "final",
    [
        "It has been shipped, so I could not cancel it.",
        "Unfortunately that order is on its way.",
        "Please provide another number.",
        'Action: {"action": "cancel_order", "action_input": {"order_id": "SO-78"}}',
        "",
    ],
)
def test_an_error_that_is_owned_or_still_worked_on_is_not_ignored(final: str) -> None:
    """Any word of trouble counts, and so does a reply that was about to try again."""
    assert "ignored_error" not in names(*run("Error: shipped", final))


def test_an_error_that_was_made_up_for_is_not_ignored() -> None:
    """By the same tool later, by the same call before, or, for a look-up, by any call that worked."""
    good = run("cancelled", "All is well.")
    assert "ignored_error" not in names(*run("Error: busy", "")[:2], *good)
    assert "ignored_error" not in names(*good[:2], *run("Error: it is cancelled", "All is well."))
    assert "ignored_error" not in names(*run("Error: busy", "", tool="find_order")[:2], *good)
    assert "ignored_error" in names(*run("Error: busy", "All is well.", tool="find_order"))


def test_a_claim_against_the_tools_answer_is_a_contradiction() -> None:
    """What every tool refused can't have been done."""
    sentence = told("contradicted_claim", *run("Order not found.", "Your order has been cancelled."))
    assert sentence == (
        'In `resolver`, the model claimed "Your order has been cancelled.", '
        "but `cancel_order` had answered: Order not found."
    )
    assert "contradicted_claim" not in names(*run("cancelled", "Your order has been cancelled."))


def test_a_claim_without_any_call_is_unfounded() -> None:
    """The model had the tool, called nothing that acts, and says that it is done."""
    final = said("I've cancelled your order.", given=[user("Cancel SO-77.")], tools=TOOLS)
    assert "`cancel_order`" in told("unfounded_claim", final)
    assert "unfounded_claim" in names(*run('{"id": "SO-77"}', "It has been cancelled.", tool="find_order"))


@pytest.mark.parametrize(
    ("final", "asked"),
    [
        ("Shall I cancel it?", "Cancel SO-77."),
        ("Once it has been cancelled, you get your money back.", "Cancel SO-77."),
        ("It has not been cancelled.", "Cancel SO-77."),
        ("It has already been cancelled.", "Cancel SO-77."),
        ("You have cancelled it yourself.", "Cancel SO-77."),
        ("Double check that Eva has assigned orders.", "Cancel SO-77."),
        ("Confirm that it has been cancelled.", "Cancel SO-77."),
        ("I see that it has been cancelled.", "My order was cancelled. Why?"),
    ],
)
def test_a_claim_that_is_none_is_spared(final: str, asked: str) -> None:
    """Questions, conditions, denials, and what the customer said before."""
    assert "unfounded_claim" not in names(said(final, given=[user(asked)], tools=TOOLS))


def test_a_state_that_a_tool_reported_may_be_repeated() -> None:
    """An order that is cancelled has been cancelled, by whomever; and without acting tools, code may have done it."""
    reported = run('{"status": "cancelled"}', "It has been cancelled.", tool="find_order")
    assert "unfounded_claim" not in names(*reported)
    assert "unfounded_claim" not in names(said("It has been cancelled.", given=[user("Cancel.")], tools=[FIND]))


@pytest.mark.parametrize(
    ("arguments", "invented"),
    [
        ({"order_id": "SO-99"}, True),
        ({"order_id": "SO-1036"}, False),
        ({"order_id": "1036"}, False),
        ({"order_id": "latest_order_id"}, True),
        ({"order_id": "<order id>"}, True),
        ({"order_id": "the last one"}, False),
        ({"recipient": "sam@example.com"}, True),
        ({"recipient": "Eva@example.org"}, False),
        ({"recipient": "eva@example.org, sam@example.com"}, True),
        ({"orders": [{"order_id": "SO-99"}]}, True),
        ({"note": "Call 555-0199 about SO-99"}, False),
        ({"amount": 9900, "date": "2026-05-01"}, False),
        ("no object", False),
    ],
)
def test_ids_and_addresses_from_nowhere_are_invented(arguments: JsonValue, invented: bool) -> None:
    """An id counts by its figures; running text, amounts and dates are nobody's ids."""
    asked = user("Cancel order #1036 of eva@example.org.")
    step = said(given=[asked], calls=[call("cancel_order", arguments)], tools=TOOLS)
    assert ("invented_argument" in names(step)) is invented


def test_a_call_that_is_only_written_is_found() -> None:
    """As JSON or as code, in any node; not when the tool ran after all, nor JSON that names no tool."""
    as_json = 'Action:\n```json\n{"action": "cancel_order", "action_input": {}}\n```'
    assert "instead of calling it" in told("call_as_text", said(as_json, tools=TOOLS))
    assert "call_as_text" in names(said("cancel_order(order_id='SO-77')", tools=TOOLS))
    assert "call_as_text" not in names(said(as_json, tools=TOOLS), ran("cancel_order", {}, "cancelled"))
    assert "call_as_text" not in names(said('{"name": "Eva"}', tools=TOOLS))
    assert "call_as_text" not in names(said("Use cancel_order(id) for that.", tools=TOOLS))


@pytest.mark.parametrize(
    ("final", "announced"),
    [
        ("It is SO-77. Now, I need to find Eva's address.", True),
        ("Let's start with the first order.", True),
        ("Starting with forwarding it to Eva.", True),
        ("It is SO-77. I will let you know tomorrow.", False),
        ("I will not cancel it.", False),
        ("I will now wait for the next request.", False),
        ("If so, I will proceed with these steps.", False),
        ("Let me know if there is anything else.", False),
        ("Shall I look it up?", False),
        ("", False),
    ],
)
def test_a_step_that_was_announced_and_not_taken_is_found(final: str, announced: bool) -> None:
    """Only as the last words of a run, by a model that had tools, and only if nobody else is to act."""
    assert ("announced_step" in names(said(final, tools=TOOLS))) is announced
    assert "announced_step" not in names(said(final, tools=()))


def test_two_nodes_that_only_hand_over_go_back_and_forth() -> None:
    """Three times with nothing in between; work in between, or something new to say, is cooperation."""

    def turns(*between: Step, words: str = "") -> list[Step]:
        steps: list[Step] = []
        for number in range(3):
            there, back = call("transfer_to_billing", {}, f"a{number}"), call("transfer_to_support", {}, f"b{number}")
            steps += [said(words * number, node="support/model", calls=[there]), *between]
            steps += [said(node="billing/model", calls=[back])]
        return steps

    assert "`support` and `billing` handed the task to each other" in told("back_and_forth", *turns())
    assert "back_and_forth" not in names(*turns(ran("find_order", {}, "found")))
    critique = [said(f"draft {n // 2}", node=["writer", "critic"][n % 2]) for n in range(8)]
    assert "back_and_forth" not in names(*critique)
    assert "repeated_call" not in names(*turns(ran("transfer_to_billing", {}, "Transferred", call_id="a0")))


@pytest.mark.parametrize(
    ("tool", "acts"),
    [
        *[("cancel_order", True), ("calendar.delete_event", True), ("sendMail", True), ("file_upload", True)],
        *[
            ("get_order", False),
            ("list_posts", False),
            ("search_orders", False),
            ("weather", False),
            ("readFile", False),
        ],
    ],
)
def test_tools_that_act_are_known_by_their_first_telling_word(tool: str, acts: bool) -> None:
    """`get_order` looks up, `order_pizza` acts."""
    assert acting.acts(tool) is acts
