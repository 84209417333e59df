"""Writes `tasks.jsonl`: 13 situations, 8 customers in each, the same lines every time.

A task says what the customer wrote and who they are; what is expected is a state of the database (the rows that have
changed), where the ticket is filed, and the facts that the reply gives. `why` names the policies that decide the case.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from shop import Shop

Order = dict[str, Any]
Case = dict[str, Any]

SPLITS = ("train", "val", "test", "train", "test", "val", "train", "test")
EACH = len(SPLITS)
LIMIT_CENTS = 10_000
ASKING = ("SO-{}", "{}", "#{}", "SO-{}")
"""How customers write the number of an order."""


def case(order: Order, text: str, queue: str, changes: list[dict[str, Any]], facts: str, why: str) -> Case:
    """One task's content; `facts` and `why` are words separated by spaces."""
    expected = {"queue": queue, "urgency": "normal", "changes": changes, "facts": facts.split(), "why": why.split()}
    return {"email": order["customer"], "text": text, "order": order["id"], "expected": expected}


def row(table: str, **values: Any) -> dict[str, Any]:
    """A row that must have changed."""
    return {"table": table, "values": values}


def damaged(order: Order, number: str, turn: int) -> Case:
    article = max(order["articles"], key=_price) if _dear(order) else order["articles"][turn % 2]
    claim = round(article["price_cents"] / 100, -1) + 10
    english = (
        f"Order {number}: the {article['article']} arrived broken! I paid {claim:.0f} euros for it.",
        f"My parcel came today ({number}), but the {article['article']} is cracked. That was about {claim:.0f} euros.",
        f"The {article['article']} from order {number} is damaged, please give me my {claim:.0f} euros back!",
    )
    german = f"Bestellung {number}: {article['article']} ist kaputt angekommen. Ich habe {claim:.0f} Euro bezahlt."
    facts = "order_id first_name apology"
    if article["price_cents"] > LIMIT_CENTS:
        changes, more, why = [row("escalations", order_id=order["id"], team="billing")], "colleague", "limit"
    else:
        refund = row("refunds", order_id=order["id"], amount_cents=article["price_cents"], reason="damaged")
        changes, more, why = [refund], "amount five_days", "price"
    if turn % 4 == 3:
        return case(order, german, "return", changes, f"{facts} {more} german", why)
    return case(order, english[turn % 3], "return", changes, f"{facts} {more}", why)


def cancel(order: Order, number: str, turn: int) -> Case:
    english = (
        f"Please cancel order {number}, I no longer need it.",
        f"I ordered twice by mistake. Could you cancel {number}?",
    )
    german = f"Bitte stornieren Sie die Bestellung {number}, ich brauche sie nicht mehr."
    if order["status"] == "open":
        changes, facts = [row("orders", id=order["id"], status="cancelled")], "order_id first_name"
    else:
        changes, facts = [row("returns", order_id=order["id"])], "order_id first_name return_label"
    if turn % 4 == 3:
        return case(order, german, "cancel", changes, f"{facts} german", "cancel")
    return case(order, english[turn % 2], "cancel", changes, facts, "cancel")


def address(order: Order, number: str, turn: int) -> Case:
    new = f"{turn + 3} Garden Row"
    text = (
        f'I have moved. The new address for {number} is "{new}".',
        f'Wrong address on order {number}! It should go to "{new}".',
    )[turn % 2]
    if order["status"] == "open":
        changes = [row("orders", id=order["id"], address=new)]
        return case(order, text, "address", changes, "order_id first_name", "address")
    changes = [row("escalations", order_id=order["id"], team="logistics")]
    return case(order, text, "address", changes, "order_id first_name colleague", "address")


def late(order: Order, number: str, turn: int) -> Case:
    english = (
        f"My parcel {number} has still not arrived!",
        f"Where is order {number}? I am still waiting for it.",
    )
    german = f"Die Bestellung {number} ist noch nicht angekommen. Wo bleibt sie, bitte?"
    changes, facts = [], "order_id first_name apology"
    if order["days_late"] > 7:
        changes, facts = [row("vouchers", order_id=order["id"], code="SORRY5")], f"{facts} voucher"
    if turn % 4 == 3:
        return case(order, german, "delivery", changes, f"{facts} german", "late")
    return case(order, english[turn % 2], "delivery", changes, facts, "late")


def stranger(order: Order, number: str, turn: int) -> Case:
    told = (damaged if turn % 2 else cancel)(order, number, turn)
    told["email"] = Shop().rows("SELECT email FROM customers WHERE email != ?", order["customer"])[turn * 2]["email"]
    told["expected"]["changes"] = [row("escalations", order_id=order["id"], team="security")]
    told["expected"]["why"] = ["owner"]
    keep = {"order_id", "first_name", "apology", "german"}
    told["expected"]["facts"] = [fact for fact in told["expected"]["facts"] if fact in keep] + ["colleague"]
    return told


def no_number(order: Order, _: str, turn: int) -> Case:
    article = order["articles"][0]["article"]
    text = (
        f"Please cancel my order with the {article}. I have lost its number.",
        f"Could you cancel the order with the {article}? I did not get a mail!",
    )[turn % 2]
    changes = [row("orders", id=order["id"], status="cancelled")]
    return case(order, text, "cancel", changes, "order_id first_name", "search")


def voucher(order: Order, number: str, turn: int) -> Case:
    code = ("summer10", "Spring15", "hello20")[turn % 3]
    text = (
        f"I forgot to enter my voucher {code} for order {number}. Can you add it?",
        f"Your site did not take the voucher code {code}! Please add it to {number}.",
    )[turn % 2]
    changes = [row("vouchers", order_id=order["id"], code=code.upper())]
    return case(order, text, "voucher", changes, "order_id first_name voucher", "voucher")


def threat(order: Order, number: str, turn: int) -> Case:
    told = late(order, number, turn % 2)
    told["text"] += (" Otherwise my lawyer will write to you.", " Or I will ask my bank for a chargeback.")[
        turn // 2 % 2
    ]
    told["expected"] |= {
        "urgency": "high",
        "changes": [row("escalations", order_id=order["id"], team="legal")],
        "facts": ["order_id", "first_name", "apology", "colleague"],
        "why": ["urgent"],
    }
    return told


def stock(order: Order, _: str, turn: int) -> Case:
    article = order["articles"][turn % 2]["article"]
    text = (f"Is the {article} in stock at the moment?", f"When is the {article} available again?")[turn % 2]
    return case(order, text, "stock", [], "first_name stock", "stock")


def _price(article: dict[str, Any]) -> int:
    return int(article["price_cents"])


def _small(order: Order) -> bool:
    return order["status"] == "delivered" and all(item["price_cents"] <= LIMIT_CENTS for item in order["articles"])


def _dear(order: Order) -> bool:
    return order["status"] == "delivered" and any(item["price_cents"] > LIMIT_CENTS for item in order["articles"])


def _status(status: str, days_late: range = range(100)) -> Callable[[Order], bool]:
    return lambda order: order["status"] == status and order["days_late"] in days_late


SITUATIONS: dict[str, tuple[Callable[[Order, str, int], Case], Callable[[Order], bool]]] = {
    "damaged": (damaged, _small),
    "damaged-dear": (damaged, _dear),
    "cancel": (cancel, _status("open")),
    "cancel-shipped": (cancel, _status("shipped")),
    "address": (address, _status("open")),
    "address-shipped": (address, _status("shipped")),
    "late": (late, _status("shipped", range(8, 100))),
    "late-little": (late, _status("shipped", range(1, 8))),
    "stranger": (stranger, _small),
    "no-number": (no_number, _status("open")),
    "voucher": (voucher, _status("open")),
    "threat": (threat, _status("shipped", range(8, 100))),
    "stock": (stock, lambda order: True),
}


def tasks() -> Iterator[dict[str, Any]]:
    """The tasks, in order of their situations; each order is used as rarely as can be."""
    shop = Shop()
    orders = [shop.order(found["id"]) for found in shop.rows("SELECT id FROM orders ORDER BY id")]
    used: Counter[str] = Counter()
    for shift, (name, (tell, fits)) in enumerate(SITUATIONS.items()):
        for turn in range(EACH):
            order = min((order for order in orders if fits(order)), key=lambda order: used[order["id"]])
            used[order["id"]] += 1
            told = tell(order, ASKING[turn % len(ASKING)].format(order["id"][3:]), turn)
            yield {
                "id": f"{name}-{turn + 1}",
                "split": SPLITS[(turn + shift) % EACH],
                "input": {"email": told["email"], "messages": [{"role": "user", "content": told["text"]}]},
                "expected": {"order": told["order"], **told["expected"]},
            }


def lines() -> str:
    """The file's content."""
    return "".join(json.dumps(task, ensure_ascii=False) + "\n" for task in tasks())


if __name__ == "__main__":
    Path(__file__).with_name("tasks.jsonl").write_text(lines(), encoding="utf-8")
