"""A shop's help desk as real LangGraph graphs, with models and tools that follow a script: simulated runs.

What the models say and the tools answer is written down in a scene; how it becomes a trajectory is LangGraph's doing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gepa_agents_langgraph import wrap
from langchain.agents import create_agent
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import StructuredTool, ToolException
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode

from gepa_agents import Fault, GraphConfig, Rollout, Task
from gepa_agents.parts.tracing.recorder import Recorder
from gepa_agents.words.case import Case
from gepa_agents.words.frozen import JsonValue

TOKENS = 400
"""What a scripted model says that a call took."""


@dataclass(frozen=True)
class Scene:
    """A task, and what happens in it."""

    task: Task
    replies: Mapping[str, Sequence[AIMessage]]
    """What the model of each node says, call by call; the last again for ever. What starts with `raise ` is raised."""
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """What each tool answers, call by call; the last again for ever. One that starts with `raise ` is raised."""
    limit: int = 60
    """LangGraph's limit of steps."""


class Line(BaseChatModel):
    """A chat model that says its lines in order."""

    lines: list[AIMessage]
    said: list[int]

    @property
    def _llm_type(self) -> str:
        return "line"

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
        line = self.lines[min(len(self.said), len(self.lines) - 1)]
        self.said.append(1)
        if line.text.startswith("raise "):
            raise ConnectionError(line.text.removeprefix("raise "))
        used = line.usage_metadata or {"input_tokens": TOKENS, "output_tokens": 20, "total_tokens": TOKENS + 20}
        unique = [
            {**call, "id": f"{call['name']}_{number}_{len(self.said)}"} for number, call in enumerate(line.tool_calls)
        ]
        return ChatResult(
            generations=[
                ChatGeneration(
                    message=line.model_copy(update={"tool_calls": unique, "usage_metadata": used, "id": None}),
                    generation_info=line.response_metadata or None,
                )
            ]
        )


async def play(scene: Scene) -> Case:
    """The scene, run: one agent, or the two desks when a node named `billing` has lines."""
    graph = _desks(scene) if "billing" in scene.replies else _agent(scene)
    output: JsonValue = None
    fault = None
    with Recorder().rollout(f"rollout {scene.task.id}", {}) as recording:
        try:
            agent = wrap(graph, config={"recursion_limit": scene.limit})
            output = await agent.run(scene.task, GraphConfig(), recording.tracer)
        except (RecursionError, ConnectionError) as error:  # what the scenes let happen
            fault = Fault(kind="agent", message=f"{type(error).__name__}: {error}")
    trajectory = recording.trajectory()
    rollout = Rollout(candidate="scripted", task=scene.task.id, output=output, trajectory=trajectory, fault=fault)
    return Case(task=scene.task, rollout=rollout)


def _agent(scene: Scene) -> Any:
    model = Line(lines=list(scene.replies["agent"]), said=[])
    tools = [tool for tool in _tools(scene) if not tool.name.startswith("transfer")]
    return create_agent(model, tools, system_prompt="You work at the help desk of a shop.", name="agent")


def _desks(scene: Scene) -> Any:
    """Two desks that can hand the customer over to each other; the tools' node sends them there."""
    tools = _tools(scene)

    def desk(name: str) -> Any:
        model = Line(lines=list(scene.replies[name]), said=[]).bind_tools(tools)
        return lambda state: {"messages": [model.invoke([("system", f"You are {name}."), *state["messages"]])]}

    def after(name: str) -> Callable[[MessagesState], str]:
        return lambda state: f"{name}_tools" if getattr(state["messages"][-1], "tool_calls", None) else END

    def next_desk(name: str) -> Callable[[MessagesState], str]:
        other = "billing" if name == "support" else "support"
        return lambda state: other if str(state["messages"][-1].content).startswith("Transferred") else name

    graph = StateGraph(MessagesState)
    for name in ("support", "billing"):
        graph.add_node(name, desk(name))
        graph.add_node(f"{name}_tools", ToolNode(tools))
        graph.add_conditional_edges(name, after(name), [f"{name}_tools", END])
        graph.add_conditional_edges(f"{name}_tools", next_desk(name), ["support", "billing"])
    graph.add_edge(START, "support")
    return graph.compile(name="desks")


def _tools(scene: Scene) -> list[StructuredTool]:
    def find_order(order_id: str) -> str:
        """Look an order up."""
        return answer("find_order")

    def find_customer(email: str) -> str:
        """Look a customer up."""
        return answer("find_customer")

    def list_orders(page: int) -> str:
        """List orders, ten a page."""
        return answer("list_orders")

    def cancel_order(order_id: str) -> str:
        """Cancel an order."""
        return answer("cancel_order")

    def refund(order_id: str, amount: float) -> str:
        """Pay money back."""
        return answer("refund")

    def send_mail(recipient: str, body: str) -> str:
        """Send an e-mail."""
        return answer("send_mail")

    def transfer_to_billing() -> str:
        """Hand the customer over to billing."""
        return "Transferred to billing."

    def transfer_to_support() -> str:
        """Hand the customer over to support."""
        return "Transferred to support."

    given = {name: list(answers) for name, answers in scene.answers.items()}

    def answer(name: str) -> str:
        left = given.get(name, ["ok"])
        said = left.pop(0) if len(left) > 1 else left[0]
        if said.startswith("raise "):
            raise ToolException(said.removeprefix("raise "))
        return said

    functions = (
        *(find_order, find_customer, list_orders, cancel_order, refund, send_mail),
        *(transfer_to_billing, transfer_to_support),
    )
    return [StructuredTool.from_function(function, handle_tool_error=True) for function in functions]
