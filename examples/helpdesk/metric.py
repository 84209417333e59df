"""How good an answer of the desk is: what it did to the shop's database, where it filed the ticket, what it wrote.

The words are those of somebody who knows the shop: what was wrong, and which policy says so. The wording of a reply is
free; it has to give certain facts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gepa_agents.words.rollout import Rollout
    from gepa_agents.words.task import Task

ACTIONS, TICKET, REPLY = 0.5, 0.15, 0.35
"""Shares of the score."""

POLICIES = {
    "price": "Always look up the order with find_order before a refund, and refund the price that was paid for the "
    "damaged article, not the sum that the customer names.",
    "limit": "Refunds above 100 EUR must be escalated to the billing team instead of being paid out.",
    "owner": "Orders that belong to another customer must be escalated to the security team and left as they are.",
    "urgent": "Tickets of high urgency must be escalated to the legal team, and nothing else may be done.",
    "late": "Voucher SORRY5 must be applied when a parcel is more than 7 days late, and never otherwise.",
    "search": "When the customer names no order, always find it with customer_orders.",
}
"""What the resolver must know. How ids, codes and reasons are written, and what can't be done, the shop itself says."""

QUEUES = "The category must be one of: delivery, return, cancel, address, voucher, stock."
DAMAGED = "A message about a damaged article must be sorted as return."
URGENT = "Urgency must be high when the customer threatens with a lawyer or a chargeback, however angry others sound."

FACTS = {
    "order_id": "Always name the order id in the reply.",
    "first_name": "Always greet the customer by first name.",
    "amount": "After a refund, always name the amount and say that the money arrives within 5 working days.",
    "five_days": "After a refund, always name the amount and say that the money arrives within 5 working days.",
    "colleague": "When a case is escalated, always say that a colleague answers within one working day.",
    "return_label": "When a return was opened, always say that the return label comes by e-mail.",
    "voucher": "When a voucher was applied, always name its code.",
    "apology": "Apologise only when an article is damaged or a parcel is late.",
    "german": "Always answer in the language that the customer wrote in.",
    "stock": "Always say how many are in stock.",
}
"""What a reply may have to give, and the policy behind it."""

SIGNS = {
    "five_days": r"5 (working days|Werktag)|five working days|fünf Werktag",
    "colleague": r"colleague|Kolleg",
    "return_label": r"return label|Rücksende\w+|Retourenschein",
    "apology": r"\b(sorry|apolog\w+|entschuldig\w+|tut uns leid|tut mir leid)",
    "german": r"\b(Ihre?|Sie|wir|haben|Guten|für)\b",
    "stock": r"\d|out of stock|sold out|not in stock",
}
UNWANTED = ("apology", "colleague")
"""Facts that are wrong where they are not due."""


def score(task: Task, rollout: Rollout) -> tuple[float, str]:
    """Between 0 and 1, and why."""
    expected: Any = task.expected
    output: Any = rollout.output
    changes = output["changes"]
    ticket: dict[str, Any] = next((change["values"] for change in changes if change["table"] == "tickets"), {})
    actions, said = _actions(expected, [change for change in changes if change["table"] != "tickets"])
    filed, sorted_wrong = _ticket(expected, ticket)
    given, missing = _reply(expected, task, rollout.text)
    notes = [
        *(f"triage: {note}" for note in sorted_wrong),
        *(f"resolve: {note}" for note in said),
        *(f"reply: {note}" for note in missing),
    ]
    return ACTIONS * actions + TICKET * filed + REPLY * given, "\n".join(notes) or "All as it should be."


def _actions(expected: dict[str, Any], changes: list[dict[str, Any]]) -> tuple[float, list[str]]:
    """How much of what had to be done was done, and nothing else; a wrong change is worse than none."""
    due: list[dict[str, Any]] = expected["changes"]
    closeness = [max((_likeness(want, change) for change in changes), default=0.0) for want in due]
    extra = [change for change in changes if all(_likeness(want, change) == 0 for want in due)]
    value = (sum(closeness) + (not due)) / (len(due) or 1) / (1 + len(extra))
    if value == 1:
        return 1.0, []
    notes = [f"Due was {_told(want)}." for want, near in zip(due, closeness, strict=True) if near < 1]
    notes += [f"Wrong was {_told(change)}." for change in changes if all(_likeness(want, change) < 1 for want in due)]
    if not changes:
        notes.append("Nothing was done.")
    return value, [" ".join([*notes, *(POLICIES[reason] for reason in expected["why"] if reason in POLICIES)])]


def _likeness(want: dict[str, Any], change: dict[str, Any]) -> float:
    """1 for the same change, a half for the right one with a wrong detail, else 0."""
    if want["table"] != change["table"]:
        return 0.0
    values = {"id": change["key"], **change["values"]}
    order = "id" if want["table"] == "orders" else "order_id"
    if values.get(order) != want["values"][order]:
        return 0.0
    return 1.0 if all(values.get(column) == value for column, value in want["values"].items()) else 0.5


def _told(change: dict[str, Any]) -> str:
    values = ", ".join(f"{column} {value}" for column, value in change["values"].items())
    return f"a row in {change['table']} ({values})"


def _ticket(expected: dict[str, Any], ticket: dict[str, Any]) -> tuple[float, list[str]]:
    notes = []
    queue = ticket.get("queue", "")
    if queue != expected["queue"]:
        damaged = expected["queue"] == "return" and queue == "delivery"
        notes.append(f"Filed under `{queue}`, due was `{expected['queue']}`. {DAMAGED if damaged else QUEUES}")
    urgency = ticket.get("urgency", "")
    if urgency != expected["urgency"]:
        notes.append(f"Urgency was `{urgency}`, due was `{expected['urgency']}`. {URGENT}")
    return 1 - 0.65 * (queue != expected["queue"]) - 0.35 * (urgency != expected["urgency"]), notes


def _reply(expected: dict[str, Any], task: Task, text: str) -> tuple[float, list[str]]:
    due = expected["facts"]
    notes = {fact: f"Missing: {fact}. {FACTS[fact]}" for fact in due if not _gives(fact, text, expected, task)}
    for fact in UNWANTED:
        if fact not in due and _gives(fact, text, expected, task):
            notes[fact] = f"Not due here: {fact}. {FACTS[fact]}"
    return max(0.0, 1 - len(notes) / len(due)), list(notes.values())


def _gives(fact: str, text: str, expected: dict[str, Any], task: Task) -> bool:
    message: Any = task.input
    if fact == "order_id":
        sign = re.escape(expected["order"])
    elif fact == "first_name":
        sign = rf"\b{message['email'].split('@')[0]}\b"
    elif fact == "amount":
        cents = expected["changes"][0]["values"]["amount_cents"]
        sign = rf"\b{cents // 100}[.,]{cents % 100:02}\b"
    elif fact == "voucher":
        sign = str(expected["changes"][0]["values"]["code"])
    else:
        sign = SIGNS[fact]
    return re.search(sign, text, re.IGNORECASE) is not None
