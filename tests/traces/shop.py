"""The graph whose runs `record.py` records: three nodes, a tool loop, a subgraph; its model is a script.

Imports LangChain and LangGraph only, so that it runs in an environment without gepa-agents.
"""

from collections.abc import Sequence
from typing import Any

from langchain.agents import create_agent
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import tool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

PLAN = "You plan how the shop's helper should answer. Name the tools to use, in one line."
EXECUTE = "You answer questions about the catalogue. Use the tools, and never guess a price."
RESEARCH = "You check facts in the handbook before the shop answers. Quote what you find."
WRITE = "You write the shop's reply to {customer}. Be brief, and name the price."

RUNS = (
    ("How much is the lamp in dollars?", "Ada Lind", "lamp"),
    ("Do you have a unicorn?", "Bo Ek", "unicorn"),
    ("What does the desk cost in pounds?", "Cy Grön", "desk"),
)
"""Question, customer, article. There is no unicorn: the tool raises."""


@tool
def search(query: str) -> str:
    """Find an article in the catalogue."""
    if "unicorn" in query:
        raise ValueError(f"no article matches {query!r}")
    return f"{query}: 42 EUR"


@tool
def convert(amount: float, currency: str) -> str:
    """Convert an amount of euros to another currency."""
    return f"{amount * 1.1:.2f} {currency}"


@tool
def handbook(topic: str, page: int = 1) -> str:
    """Read a page of the shop's handbook."""
    return f"page {page} on {topic}: returns within 30 days"


class Simulated(BaseChatModel):
    """Says its lines; which ones is told by its system prompt and by what the tools answered."""

    model_name: str = "simulated-1"

    @property
    def _llm_type(self) -> str:
        return "simulated"

    def bind_tools(self, tools: Sequence[Any], *, tool_choice: Any = None, **kwargs: Any) -> Runnable[Any, AIMessage]:
        """Offer tools in OpenAI's shape."""
        return self.bind(tools=[convert_to_openai_tool(one) for one in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        reply = _reply(messages)
        read = 20 + len(messages)
        reply.usage_metadata = {"input_tokens": read, "output_tokens": 7, "total_tokens": read + 7}
        reason = "tool_calls" if reply.tool_calls else "stop"
        reply.response_metadata = {"model_name": self.model_name, "finish_reason": reason}
        return ChatResult(generations=[ChatGeneration(message=reply)])


def _reply(messages: Sequence[BaseMessage]) -> AIMessage:
    prompt = str(messages[0].content)
    answers = [str(one.content) for one in messages if isinstance(one, ToolMessage)]
    question = next(str(one.content) for one in messages if one.type == "human")
    article = next(article for asked, _, article in RUNS if asked == question)
    if prompt == PLAN:
        thought = {"type": "reasoning", "reasoning": f"The customer wants the {article}."}
        return AIMessage([thought, {"type": "text", "text": "search, then convert"}])
    if prompt == RESEARCH:
        read = any("on returns" in answer for answer in answers)
        asked = _calls(("handbook", {"topic": "returns", "page": 2}))
        return AIMessage("The handbook says: 30 days.") if read else asked
    if prompt == EXECUTE:
        if not answers:
            asked = _calls(("search", {"query": article}))
            asked.additional_kwargs["reasoning_content"] = f"First look for the {article}."
            return asked
        if len(answers) == 1 and answers[0].endswith("EUR"):
            return _calls(("convert", {"amount": 42.0, "currency": "USD"}), ("search", {"query": f"{article} shade"}))
        return AIMessage(f"In short: {'; '.join(answers)}")
    return AIMessage(f"Dear customer, about the {article}: {messages[-1].content}")


def _calls(*calls: tuple[str, dict[str, Any]]) -> AIMessage:
    made = [
        {"name": name, "args": arguments, "id": f"call_{name}_{len(str(arguments))}", "type": "tool_call"}
        for name, arguments in calls
    ]
    return AIMessage("", tool_calls=made)


class State(MessagesState):
    """A conversation and whom it is with."""

    customer: str


def build() -> Any:
    """The compiled graph."""
    model = Simulated()

    def planner(state: State) -> dict[str, Any]:
        return {"messages": [model.invoke([SystemMessage(PLAN), *state["messages"]])]}

    def executor(state: State) -> dict[str, Any]:
        asked = [SystemMessage(EXECUTE), *state["messages"]]
        return {"messages": [model.bind_tools([search, convert]).invoke(asked)]}

    def writer(state: State) -> dict[str, Any]:
        told = [SystemMessage(WRITE.format(customer=state["customer"])), *state["messages"]]
        return {"messages": [model.invoke(told)]}

    builder = StateGraph(State)
    builder.add_node("planner", planner)
    builder.add_node("executor", executor)
    builder.add_node("tools", ToolNode([search, convert], handle_tool_errors=True))
    builder.add_node("researcher", create_agent(model, [handbook], system_prompt=RESEARCH, name="researcher"))
    builder.add_node("writer", writer)
    builder.add_edge(START, "planner")
    builder.add_edge("planner", "executor")
    builder.add_conditional_edges("executor", tools_condition, {"tools": "tools", END: "researcher"})
    builder.add_edge("tools", "executor")
    builder.add_edge("researcher", "writer")
    builder.add_edge("writer", END)
    return builder.compile(name="shop")
