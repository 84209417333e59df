"""A help desk for a small shop, as a LangGraph: triage, a resolver with tools, a writer.

    triage -> resolve <-> tools
                 |
               reply

Try it: `python helpdesk.py ada@example.org "Please cancel order SO-1001."`
"""

import os
import sys
from typing import Annotated, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.channels import UntrackedValue
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from pydantic import BaseModel, Field
from shop import TOOLS, Shop, ShopError
from simulated import SimulatedHelpdesk

TRIAGE = "You are a helpful triage assistant. Sort the customer's message."
RESOLVE = "You are a helpful support agent for a shop. Solve the customer's problem with the tools."
REPLY = "You are a friendly writer. Write the reply to the customer."


class Ticket(BaseModel):
    """A customer's message, sorted."""

    category: str = Field(description="Category of the message")
    urgency: str = Field(description="Urgency: normal or high")
    order_id: str = Field(default="", description="The order it is about, if any")


class Request(MessagesState):
    """What comes in: the customer's message, and who wrote it."""

    email: str


class Desk(Request):
    """What the nodes share."""

    ticket: dict[str, str]
    shop: Annotated[Shop, UntrackedValue]
    changes: list[dict[str, Any]]


class Answer(MessagesState):
    """What goes out: the conversation, which ends with the reply, and what was changed in the shop."""

    changes: list[dict[str, Any]]


def chat_model() -> BaseChatModel:
    """The model that `HELPDESK_MODEL` names, such as `openai:gpt-5-mini`; without it, the simulated one."""
    name = os.environ.get("HELPDESK_MODEL", "")
    if not name:
        return SimulatedHelpdesk()
    from langchain.chat_models import init_chat_model

    model = init_chat_model(name.replace("/", ":", 1))
    assert isinstance(model, BaseChatModel)
    return model


def build(model: BaseChatModel) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The desk, with all three roles played by `model`."""
    sorter = model.with_structured_output(Ticket)
    agent = model.bind_tools(TOOLS)

    def triage(state: Request) -> dict[str, Any]:
        ticket = sorter.invoke([SystemMessage(TRIAGE), HumanMessage(message(state))])
        assert isinstance(ticket, Ticket)
        shop = Shop()
        shop.file_ticket(state["email"], ticket.category, ticket.urgency)
        return {"ticket": ticket.model_dump(), "shop": shop}

    def resolve(state: Desk) -> dict[str, Any]:
        steps = state["messages"][1:]
        return {"messages": [agent.invoke([SystemMessage(RESOLVE), HumanMessage(case(state)), *steps])]}

    def reply(state: Desk) -> dict[str, Any]:
        written = model.invoke([SystemMessage(REPLY), HumanMessage(record(state))])
        return {"messages": [written], "changes": state["shop"].changes()}

    graph = StateGraph(Desk, input_schema=Request, output_schema=Answer)
    graph.add_node("triage", triage)
    graph.add_node("resolve", resolve)
    graph.add_node("tools", ToolNode(TOOLS, handle_tool_errors=refusal))
    graph.add_node("reply", reply)
    graph.add_edge(START, "triage")
    graph.add_edge("triage", "resolve")
    graph.add_conditional_edges("resolve", tools_condition, {"tools": "tools", END: "reply"})
    graph.add_edge("tools", "resolve")
    graph.add_edge("reply", END)
    return graph.compile(name="helpdesk")


def refusal(error: ShopError) -> str:
    """What the model reads when the shop refuses."""
    return f"Error: {error}"


def message(state: Request) -> str:
    """What the customer wrote."""
    return state["messages"][0].text


def case(state: Desk) -> str:
    """The case as the resolver reads it."""
    ticket, customer = state["ticket"], state["shop"].customer(state["email"])
    lines = (
        f"Customer: {customer['name']} <{customer['email']}>",
        f"Category: {ticket['category']}",
        f"Urgency: {ticket['urgency']}",
        f"Order: {ticket['order_id'] or 'not given'}",
    )
    return "\n".join(lines) + f"\n\n{message(state)}"


def record(state: Desk) -> str:
    """The case and what was done about it, as the writer reads it."""
    done = []
    for step in state["messages"][1:]:
        if isinstance(step, AIMessage) and step.text:
            done.append(f"- {step.text}")
        if isinstance(step, ToolMessage):
            done.append(f"- {step.name}: {step.text}")
    return f"{case(state)}\n\nWhat was done:\n" + "\n".join(done)


graph = build(chat_model())


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    answer = graph.invoke({"email": sys.argv[1], "messages": [("user", sys.argv[2])]})
    print(f"model: {os.environ.get('HELPDESK_MODEL', 'simulated-helpdesk (simulated: a script, no language model)')}\n")
    print(answer["messages"][-1].text, "\n")
    for change in answer["changes"]:
        print(f"{change['table']} {change['key']}: {change['values']}")
