"""What is in the shop when a run begins: the tables, and rows computed from short lists, the same every time."""

from typing import Final

SCHEMA: Final = """
CREATE TABLE customers (email TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE articles (name TEXT PRIMARY KEY, price_cents INTEGER NOT NULL, stock INTEGER NOT NULL);
CREATE TABLE orders (
    id TEXT PRIMARY KEY, customer TEXT NOT NULL REFERENCES customers, status TEXT NOT NULL,
    days_late INTEGER NOT NULL, address TEXT NOT NULL);
CREATE TABLE items (order_id TEXT NOT NULL REFERENCES orders, article TEXT NOT NULL REFERENCES articles);
CREATE TABLE voucher_codes (code TEXT PRIMARY KEY, value_cents INTEGER NOT NULL);
CREATE TABLE refunds (id INTEGER PRIMARY KEY, order_id TEXT NOT NULL, amount_cents INTEGER NOT NULL, reason TEXT);
CREATE TABLE returns (id INTEGER PRIMARY KEY, order_id TEXT NOT NULL);
CREATE TABLE vouchers (id INTEGER PRIMARY KEY, order_id TEXT NOT NULL, code TEXT NOT NULL);
CREATE TABLE escalations (id INTEGER PRIMARY KEY, order_id TEXT NOT NULL, team TEXT NOT NULL);
CREATE TABLE tickets (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, queue TEXT NOT NULL, urgency TEXT NOT NULL);
"""

NAMES: Final = (
    "Ada Brandt", "Bram Visser", "Clara Moreau", "Dario Conti", "Elif Kaya", "Finn Larsen", "Greta Holm", "Hugo Lenz",
    "Ines Prado", "Jonas Weber", "Kira Novak", "Liam Byrne", "Maja Lind", "Nils Ekman", "Olga Petrov", "Paolo Ricci",
    "Quinn Doyle", "Rosa Marin", "Sven Dahl", "Tessa Kramer", "Umar Aziz", "Vera Blum", "Willem Bakker", "Yara Haddad",
)  # fmt: skip

ARTICLES: Final = (
    ("copper kettle", 4990, 12), ("floor lamp", 14900, 3), ("wool blanket", 7950, 0), ("oak stool", 11900, 7),
    ("glass carafe", 2490, 31), ("desk fan", 5900, 0), ("espresso grinder", 18900, 5), ("linen apron", 3290, 18),
    ("cast iron pan", 6490, 9), ("radio clock", 8900, 2), ("bread knife", 2950, 0), ("armchair cover", 12900, 4),
)  # fmt: skip

STATES: Final = (("open", 0), ("delivered", 0), ("shipped", 12), ("shipped", 0), ("shipped", 3))
"""Status of an order, and how many days it is late."""

STREETS: Final = ("Canal Street", "Mill Lane", "Station Road", "Harbour View", "Chapel Hill")

ORDERS: Final = 120


def _email(name: str) -> str:
    return f"{name.split()[0].lower()}@example.org"


def _order(number: int) -> tuple[str, str, str, int, str]:
    customer = _email(NAMES[number % len(NAMES)])
    status, days_late = STATES[(number + number // len(NAMES)) % len(STATES)]
    address = f"{number % 89 + 1} {STREETS[number % len(STREETS)]}"
    return f"SO-{1001 + number}", customer, status, days_late, address


def _articles(number: int) -> tuple[str, str]:
    first = number * 5 + number // len(ARTICLES)
    return ARTICLES[first % len(ARTICLES)][0], ARTICLES[(first + 3) % len(ARTICLES)][0]


TABLES: Final[dict[str, list[tuple[object, ...]]]] = {
    "customers": [(_email(name), name) for name in NAMES],
    "articles": [*ARTICLES],
    "orders": [_order(number) for number in range(ORDERS)],
    "items": [(f"SO-{1001 + number}", article) for number in range(ORDERS) for article in _articles(number)],
    "voucher_codes": [("SORRY5", 500), ("SUMMER10", 1000), ("SPRING15", 1500), ("HELLO20", 2000)],
}
"""Rows by table."""
