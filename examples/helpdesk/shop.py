"""The shop: a SQLite database of customers, orders, articles and tickets, and the tools that work on it.

Each run of the desk opens a database of its own, in memory, with the same rows in it; nothing is left behind.
"""

import json
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from langchain_core.tools import tool
from langgraph.prebuilt import InjectedState
from shop_data import SCHEMA, TABLES

REASONS = ("damaged", "wrong_item", "changed_mind")


class ShopError(Exception):
    """The shop refuses; the message says why, in words that the caller may read."""


class Shop:
    """One private database. Closed when nobody holds it any more; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        weakref.finalize(self, self._db.close)
        self._db.executescript(SCHEMA)
        for table, rows in TABLES.items():
            marks = ", ".join("?" * len(rows[0]))
            self._db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - our own names
        self._db.commit()
        self._before = self._snapshot()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection, with everything done on it committed together or not at all."""
        with self._lock, self._db:
            yield self._db

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """The rows that a query finds."""
        with self._lock:
            return [dict(row) for row in self._db.execute(query, values)]

    def customer(self, email: str) -> dict[str, Any]:
        """The customer with that e-mail address; `ShopError` when there is none."""
        found = self.rows("SELECT * FROM customers WHERE email = ?", email.strip().lower())
        if not found:
            raise ShopError(f"No customer '{email}'.")
        return found[0]

    def order(self, order_id: str) -> dict[str, Any]:
        """The order with its articles; `ShopError` when there is none."""
        found = self.rows("SELECT * FROM orders WHERE id = ?", order_id)
        if not found:
            raise ShopError(f"No order '{order_id}'. Order ids must be written as SO- and four digits, like SO-1001.")
        articles = self.rows(
            "SELECT article, price_cents FROM items JOIN articles ON articles.name = article WHERE order_id = ?",
            order_id,
        )
        return {**found[0], "articles": articles}

    def file_ticket(self, customer: str, queue: str, urgency: str) -> None:
        """Write down what came in and where it was sorted."""
        with self.transaction() as db:
            db.execute("INSERT INTO tickets(customer, queue, urgency) VALUES (?, ?, ?)", (customer, queue, urgency))

    def changes(self) -> list[dict[str, Any]]:
        """What is different from the beginning: one entry a row, with its table, its key and the new values."""
        found = []
        for table, rows in self._snapshot().items():
            for key, row in rows.items():
                before = self._before[table].get(key, {})
                new = {column: value for column, value in row.items() if before.get(column) != value}
                if new:
                    found.append({"table": table, "key": key, "values": new})
        return found

    def _snapshot(self) -> dict[str, dict[str, dict[str, Any]]]:
        tables = ("orders", "refunds", "returns", "escalations", "vouchers", "tickets")
        return {
            table: {str(row.pop("id")): row for row in self.rows(f"SELECT * FROM {table}")}  # noqa: S608
            for table in tables
        }


OpenShop = Annotated[Shop, InjectedState("shop")]


@tool
def find_order(order_id: str, shop: OpenShop) -> str:
    """Show an order: who ordered, its articles and prices, whether it was shipped, how late it is."""
    return json.dumps(shop.order(order_id))


@tool
def customer_orders(email: str, shop: OpenShop) -> str:
    """List the orders of a customer."""
    shop.customer(email)
    found = shop.rows("SELECT id FROM orders WHERE customer = ? ORDER BY id", email.strip().lower())
    return json.dumps([shop.order(row["id"]) for row in found])


@tool
def check_stock(article: str, shop: OpenShop) -> str:
    """Tell how many of an article are in stock."""
    found = shop.rows("SELECT name, stock FROM articles WHERE name = ?", article.strip().lower())
    if not found:
        raise ShopError(f"No article '{article}'.")
    return json.dumps(found[0])


@tool
def refund(order_id: str, amount_cents: int, reason: str, shop: OpenShop) -> str:
    """Pay money back for an order."""
    order = shop.order(order_id)
    if reason not in REASONS:
        raise ShopError(f"Unknown reason '{reason}'. The reason of a refund must be one of: {', '.join(REASONS)}.")
    paid = sum(article["price_cents"] for article in order["articles"])
    if not 0 < amount_cents <= paid:
        raise ShopError(f"{euros(amount_cents)} can't be refunded: {euros(paid)} was paid for {order_id}.")
    with shop.transaction() as db:
        db.execute(
            "INSERT INTO refunds(order_id, amount_cents, reason) VALUES (?, ?, ?)", (order_id, amount_cents, reason)
        )
    return f"Refunded {euros(amount_cents)} for {order_id}."


@tool
def cancel_order(order_id: str, shop: OpenShop) -> str:
    """Cancel an order."""
    if shop.order(order_id)["status"] != "open":
        raise ShopError(
            f"{order_id} has left the house. An order that was shipped can't be cancelled: "
            "a return must be opened with open_return instead."
        )
    with shop.transaction() as db:
        db.execute("UPDATE orders SET status = 'cancelled' WHERE id = ?", (order_id,))
    return f"Cancelled {order_id}."


@tool
def open_return(order_id: str, shop: OpenShop) -> str:
    """Open a return: the customer sends the goods back."""
    if shop.order(order_id)["status"] == "open":
        raise ShopError(f"{order_id} is still in the house. An open order must be cancelled, not returned.")
    with shop.transaction() as db:
        db.execute("INSERT INTO returns(order_id) VALUES (?)", (order_id,))
    return f"Opened a return for {order_id}."


@tool
def change_address(order_id: str, address: str, shop: OpenShop) -> str:
    """Change where an order is sent."""
    if shop.order(order_id)["status"] != "open":
        raise ShopError(
            f"{order_id} has left the house. A new address for an order that was shipped "
            "must be escalated to the logistics team."
        )
    with shop.transaction() as db:
        db.execute("UPDATE orders SET address = ? WHERE id = ?", (address, order_id))
    return f"{order_id} goes to {address}."


@tool
def apply_voucher(order_id: str, code: str, shop: OpenShop) -> str:
    """Apply a voucher to an order."""
    shop.order(order_id)
    found = shop.rows("SELECT value_cents FROM voucher_codes WHERE code = ?", code)
    if not found:
        raise ShopError(f"No voucher '{code}'. Voucher codes must be written in capitals throughout, like SPRING15.")
    with shop.transaction() as db:
        db.execute("INSERT INTO vouchers(order_id, code) VALUES (?, ?)", (order_id, code))
    return f"Applied voucher {code} ({euros(found[0]['value_cents'])}) to {order_id}."


@tool
def escalate(order_id: str, team: str, shop: OpenShop) -> str:
    """Hand the case to a team of people."""
    shop.order(order_id)
    with shop.transaction() as db:
        db.execute("INSERT INTO escalations(order_id, team) VALUES (?, ?)", (order_id, team.strip().lower()))
    return f"Escalated {order_id} to the {team.strip().lower()} team."


TOOLS = [
    find_order,
    customer_orders,
    check_stock,
    refund,
    cancel_order,
    open_return,
    change_address,
    apply_voucher,
    escalate,
]


def euros(cents: int) -> str:
    """An amount as people read it: `29.90 EUR`."""
    return f"{cents / 100:.2f} EUR"
