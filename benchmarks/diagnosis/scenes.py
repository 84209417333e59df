"""The scenes of the simulated runs: twenty with a seeded fault, and sound ones that look much like them.

They were written by the author of the checks. They prove that a check finds what it is for and spares what it should
spare; how often it is right in the field, only recorded runs can say.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage

from benchmarks.diagnosis.shop import TOKENS
from gepa_agents.words.frozen import JsonValue


@dataclass(frozen=True)
class Order:
    """What a variant of a scene is about."""

    number: int
    mail: str
    name: str
    polite: str

    @property
    def id(self) -> str:
        """As the shop writes it."""
        return f"SO-{self.number}"

    @property
    def found(self) -> str:
        """What looking it up answers."""
        parcel, due = f"PX{self.number + 4455}", f"2026-03-{self.number % 27 + 1:02}"
        return f'{{"id": "{self.id}", "parcel": "{parcel}", "due": "{due}", "total": {self.number % 90 + 10}.5}}'


ORDERS = (
    Order(1036, "nils@example.org", "Nils Ekman", "Hello,"),
    Order(2471, "aya.sato@example.com", "Aya Sato", "Dear customer,"),
    Order(3308, "r.okafor@example.net", "Rita Okafor", "Hi Rita,"),
    Order(4190, "lena_b@example.org", "Lena Berg", "Good morning,"),
)
Script = Callable[[Order], tuple[str, Sequence[AIMessage], dict[str, Sequence[str]]]]
"""For an order: what the customer writes, what the model says, what the tools answer."""


def say(text: str, **more: object) -> AIMessage:
    """A reply in words."""
    return AIMessage(content=text, **more)


def use(name: str, text: str = "", **arguments: JsonValue) -> AIMessage:
    """A reply that calls a tool."""
    return AIMessage(content=text, tool_calls=[{"name": name, "args": arguments, "id": name, "type": "tool_call"}])


def at_once(*calls: AIMessage) -> AIMessage:
    """Several calls in one reply."""
    return AIMessage(content="", tool_calls=[one for call in calls for one in call.tool_calls])


FAULTS: dict[str, Script] = {
    "tool_error": lambda o: (
        f"Please refund 12 EUR for {o.id}.",
        [
            use("refund", order_id=o.id, amount=1200),
            use("refund", order_id=o.id, amount=12),
            say(f"{o.polite} we have refunded 12 EUR."),
        ],
        {"refund": ["raise amount is above the total of the order", "refunded 12.00"]},
    ),
    "tool_error ignored_error": lambda o: (
        f"Write to {o.mail} that {o.id} is late.",
        [use("send_mail", recipient=o.mail, body="It is late."), say(f"{o.polite} all is taken care of.")],
        {"send_mail": ["Error: mailbox is full"]},
    ),
    "tool_error ignored_error contradicted_claim": lambda o: (
        f"Cancel {o.id}, please.",
        [use("cancel_order", order_id=o.id), say(f"{o.polite} your order has been cancelled.")],
        {"cancel_order": ["Order is shipped; status must be one of open, paid."]},
    ),
    "unknown_tool": lambda o: (
        f"Print the invoice of {o.id}.",
        [use("print_invoice", order_id=o.id), say(f"{o.polite} I am sorry, I cannot print invoices.")],
        {},
    ),
    "tool_error invalid_arguments": lambda o: (
        f"Refund 5 EUR for {o.id}.",
        [
            use("refund", order_id=o.id),
            use("refund", order_id=o.id, amount=5),
            say(f"{o.polite} 5 EUR are on their way."),
        ],
        {"refund": ["refunded 5.00"]},
    ),
    "repeated_call": lambda o: (
        f"Where is {o.id}?",
        [
            use("find_order", order_id=o.id),
            use("find_order", order_id=o.id),
            say(f"It is in parcel PX{o.number + 4455}."),
        ],
        {"find_order": [o.found]},
    ),
    "repeated_call endless_loop": lambda o: (
        f"Where is {o.id}?",
        [*[use("find_order", order_id=o.id)] * 5, say(f"It is in parcel PX{o.number + 4455}.")],
        {"find_order": [o.found]},
    ),
    "costly_run step_limit": lambda o: (
        f"How often did {o.name} order?",
        [use("list_orders", page=page) for page in range(1, 40)],
        {"list_orders": [f"page {page} of 900: nothing" for page in range(1, 40)]},
    ),
    "invented_argument": lambda o: (
        "Cancel my last order.",
        [use("cancel_order", order_id="SO-0000"), say(f"{o.polite} done: it was cancelled.")],
        {"cancel_order": ["cancelled"]},
    ),
    "unfounded_claim": lambda o: (
        f"Cancel {o.id}, please.",
        [say(f"{o.polite} I have cancelled your order {o.id}.")],
        {},
    ),
    "no_tool": lambda o: (
        f"Where is {o.id}?",
        [say(f"{o.polite} it is in parcel PX{o.number + 777}.")],
        {},
    ),
    "empty_reply": lambda o: (
        f"Where is {o.id}?",
        [use("find_order", order_id=o.id), say("")],
        {"find_order": [o.found]},
    ),
    "truncated_reply": lambda o: (
        f"Where is {o.id}?",
        [
            use("find_order", order_id=o.id),
            say(f"{o.polite} it is in parcel PX{o.number + 4455} and", response_metadata={"finish_reason": "length"}),
        ],
        {"find_order": [o.found]},
    ),
    "call_as_text": lambda o: (
        f"Where is {o.id}?",
        [say(f'```json\n{{"name": "find_order", "arguments": {{"order_id": "{o.id}"}}}}\n```')],
        {},
    ),
    "announced_step": lambda o: (
        f"Tell {o.mail} where {o.id} is.",
        [use("find_order", order_id=o.id), say(f"It is in parcel PX{o.number + 4455}. Now I will send the e-mail.")],
        {"find_order": [o.found]},
    ),
    "failed_step": lambda o: (
        f"Where is {o.id}?",
        [use("find_order", order_id=o.id), say("raise the model's server is gone")],
        {"find_order": [o.found]},
    ),
    "step_limit costly_run back_and_forth": lambda o: (
        f"I was charged twice for {o.id}.",
        [use("transfer_to_billing"), use("transfer_to_support")],
        {},
    ),
    "missing_tool": lambda o: (
        f"Cancel {o.id} and tell {o.mail}.",
        [use("cancel_order", order_id=o.id), say(f"{o.polite} {o.id} has been cancelled.")],
        {"cancel_order": ["cancelled"]},
    ),
    "costly_run": lambda o: (
        f"Where is {o.id}?",
        [
            use("find_order", order_id=o.id),
            say(f"It is in parcel PX{o.number + 4455}.", usage_metadata=_usage(60 * TOKENS)),
        ],
        {"find_order": [o.found]},
    ),
}
"""By the faults that each holds."""
SOUND: dict[str, Script] = {
    "answers in words": lambda o: (
        f"Is {o.id} paid?",
        [use("find_order", order_id=o.id), say(f"{o.polite} yes, it is.")],
        {"find_order": [o.found]},
    ),
    "looks up and answers": lambda o: (
        f"Where is {o.id}?",
        [use("find_order", order_id=o.id), say(f"{o.polite} it is in parcel PX{o.number + 4455}.")],
        {"find_order": [o.found]},
    ),
    "does what it says": lambda o: (
        f"Cancel {o.id}, please.",
        [use("cancel_order", order_id=o.id), say(f"{o.polite} your order has been cancelled.")],
        {"cancel_order": ["cancelled"]},
    ),
    "admits an error: tool_error": lambda o: (
        f"Cancel {o.id}, please.",
        [use("cancel_order", order_id=o.id), say(f"{o.polite} it is on its way and can't be cancelled any more.")],
        {"cancel_order": ["Error: already shipped"]},
    ),
    "tries again after a time-out: tool_error": lambda o: (
        f"Where is {o.id}?",
        [*[use("find_order", order_id=o.id)] * 2, say(f"It is in parcel PX{o.number + 4455}.")],
        {"find_order": ["Error: timed out", o.found]},
    ),
    "finds it another way: tool_error": lambda o: (
        f"Where is the order of {o.mail}, {o.id}?",
        [
            use("find_customer", email=o.mail),
            use("find_order", order_id=o.id),
            say(f"{o.polite} it is in parcel PX{o.number + 4455}."),
        ],
        {"find_customer": ["Customer not found."], "find_order": [o.found]},
    ),
    "waits for a change": lambda o: (
        f"Tell me when {o.id} is packed.",
        [*[use("find_order", order_id=o.id)] * 3, say(f"{o.polite} it is packed now.")],
        {"find_order": ["open", "picked", "packed"]},
    ),
    "asks twice at once": lambda o: (
        f"Where is {o.id}?",
        [at_once(*[use("find_order", order_id=o.id)] * 2), say(f"It is in parcel PX{o.number + 4455}.")],
        {"find_order": [o.found]},
    ),
    "asks first": lambda o: (
        f"I think I don't want {o.id}.",
        [say(f"{o.polite} shall I cancel {o.id}? Once it has been cancelled, you get your money back.")],
        {},
    ),
    "reports how it stands": lambda o: (
        f"What became of {o.id}?",
        [use("find_order", order_id=o.id), say(f"{o.polite} it has been cancelled on your wish.")],
        {"find_order": [f'{{"id": "{o.id}", "status": "cancelled"}}']},
    ),
    "repeats what the customer said": lambda o: (
        f"My order {o.id} was cancelled. Why?",
        [say(f"{o.polite} I see that {o.id} has been cancelled. May I look it up for you?")],
        {},
    ),
    "answers that mention errors": lambda o: (
        f"Any trouble with {o.id}?",
        [use("find_order", order_id=o.id), say(f"{o.polite} all is well with it.")],
        {"find_order": ["No errors on record. Error rate of this carrier: low."]},
    ),
    "finds nothing": lambda o: (
        f"What did {o.mail} order?",
        [use("find_customer", email=o.mail), say(f"{o.polite} I could not find any order.")],
        {"find_customer": ["No orders found."]},
    ),
    "writes an id in full": lambda o: (
        f"Cancel order #{o.number}, please.",
        [use("cancel_order", order_id=o.id), say(f"{o.polite} #{o.number} has been cancelled.")],
        {"cancel_order": ["cancelled"]},
    ),
    "works it out": lambda o: (
        f"What do two of {o.id} cost?",
        [use("find_order", order_id=o.id), say(f"{o.polite} two cost {2 * (o.number % 90) + 21} EUR.")],
        {"find_order": [o.found]},
    ),
    "hands over once": lambda o: (
        f"I was charged twice for {o.id}.",
        [
            use("transfer_to_billing"),
            use("refund", order_id=o.id, amount=9),
            say(f"{o.polite} 9 EUR have been refunded."),
        ],
        {"refund": ["refunded 9.00"]},
    ),
    "hands over with work in between: costly_run": lambda o: (
        f"I was charged twice for {o.id}.",
        [
            use("transfer_to_billing"),
            use("find_order", order_id=o.id),
            *[use("transfer_to_support"), use("transfer_to_billing")] * 2,
            use("refund", order_id=o.id, amount=9),
            say(f"{o.polite} 9 EUR have been refunded."),
        ],
        {"find_order": [o.found], "refund": ["refunded 9.00"]},
    ),
    "promises a person something": lambda o: (
        f"Is {o.id} late?",
        [
            use("find_order", order_id=o.id),
            say(f"It is due on 2026-03-{o.number % 27 + 1:02}. I will let you know of changes."),
        ],
        {"find_order": [o.found]},
    ),
    "turns the pages": lambda o: (
        f"How often did {o.name} order?",
        [*[use("list_orders", page=page) for page in range(1, 5)], say(f"{o.polite} never before.")],
        {"list_orders": [f"page {page}: nothing" for page in range(1, 5)]},
    ),
    "calls what the task needs": lambda o: (
        f"Cancel {o.id} and tell {o.mail}.",
        [
            use("cancel_order", order_id=o.id),
            use("send_mail", recipient=o.mail, body="Your order is cancelled."),
            say(f"{o.polite} {o.id} has been cancelled and the customer informed."),
        ],
        {"cancel_order": ["cancelled"], "send_mail": ["sent"]},
    ),
    "shows JSON": lambda o: (
        f"Give me {o.id} as JSON.",
        [use("find_order", order_id=o.id), say(f'{{"name": "{o.name}", "parcel": "PX{o.number + 4455}"}}')],
        {"find_order": [o.found]},
    ),
}
"""By what happens; faults that belong to it stand after a colon."""


def _usage(tokens: int) -> dict[str, int]:
    return {"input_tokens": tokens, "output_tokens": 20, "total_tokens": tokens + 20}
