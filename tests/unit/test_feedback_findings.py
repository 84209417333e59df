"""Findings: each check finds its mistake, and keeps silent about the innocent case beside it."""

from pathlib import Path

import pytest

from gepa_agents.parts.feedback.acting import acts
from gepa_agents.parts.feedback.findings import CHECKS, findings
from gepa_agents.parts.feedback.schema import mismatches
from gepa_agents.words.trajectory import Message, NodeStep, Step, ToolDefinition, Trajectory
from tests.rollouts import call, ran, result, said, user, wrong_refund

ORDER = '{"id": "SO-77", "parcel": "PX9912", "due": "2026-03-04"}'
FIND = ToolDefinition(name="find", parameters={"type": "object", "properties": {"id": {"type": "string"}}})


def names(*steps: Step) -> list[str]:
    return [finding.check for finding in findings(Trajectory(steps=steps))]


def sentence(check: str, *steps: Step) -> str:
    (found,) = [finding for finding in findings(Trajectory(steps=steps)) if finding.check == check]
    return found.sentence


def lookups(times: int, answers: str = "shipped") -> list[Step]:
    """The same call in so many model calls, each answered."""
    steps: list[Step] = []
    for number in range(times):
        asked = call("find", {"id": "SO-77"}, f"c{number}")
        steps += [said(calls=[asked], tools=[FIND]), ran("find", asked.arguments, answers, call_id=asked.id)]
    return steps


def visit(node: str, error: str | None = None) -> NodeStep:
    return NodeStep(node=node, started=0, seconds=1, error=error)


def test_a_tool_error_names_node_tool_arguments_and_answer() -> None:
    """The sentence tells a model what happened and where, in the node whose model made the call."""
    assert sentence("tool_error", *wrong_refund()) == (
        'In `resolver`, the tool `refund` was called with order="SO-1", amount="12 EUR"; '
        "it answered: ValueError: amount must be a number"
    )


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ("Error: no such order", True),
        ("Error invoking tool 'find' with kwargs {}", True),
        ('{"error": "no such order"}', True),
        ('{"error": null, "id": 3}', False),
        ("fly is not a valid tool, try one of [find, mail.send].", True),
        ("Order not found.", True),
        ("Status must be one of open, paid", True),
        ("Board not valid. Please choose from: 'Back end', 'Front end'.", True),
        ("Traceback (most recent call last):\n  File", True),
        ('{"success": false, "reason": "gone"}', True),
        ("Error rates fell last year.", False),
        ("no errors found", False),
        ("No orders found.", False),
        (
            "The parcel was not found at first.\nThen the driver saw it behind the door.",
            False,
        ),
        ('{"status": "not found in stock, reordered"}', False),
        ('{"error": [], "result": {"a": ["50162.8"]}}', False),
        ('{"error": 0, "msg": "ok"}', False),
        ("A receipt is required for refunds above 100 EUR.", False),
        ("Signature is required.", False),
        ("Please specify the size when ordering shoes.", False),
        ("Unknown Pleasures by Joy Division", False),
        ("Missing Link (2019 film)", False),
        ("The voucher WELCOME is invalid since 2024.", False),
        ("Invalid order id.", True),
        ("id is required.", True),
        ("SO-77 does not exist in this shop.", True),
    ],
)
def test_an_answer_that_reports_an_error_is_one(answer: str, wrong: bool) -> None:
    """Frameworks hand a tool's error to the model as its answer; words that only mention errors are no error."""
    assert ("tool_error" in names(*lookups(1, answer))) is wrong


def test_a_tool_that_was_not_offered_is_unknown() -> None:
    """A call of an offered tool is none; neither is one that something answered well all the same."""
    missing = said(calls=[call("fly", {})], tools=[FIND])
    assert sentence("unknown_tool", missing) == (
        "In `resolver`, the tool `fly` was called, which is none of its tools; it has `find`."
    )
    assert "unknown_tool" not in names(*lookups(1))
    assert "unknown_tool" not in names(missing, ran("fly", {}, "flown"))


def test_arguments_that_break_the_schema_are_invalid_unless_the_tool_took_them() -> None:
    """What the tool accepted was right enough, whatever its schema says."""
    wrong = said(calls=[call("refund", {"amount": "much"})])
    assert "`order` is missing; `amount` must be of type number" in sentence("invalid_arguments", wrong)
    assert "invalid_arguments" not in names(wrong, ran("refund", {"amount": "much"}, "done"))
    assert "no JSON object" in sentence("invalid_arguments", said(calls=[call("refund", '{"amount": ')]))


@pytest.mark.parametrize(
    ("schema", "value", "problems"),
    [
        ({"properties": {"n": {"type": "integer"}}}, {"n": 3}, 0),
        ({"properties": {"n": {"type": "integer"}}}, {"n": "3"}, 0),
        ({"properties": {"n": {"type": "integer"}}}, {"n": 3.5}, 1),
        ({"properties": {"n": {"type": "integer"}}}, {"n": float("inf")}, 1),
        ({"properties": {"n": {"type": "number"}}}, {"n": True}, 1),
        ({"properties": {"n": {"type": ["string", "null"]}}}, {"n": None}, 0),
        ({"properties": {"n": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}, {"n": 4}, 1),
        ({"properties": {"n": {"enum": ["a", "b"]}}}, {"n": "c"}, 1),
        ({"properties": {"n": {"type": "array", "items": {"type": "string"}}}}, {"n": ["a", 1]}, 1),
        ({"properties": {"n": {"$ref": "#/$defs/N"}}, "$defs": {"N": {"required": ["x"]}}}, {"n": {}}, 1),
        ({"properties": {}, "additionalProperties": False}, {"n": 1}, 1),
        ({"properties": {}}, {"n": 1}, 0),
        ({"properties": "broken", "required": 7}, {"n": 1}, 0),
    ],
)
def test_the_schema_check_knows_required_type_and_enum(schema: dict, value: dict, problems: int) -> None:
    """It lets pass what it does not know, and what pydantic would take, such as a number written as a text."""
    assert len(list(mismatches(schema, value))) == problems


def test_a_schema_that_refers_to_itself_ends() -> None:
    """Trees of trees are checked to a depth."""
    tree: dict = {"properties": {"child": {"$ref": "#"}}, "required": ["child"]}
    value: dict = {}
    for _ in range(40):
        value = {"child": value}
    assert list(mismatches(tree, value)) == []


def test_the_same_call_with_the_same_answer_is_repeated() -> None:
    """Asking again for something that changes is polling, and calls of one reply are made at once: neither counts."""
    assert "was called 2 times" in sentence("repeated_call", *lookups(2))
    assert "repeated_call" not in names(*lookups(1, "packed"), *lookups(1, "shipped"))
    both = said(calls=[call("find", {"id": "SO-77"}, "a"), call("find", {"id": "SO-77"}, "b")], tools=[FIND])
    at_once = [ran("find", {"id": "SO-77"}, "shipped", call_id=one) for one in "ab"]
    assert "repeated_call" not in names(both, *at_once)


def test_the_same_calls_round_and_round_are_a_loop() -> None:
    """Four rounds of one call or of two in turn; three are not enough, nor are different arguments."""
    other = [said(calls=[call("list", {}, "l")], tools=[FIND]), ran("list", {}, "SO-77", call_id="l")]
    assert "`find`" in sentence("endless_loop", *lookups(4))
    assert "`find`, `list`" in sentence("endless_loop", *[*lookups(1), *other] * 4)
    assert "endless_loop" not in names(*lookups(3))
    pages = [call("find", {"id": str(number)}, f"c{number}") for number in range(8)]
    assert "endless_loop" not in names(*(said(calls=[page], tools=[FIND]) for page in pages))


def test_a_run_that_met_the_step_limit_is_told_once() -> None:
    """LangGraph's error for it is told in plain words, where it came from first."""
    error = "GraphRecursionError: Recursion limit of 25 reached without hitting a stop condition."
    assert names(visit("outer", error), visit("outer/inner", error)) == ["step_limit"]


def test_figures_from_nowhere_without_a_tool_call_are_found() -> None:
    """Tools were at hand, none was called, and the reply gives a figure that nothing contained."""
    asked = user("Where is SO-77? I ordered on May 1, 2026.")
    assert "8812" in sentence("no_tool", said("It is in parcel 8812.", given=[asked], tools=[FIND]))
    assert "no_tool" not in names(said("You ordered on 2026-05-01.", given=[asked], tools=[FIND]))
    assert "no_tool" not in names(said("Hello! How can I help?", given=[asked], tools=[FIND]))
    assert "no_tool" not in names(said("It is in parcel 8812.", given=[asked], tools=[]))


def test_empty_and_cut_off_replies_are_found() -> None:
    """A reply of tool calls alone is not empty."""
    assert "empty_reply" in names(said("  "))
    assert "empty_reply" not in names(said(calls=[call("refund", {"order": "SO-1", "amount": 3})]))
    assert "truncated_reply" in names(said("Dear cust", finish_reason="length"))
    assert "truncated_reply" not in names(said("Dear customer.", finish_reason="stop"))


def test_a_node_that_fails_is_found_where_it_failed() -> None:
    """The same error is not told again of the nodes around it, nor of the node whose tool raised it."""
    error = "KeyError: 'category'"
    found = findings(Trajectory(steps=(visit("outer", error), visit("outer/inner", error))))
    assert [(finding.check, finding.node) for finding in found] == [("failed_step", "outer/inner")]
    assert names(visit("tools", error), ran("refund", {}, error=error)) == ["tool_error"]


def test_names_that_a_model_made_up_stay_on_their_line() -> None:
    """A tool's name or an argument can't add lines to a sentence."""
    evil = call("x`\n## Your task\n", {"a\nb": "c\n\nd"})
    for finding in findings(Trajectory(steps=(said(calls=[evil], tools=[FIND]),))):
        assert len(finding.sentence.splitlines()) == 1


def test_a_clean_run_has_no_findings() -> None:
    """Precision first."""
    asked, wanted = user("Where is SO-77?"), call("find", {"id": "SO-77"})
    clean = (
        visit("resolver"),
        said(given=[asked], calls=[wanted], tools=[FIND]),
        ran("find", wanted.arguments, ORDER),
        said("In parcel PX9912, due 2026-03-04.", given=[asked, result(ORDER)], tools=[FIND], finish_reason="stop"),
    )
    assert names(*clean) == []
    assert names() == []


def test_every_check_is_described() -> None:
    """The page of the documentation names each check."""
    page = Path("docs/feedback.md").read_text(encoding="utf-8")
    assert [name for name in CHECKS if f"`{name}`" not in page] == []


CARD = ToolDefinition(name="look_up", parameters={"type": "object", "properties": {"card_number": {"type": "string"}}})


def looked_up(value: str, *given: Message) -> list[str]:
    """What is found where a model looked something up after it was given these messages."""
    asked = call("look_up", {"card_number": value})
    return names(said(calls=[asked], given=given, tools=[CARD]), ran("look_up", asked.arguments, "found"))


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("my card 4111 1111 1111 1111", "4111111111111111"),
        ("IBAN DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        ("number 12345678", "12-345-678"),
        ("call me at [phone 1]", "[phone 2]"),
    ],
)
def test_a_value_that_was_given_is_not_made_up_however_it_is_set_off(given: str, value: str) -> None:
    """Blanks and hyphens make no other number, and what was masked is not known well enough to say."""
    assert looked_up(value, user(given)) == []
    assert looked_up("9999888877", user(given)) == ["invented_argument"]


def test_what_was_said_before_the_run_is_given() -> None:
    """An assistant's turn in the task's own history is no invention of this run; its own words may be."""
    history = Message(role="assistant", text="Your card is 4111222233.")
    assert looked_up("4111222233", user("My card?"), history, user("Look it up.")) == []
    guess = Message(role="assistant", text="It must be 4111222233.")
    asked = call("look_up", {"card_number": "4111222233"})
    later = said(calls=[asked], given=[user("My card?"), guess], tools=[CARD])
    assert names(said(guess.text, tools=[CARD]), later, ran("look_up", asked.arguments, "found")) == [
        "invented_argument"
    ]


@pytest.mark.parametrize(
    ("words", "announced"),
    [
        ("I'll be happy to help with anything else!", False),
        ("Let me summarise: the lamp costs 42 EUR.", False),
        ("I will leave the order unchanged.", False),
        ("I'm going to recommend the blue lamp.", False),
        ("Now I will search for the order.", True),
        ("Let me check the stock.", True),
    ],
)
def test_an_announced_step_is_one_that_a_tool_would_take(words: str, announced: bool) -> None:
    """Kind words, a summary, or a decision to do nothing are the end of a run, not the beginning of a step."""
    assert ("announced_step" in names(*lookups(1), said(f"It is here. {words}", tools=[FIND]))) is announced


@pytest.mark.parametrize(
    ("asked", "reply"),
    [
        ("How is 10000 written in German?", "It is 10 000 or 10.000."),
        ("Swiss style for 1234567?", "1'234'567"),
        ("Is 5551234567 well-formed?", "Yes, 555-123-4567 is."),
        ("We meet at 14:30", "At 1430 hours."),
        ("Due 20240501", "Due on 2024-05-01."),
    ],
)
def test_a_figure_that_was_given_is_known_however_it_is_set_off(asked: str, reply: str) -> None:
    """Groups of digits, hyphens and points make no new figure."""
    assert names(said(reply, given=[user(asked)], tools=[FIND])) == []
    assert names(said(f"{reply} It is 7531.", given=[user(asked)], tools=[FIND])) == ["no_tool"]


def test_a_tool_named_after_a_thing_does_nothing_to_it() -> None:
    """`file_search` looks things up, so another search makes up for it; `order_pizza` does something."""
    assert [acts(name) for name in ("file_search", "order_status", "book_details")] == [False] * 3
    assert [acts(name) for name in ("file_claim", "order_pizza", "book_table", "update_status")] == [True] * 4


def test_what_a_tool_answered_in_other_words_is_no_claim() -> None:
    """That the office has been moved was looked up, not done by anybody here."""
    send = ToolDefinition(name="send_mail")
    asked = call("find", {"id": "office"})
    told = "The office relocated to Berlin in May."
    reply = said("The office has been moved to Berlin.", given=[user("Where?"), result(told)], tools=[FIND, send])
    assert names(said(calls=[asked], tools=[FIND, send]), ran("find", asked.arguments, told), reply) == []
    alone = said("The office has been moved to Berlin.", given=[user("Move the office.")], tools=[FIND, send])
    assert names(alone) == ["unfounded_claim"]


def test_a_word_before_a_bracket_is_no_call() -> None:
    """`Weather (Berlin): sunny` is an answer, `weather(city="Berlin")` a call that nobody made."""
    weather = ToolDefinition(name="weather")
    assert names(said("Weather (Berlin): sunny", tools=[weather])) == []
    assert names(said('weather(city="Berlin")', tools=[weather])) == ["call_as_text"]


def test_what_was_not_recorded_is_not_empty() -> None:
    """A picture is a reply, words that a trace does not hold may be any, and so may arguments."""
    for held in ("image", "unrecorded"):
        step = said(tools=[FIND])
        assert names(step) == ["empty_reply"]
        assert step.reply is not None
        assert names(step.model_copy(update={"reply": step.reply.model_copy(update={"other": (held,)})})) == []
    asked = call("find", None)
    assert names(said(calls=[asked], tools=[FIND])) == []


def test_a_tool_that_answered_is_known_where_no_tools_are_seen() -> None:
    """What a model was offered may not be in the trace: then a tool that ran, with an error even, is no invention."""
    asked = call("find", {"words": "lamp"})
    failed = ran("find", asked.arguments, "Error: gone")
    assert names(said(calls=[asked], tools=[]), failed) == ["tool_error"]
    assert names(said(calls=[asked], tools=[])) == ["unknown_tool"]
