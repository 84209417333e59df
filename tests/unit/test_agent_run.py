"""Assertions on a run: each fails for what it names, keeps silent about the innocent case, and shows the steps."""

from collections.abc import Callable
from unittest.mock import ANY

import pytest
from gepa_agents_langgraph import wrap
from langchain_core.language_models import FakeMessagesListChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

from gepa_agents import Task, Usage, evaluate
from gepa_agents.parts.feedback.steps import HEAD, TAIL, lines
from gepa_agents.testing.trajectory import AgentRun
from gepa_agents.words.rollout import Fault
from gepa_agents.words.trajectory import NodeStep, Step, Trajectory
from tests.rollouts import call, case, ran, said, user, wrong_refund

SEARCH = call("search", {"words": "lamp"}, "s")
REFUND = call("refund", {"order": "SO-1", "amount": 12.0}, "r")
SEARCHED = ran("search", SEARCH.arguments, "found", call_id="s")
REFUNDED = ran("refund", REFUND.arguments, "done", call_id="r")


def run(*steps: Step, **more: object) -> AgentRun:
    """A run of these steps."""
    found = case(*steps, **more)
    return AgentRun(found.rollout, found.task)


ORDERLY = run(said(calls=[SEARCH]), SEARCHED, said(calls=[REFUND]), REFUNDED, said("Refunded."))
AT_ONCE = run(said(calls=[SEARCH, REFUND]), SEARCHED, REFUNDED, said("Refunded."))
HASTY = run(said(calls=[REFUND]), REFUNDED, said(calls=[SEARCH]), SEARCHED, said("Refunded."))
BLIND = run(said(calls=[REFUND]), REFUNDED, said("Refunded."))
IDLE = run(said("How are you?"))
TWICE = run(*(said(calls=[REFUND]), REFUNDED) * 2, said("Refunded."))
LATE = run(said("Refunded.", calls=[SEARCH]), SEARCHED)


@pytest.mark.parametrize(
    "holds",
    [
        lambda: ORDERLY.assert_called("search"),
        lambda: ORDERLY.assert_called("search", before="refund"),
        lambda: ORDERLY.assert_called("search", before=AgentRun.ANSWER),
        lambda: ORDERLY.assert_called("refund", before="writer"),
        lambda: ORDERLY.assert_called("search", times=1),
        lambda: TWICE.assert_called("refund", times=2),
        lambda: IDLE.assert_called("refund", times=0),
        lambda: ORDERLY.assert_called("refund", arguments={"order": "SO-1"}),
        lambda: ORDERLY.assert_called("refund", arguments={"amount": pytest.approx(12), "order": ANY}),
        lambda: ORDERLY.assert_called("refund", arguments={"amount": lambda amount: amount < 100}),
        lambda: ORDERLY.assert_not_called("refund", before="search"),
        lambda: IDLE.assert_not_called("refund", before="search"),
        lambda: IDLE.assert_not_called("refund"),
        lambda: ORDERLY.assert_not_called("refund", more_than=1),
        lambda: ORDERLY.assert_not_called("refund", arguments={"order": "SO-2"}),
        lambda: ORDERLY.assert_within(steps=5, tokens=0, seconds=0, usd=0),
        lambda: ORDERLY.assert_no_findings("ignored_error", "repeated_call"),
    ],
)
def test_what_holds_is_passed_in_silence(holds: Callable[[], None]) -> None:
    """No assertion fails for a run that did as it should."""
    holds()


@pytest.mark.parametrize(
    ("fails", "sentence"),
    [
        (lambda: IDLE.assert_called("search"), "search was not called"),
        (lambda: HASTY.assert_called("search", before="refund"), "search was not called before refund"),
        (lambda: AT_ONCE.assert_called("search", before="refund"), "search was not called before refund"),
        (lambda: HASTY.assert_called("search", before="resolver"), "search was not called before resolver"),
        (lambda: LATE.assert_called("search", before=LATE.ANSWER), "search was not called before the agent's answer"),
        (lambda: TWICE.assert_called("refund", times=1), "refund was called 2 times, not 1"),
        (lambda: TWICE.assert_not_called("refund", more_than=1), "refund was called 2 times, at most 1 expected"),
        (lambda: BLIND.assert_not_called("refund"), "refund was called once"),
        (lambda: BLIND.assert_not_called("refund", before="search"), "refund was called once before search"),
        (lambda: HASTY.assert_not_called("refund", before="search"), "refund was called once before search"),
        (lambda: AT_ONCE.assert_not_called("refund", before="search"), "refund was called once before search"),
        (
            lambda: ORDERLY.assert_called("refund", arguments={"order": "SO-2"}),
            "refund(order='SO-2') was not called\n  step 3: refund(order=\"SO-1\", amount=12.0)",
        ),
        (lambda: ORDERLY.assert_called("search", arguments={"order": ANY}), "search(order=<ANY>) was not called"),
        (lambda: ORDERLY.assert_within(steps=4), "the run took 5 steps, at most 4 expected"),
    ],
)
def test_what_does_not_hold_is_said_with_the_steps(fails: Callable[[], None], sentence: str) -> None:
    """The message begins with what was wrong, and tells the run."""
    with pytest.raises(AssertionError) as error:
        fails()
    said = str(error.value)
    assert said.startswith(sentence)
    assert "\n\ntask t1: score 0.000\n  asked: Order SO-1 is broken.\n    1  resolver  " in said


def test_findings_are_those_of_the_checks() -> None:
    """An assertion on findings says which check found what, and in which step; a name that no check has is refused."""
    failed = run(*wrong_refund())
    with pytest.raises(AssertionError, match=r"^tool_error: In `resolver`, the tool `refund` was called with"):
        failed.assert_no_findings("tool_error")
    with pytest.raises(AssertionError, match=r"found: In `resolver`, the tool `refund` .* \(step 1\)"):
        failed.assert_no_findings()
    failed.assert_no_findings("endless_loop")
    with pytest.raises(ValueError, match="there is no check loops; there are tool_error, "):
        failed.assert_no_findings("loops")


def test_dollars_that_are_not_known_fail() -> None:
    """A lower bound is no proof that a run was cheap."""
    free = run(said("Hi."), usage=Usage(calls=2, usd=0.1, unpriced_calls=1))
    free.assert_within(tokens=10)
    with pytest.raises(AssertionError, match=r"^the run took US dollars that are not known, since 1 of"):
        free.assert_within(usd=1)


def test_a_message_tells_faults_feedback_and_failed_steps() -> None:
    """What raised, what the metric said, and nodes that failed or paused stand in it; other visits don't."""
    steps = (
        NodeStep(node="desk", started=0, seconds=1, error="KeyError: 'till'"),
        NodeStep(node="ask", started=0, seconds=1, interrupted=True),
        NodeStep(node="quiet", started=0, seconds=1),
        said(node="desk", reply=None, error="Timeout: no answer", calls=()),
        ran("pay", {}, error="ValueError: no money", node="desk"),
    )
    told = run(*steps, score=None, fault=Fault(kind="agent", message="KeyError: 'till'")).told()
    assert told.splitlines()[:7] == [
        "task t1: failed",
        "  asked: Order SO-1 is broken.",
        "    1  desk  the node failed: KeyError: 'till'",
        "    2  ask   paused to ask a person",
        "    3  desk  the model call failed: Timeout: no answer",
        "    4  desk  pay failed: ValueError: no money",
        "  failed (agent): KeyError: 'till'",
    ]
    assert "quiet" not in told


def test_a_long_run_is_told_by_its_ends() -> None:
    """The middle is counted, and no line is long."""
    steps = tuple(said("word " * 99, given=[user(str(number))]) for number in range(200))
    told = lines(Trajectory(steps=steps))
    assert len(told) == HEAD + TAIL + 1
    assert f"{200 - HEAD - TAIL} more" in told[HEAD]
    assert told[-1].startswith("200  ")
    assert max(map(len, told)) <= 160


def test_messages_are_masked_and_questions_are_not() -> None:
    """What is asked about is the real thing; what is shown has placeholders, unless everything is wanted."""
    asked = call("mail", {"to": "ada@lovelace.net"})
    found = run(said(calls=[asked]), ran("mail", asked.arguments, "sent to ada@lovelace.net"), said("Done."))
    found.assert_called("mail", arguments={"to": "ada@lovelace.net"})
    assert "ada@" not in found.told()
    assert 'called mail(to="[email 1]")' in found.told()
    assert "ada@" in AgentRun(found.rollout, mask=()).told()
    assert "ada@" not in repr(found)


def test_a_real_graph_is_asked_the_same() -> None:
    """On a run of a LangGraph: a tool that a model called, by a node's name and before the answer."""

    @tool
    def search(words: str) -> str:
        """Search."""
        return f"found {words}"

    replies = [
        AIMessage("", tool_calls=[{"name": "search", "args": {"words": "lamp"}, "id": "1"}]),
        AIMessage("A lamp."),
    ]
    model = FakeMessagesListChatModel(responses=replies)
    graph = StateGraph(MessagesState)
    graph.add_node("think", lambda state: {"messages": [model.invoke(state["messages"])]})
    graph.add_node("tools", ToolNode([search]))
    graph.add_edge(START, "think")
    graph.add_conditional_edges("think", tools_condition)
    graph.add_edge("tools", "think")
    task = Task(id="lamp", input={"messages": [["user", "lamp?"]]})
    (rollout,) = evaluate(wrap(graph.compile()), [task], metric=lambda _task, _rollout: 1.0).rollouts
    found = AgentRun(rollout, task)
    assert (found.text, found.score) == ("A lamp.", 1.0)
    found.assert_called("search", before=found.ANSWER, arguments={"words": "lamp"}, times=1)
    found.assert_not_called("search", before="think")
    found.assert_within(steps=3)
    assert "    2  tools  search answered: found lamp" in found.told()
