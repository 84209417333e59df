"""How the simulated model plays its three roles: what it does naively, and what a sentence in its prompt changes."""

import json
import re
from dataclasses import dataclass
from typing import Any, Protocol


class Memory(Protocol):
    """The prompt's sentences."""

    def says(self, *patterns: str) -> str: ...


@dataclass(frozen=True)
class Call:
    """A tool call that the model wants."""

    tool: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Done:
    """A tool call that was made, and what came back."""

    tool: str
    result: str

    @property
    def failed(self) -> bool:
        return self.result.startswith("Error")


Action = Call | str

INTENTS = {
    "voucher": r"voucher|gutschein",
    "stock": r"in stock|available",
    "damaged": r"broken|cracked|damaged|kaputt|zerbrochen",
    "cancel": r"cancel|stornier",
    "address": r"address|adresse",
    "late": r"not arrived|still waiting|where is|nicht angekommen",
}
NAIVE_CATEGORY = {
    "voucher": "payment problem", "stock": "question", "damaged": "complaint", "cancel": "cancel",
    "address": "address", "late": "shipping problem", "": "other",
}  # fmt: skip
CATEGORY = {"damaged": "delivery", "late": "delivery"}
"""The category it would pick from a list, where that is not called as what the customer wants is."""


def intent(message: str) -> str:
    """What the customer wants."""
    return next((name for name, words in INTENTS.items() if re.search(words, message, re.IGNORECASE)), "")


def triage(message: str, rules: Memory) -> Action:
    """Sort a message: a call of the tool `Ticket`."""
    wish = intent(message)
    category = CATEGORY.get(wish, wish)
    if wish == "damaged" and rules.says("damaged|broken", "return"):
        category = "return"
    elif category not in rules.says(r"categor|queue", r"one of|choose|only|:") or not category:
        category = NAIVE_CATEGORY[wish]
    alarm = r"lawyer|chargeback|anwalt" if rules.says("urgen|high", "lawyer|chargeback|threat") else r"!|urgent"
    urgency = "high" if re.search(alarm, message, re.IGNORECASE) else "normal"
    order = re.search(r"(?:SO-|#)?\b\d{4}\b", message)
    return Call("Ticket", {"category": category, "urgency": urgency, "order_id": order.group() if order else ""})


def resolve(case: str, done: list[Done], rules: Memory) -> Action:
    """The next tool call for a case, or a closing note."""
    head, _, message = case.partition("\n\n")
    wish = intent(message)
    last = done[-1] if done else None
    if last and last.failed:
        return _recover(wish, _reference(head, done, rules), last, rules)
    if last and last.tool not in ("find_order", "customer_orders"):
        return "Done."
    if wish == "stock":
        article = re.search(r"(?:the|der|die|das) ([a-z ]+?) (?:in stock|available)", message, re.IGNORECASE)
        return Call("check_stock", {"article": article.group(1) if article else message})
    reference = _reference(head, done, rules)
    if not reference and not rules.says("customer_orders"):
        return "The customer has to tell us the number of the order."
    if not reference and not done:
        return Call("customer_orders", {"email": _email(head)})
    order = _order(done, message)
    if order:
        reference = str(order["id"])
    return _checked(head, reference, order, rules) or _serve(wish, message, reference, order, rules)


def _checked(head: str, reference: str, order: dict[str, Any] | None, rules: Memory) -> Action | None:
    """What comes before any wish: urgent tickets, and orders of somebody else."""
    urgent = rules.says("urgen", "escalat")
    if urgent and "Urgency: high" in head:
        return Call("escalate", {"order_id": reference, "team": _team(urgent)})
    owner = rules.says("owner|belong|another customer|somebody else", "escalat")
    if owner and not order:
        return Call("find_order", {"order_id": reference})
    if owner and order and order["customer"] != _email(head):
        return Call("escalate", {"order_id": reference, "team": _team(owner)})
    everywhere = rules.says(r"voucher [A-Z]+\d", "apply|applied|give")
    if everywhere and "late" not in everywhere:
        return Call("apply_voucher", {"order_id": reference, "code": _code(everywhere)})
    return None


def _serve(wish: str, message: str, reference: str, order: dict[str, Any] | None, rules: Memory) -> Action:
    if wish == "damaged":
        return _pay(message, reference, order, rules)
    if wish == "cancel":
        return Call("cancel_order", {"order_id": reference})
    if wish == "address":
        address = re.search(r'"(.+?)"', message)
        return Call("change_address", {"order_id": reference, "address": address.group(1) if address else message})
    if wish == "voucher":
        code = _code(message, re.IGNORECASE)
        capitals = rules.says("voucher|code", "capital|upper")
        return Call("apply_voucher", {"order_id": reference, "code": code.upper() if capitals else code})
    if wish == "late":
        return _console(reference, order, rules)
    return Call("escalate", {"order_id": reference, "team": "support"})


def _pay(message: str, reference: str, order: dict[str, Any] | None, rules: Memory) -> Action:
    claimed = re.search(r"(\d+) euro", message, re.IGNORECASE)
    cents = int(claimed.group(1)) * 100 if claimed else 5000
    if rules.says("find_order|look up|price", "refund|paid"):
        if not order:
            return Call("find_order", {"order_id": reference})
        cents = next((item["price_cents"] for item in order["articles"] if item["article"] in message), cents)
    limit = rules.says("refund", "escalat")
    if limit and cents > 100 * _number(limit):
        return Call("escalate", {"order_id": reference, "team": _team(limit)})
    listed = rules.says("reason", "damaged")
    reason = "damaged" if listed else "arrived broken"
    return Call("refund", {"order_id": reference, "amount_cents": cents, "reason": reason})


def _console(reference: str, order: dict[str, Any] | None, rules: Memory) -> Action:
    rule = rules.says("late", "voucher", r"\b[A-Z]+\d")
    if not rule:
        return Call("escalate", {"order_id": reference, "team": "support"})
    if not order:
        return Call("find_order", {"order_id": reference})
    if order["days_late"] > _number(re.sub(_CODE, "", rule)):
        return Call("apply_voucher", {"order_id": reference, "code": _code(rule)})
    return f"The parcel of {reference} is on its way."


def _recover(wish: str, reference: str, last: Done, rules: Memory) -> Action:
    """After a refusal: another way if the prompt names one, else give up."""
    if last.tool == "cancel_order" and rules.says("shipped", "open_return"):
        return Call("open_return", {"order_id": reference})
    elsewhere = rules.says("address", "escalat")
    if last.tool == "change_address" and elsewhere:
        return Call("escalate", {"order_id": reference, "team": _team(elsewhere)})
    return f"It did not work: {last.result}"


def _reference(head: str, done: list[Done], rules: Memory) -> str:
    given = re.search(r"Order: (\S*\d{4})", head)
    if not given:
        return ""
    digits = given.group(1)[-4:]
    return f"SO-{digits}" if rules.says(r"order (id|number)s?", r"SO-") else given.group(1)


def _order(done: list[Done], message: str) -> dict[str, Any] | None:
    for step in done:
        found = json.loads(step.result)
        orders = found if isinstance(found, list) else [found]
        for order in orders:
            if len(orders) == 1 or any(item["article"] in message for item in order["articles"]):
                return dict(order)
    return None


_CODE = r"\b[A-Z]{3,}\d+\b"


def _code(text: str, flags: int = 0) -> str:
    found = re.search(_CODE, text, flags)
    return found.group() if found else ""


def _number(rule: str) -> int:
    found = re.search(r"\b\d+\b", rule)
    return int(found.group()) if found else 0


def _team(rule: str) -> str:
    found = re.search(r"\b(?!the\b)(\w+)[- ]team\b|\bteam (\w+)", rule, re.IGNORECASE)
    return (found.group(1) or found.group(2)) if found else "support"


def _email(head: str) -> str:
    found = re.search(r"<(.+?)>", head)
    return found.group(1) if found else ""


WORDS = {
    "english": {
        "hello": "Hello", "thanks": "thank you for your message.", "sorry": "We apologise for the trouble.",
        "done": "We have taken care of it.", "order": "This is about order {}.",
        "refund": "You get {} back within 5 working days.",
        "colleague": "A colleague will answer you within one working day.",
        "return": "The return label comes by e-mail.", "voucher": "We applied voucher {}.", "stock": "In stock: {}.",
        "bye": "Kind regards",
    },
    "german": {
        "hello": "Hallo", "thanks": "vielen Dank für Ihre Nachricht.", "sorry": "Bitte entschuldigen Sie das.",
        "done": "Wir haben uns darum gekümmert.", "order": "Es geht um die Bestellung {}.",
        "refund": "Sie erhalten {} innerhalb von 5 Werktagen zurück.",
        "colleague": "Eine Kollegin antwortet Ihnen innerhalb eines Werktags.",
        "return": "Das Rücksendeetikett kommt per E-Mail.", "voucher": "Der Gutschein {} ist eingelöst.",
        "stock": "Auf Lager: {}.", "bye": "Freundliche Grüße",
    },
}  # fmt: skip


def reply(record: str, rules: Memory) -> Action:
    """The reply to the customer, from the record of the case."""
    case, _, done = record.partition("\n\nWhat was done:\n")
    head, _, message = case.partition("\n\n")
    german = rules.says("language|german") and re.search(r"\b(ich|bitte|ist)\b", message, re.IGNORECASE)
    words = WORDS["german" if german else "english"]
    name = re.search(r"Customer: (\w+)", head) if rules.says("first name") else None
    lines = [words["thanks"], *_facts(intent(message), case, done, words, rules), words["done"]]
    greeting = f"{words['hello']} {name.group(1)}" if name else words["hello"]
    return f"{greeting},\n\n{' '.join(lines)}\n\n{words['bye']}"


def _facts(wish: str, case: str, done: str, words: dict[str, str], rules: Memory) -> list[str]:
    lines = []
    sorry = rules.says("apologi|sorry")
    if wish in ("damaged", "late") or not re.search("damaged|late", sorry):
        lines.append(words["sorry"])
    orders = re.findall(r"SO-\d{4}", done) or re.findall(r"Order: (\S*\d{4})", case)
    if orders and rules.says("order (id|number)", "reply|name|mention|always"):
        lines.append(words["order"].format(orders[-1]))
    refunded = re.search(r"Refunded (.+? EUR)", done)
    if refunded and rules.says("working days", "refund|money|amount"):
        lines.append(words["refund"].format(refunded.group(1)))
    colleague = rules.says("colleague")
    if colleague and ("escalate:" in done or "escalat" not in colleague.lower()):
        lines.append(words["colleague"])
    if "Opened a return" in done and rules.says("return label"):
        lines.append(words["return"])
    voucher = re.search(r"Applied voucher (\w+)", done)
    if voucher and rules.says("voucher", "code|name"):
        lines.append(words["voucher"].format(voucher.group(1)))
    stock = re.search(r'"stock": (\d+)', done)
    if stock:
        lines.append(words["stock"].format(stock.group(1)))
    return lines
