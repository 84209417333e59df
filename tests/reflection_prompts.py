"""Reflection prompts in full, as a model reads them: `python -m tests.reflection_prompts single multi tool synthesis`.

Made by hand from small rollouts; the snapshots under `tests/unit/snapshots` are the same texts.
"""

import sys
from collections.abc import Callable, Mapping

from gepa_agents.parts.feedback.evidence import Case, evidence
from gepa_agents.parts.reflection.prompt import standard
from gepa_agents.ports.reflection import Attempt, Request
from gepa_agents.words.component import Anatomy, Component, Slot
from gepa_agents.words.rollout import Score
from gepa_agents.words.trajectory import Message, ToolDefinition
from tests.rollouts import call, case, prompt, ran, result, said, user, wrong_refund

FIND = ToolDefinition(
    name="find_order",
    description="Finds an order.",
    parameters={"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]},
)
AGENT = Anatomy(nodes=("agent",), components=(prompt("agent", text="You answer customers of a shop."),))
GRAPH = Anatomy(
    nodes=("triage", "resolver", "tools", "writer"),
    edges=(
        ("__start__", "triage"),
        ("triage", "resolver"),
        ("resolver", "tools"),
        ("tools", "resolver"),
        ("resolver", "writer"),
        ("writer", "__end__"),
    ),
    components=(
        prompt(text="You resolve complaints. Today is {today}.", slots=(Slot(name="today"),)),
        Component(name="tools.refund.description", kind="tool_description", text="Pays money back.", tool="refund"),
    ),
)
WHY = Score(value=0.25, feedback="The reply must name the amount, and say when it arrives.")


def request(component: Component, anatomy: Anatomy, *cases: Case, **more: object) -> Request:
    """A request about a component, from some cases."""
    found = evidence(component, cases, tokens=6000)
    assert found is not None
    fields: dict[str, object] = {"text": component.text, "limit": 8000, "evidence": found.text, **more}
    rollouts = tuple(one.rollout for one in cases)
    return Request.model_validate({"component": component, "anatomy": anatomy, "rollouts": rollouts, **fields})


def single() -> Request:
    """An agent of one node with one tool: it guesses instead of looking up, and once it looks up."""
    question = "Where is my order SO-1002? I am bram@example.org."
    guessed = case(
        said("It should arrive soon!", node="agent", given=[user(question)], tools=(FIND,)),
        given=question,
        score=Score(value=0.0, feedback="The reply names no date of delivery. Look orders up, never guess."),
        name="order-1",
    )
    other = "Is SO-1017 on its way?"
    asked = call("find_order", {"order_id": "SO-1017"})
    looked_up = case(
        said(node="agent", given=[user(other)], calls=[asked], tools=(FIND,)),
        ran("find_order", asked.arguments, '{"state": "shipped", "due": "2026-03-14"}'),
        said("Yes: it arrives on 14 March.", node="agent", given=[user(other), result("…")], tools=(FIND,)),
        given=other,
        score=Score(value=1.0, feedback="All as it should be."),
        name="order-2",
    )
    return request(AGENT.components[0], AGENT, guessed, looked_up)


def multi() -> Request:
    """A node in a graph, with a slot in its prompt and an attempt before."""
    tried = (Attempt(text="You resolve complaints well. Today is {today}.", before=0.25, after=0.2),)
    answer = "Dear customer, all is well."
    return request(GRAPH.components[0], GRAPH, case(*wrong_refund(), score=WHY, output=answer), tried=tried)


def tool() -> Request:
    """A tool's description: one call of it that was wrong and then right, and a run in which it was not called."""
    wrong = case(*wrong_refund(), score=WHY, output="Dear customer, all is well.")
    idle = case(
        said("I am sorry to hear that.", given=[user("My lamp SO-7 arrived broken, I paid 30 EUR.")]),
        said("We are sorry.", node="writer", given=[Message(role="user", text="I am sorry to hear that.")], tools=()),
        given="My lamp SO-7 arrived broken, I paid 30 EUR.",
        output="We are sorry.",
        score=Score(value=0.1, feedback="A damaged article must be refunded at once."),
        name="t2",
    )
    return request(GRAPH.components[1], GRAPH, wrong, idle)


def synthesis() -> Request:
    """Two texts for one node, each better on some tasks."""
    other = "Resolve, and say when the money arrives. Today is {today}."
    return multi().model_copy(update={"other": other, "other_evidence": multi().evidence, "tried": ()})


PROMPTS: Mapping[str, Callable[[], Request]] = {"single": single, "multi": multi, "tool": tool, "synthesis": synthesis}

if __name__ == "__main__":
    for name in sys.argv[1:] or ("single", "multi", "tool"):
        print(f"{'=' * 30} {name} {'=' * 30}\n\n{standard(PROMPTS[name]())}\n")
