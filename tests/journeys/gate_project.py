"""A small real project to put a gate on: a LangGraph agent with tools and a scripted model, tasks, metric, candidates.

Each rollout writes its task into `made.txt`, whichever process makes it.
"""

import json
from pathlib import Path

from gepa_agents.words.component import Component
from gepa_agents.words.graph_config import GraphConfig

AGENT = '''
from pathlib import Path

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

MADE = Path(__file__).parent / "made.txt"


@tool
def find_order(order: str) -> str:
    """Find an order."""
    if order == "SO-404":
        return "Error: there is no such order"
    return f"{order} of ada@lovelace.net cost 12 EUR"


@tool
def refund(order: str, amount: int) -> str:
    """Pay money back."""
    return f"refunded {amount} EUR for {order}"


class Simulated(BaseChatModel):
    """A script: looks the order up if its prompt asks for it, then refunds, twice if the customer insists."""

    model_name: str = "simulated-desk"

    @property
    def _llm_type(self):
        return "simulated"

    def bind_tools(self, tools, **kwargs):
        from langchain_core.utils.function_calling import convert_to_openai_tool

        return self.bind(tools=[convert_to_openai_tool(one) for one in tools])

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        order = messages[1].text.split()[1]
        done = [message.name for message in messages if isinstance(message, ToolMessage)]
        plan = ["find_order"] * ("look" in messages[0].text) + ["refund"] * (2 if "now" in messages[1].text else 1)
        usage = {"input_tokens": 8, "output_tokens": 2, "total_tokens": 10}
        reply = AIMessage(f"{order} is refunded.", usage_metadata=usage)
        if len(done) < len(plan):
            name = plan[len(done)]
            arguments = {"order": order} | ({"amount": 12} if name == "refund" else {})
            call = {"name": name, "args": arguments, "id": f"c{len(done)}"}
            reply = AIMessage("", tool_calls=[call], usage_metadata=usage)
        return ChatResult(generations=[ChatGeneration(message=reply)])


model = Simulated().bind_tools([find_order, refund])


def desk(state):
    question = state["messages"][0].text
    if len(state["messages"]) == 1:
        with MADE.open("a") as made:
            made.write(question + chr(10))
    if "break" in question:
        raise RuntimeError("the till is closed")
    return {"messages": [model.invoke([SystemMessage("You refund."), *state["messages"]])]}


builder = StateGraph(MessagesState)
builder.add_node("desk", desk)
builder.add_node("tools", ToolNode([find_order, refund]))
builder.add_edge(START, "desk")
builder.add_conditional_edges("desk", tools_condition)
builder.add_edge("tools", "desk")
graph = builder.compile()
'''

JUDGE = '''
def score(task, rollout):
    """Half for an order that was looked up, half for one refund."""
    if task.metadata.get("unjudged"):
        raise ZeroDivisionError("on purpose")
    tools = [step.tool for step in rollout.trajectory.tools()]
    seen, once = "find_order" in tools, tools.count("refund") == 1
    return (seen + once) / 2, "" if seen else "nobody looked the order up"
'''

TOML = """
[agent]
graph = "desk_agent:graph"
[tasks]
file = "tasks.jsonl"
[metric]
function = "desk_judge:score"
[prices."simulated-desk"]
input = 1000.0
output = 1000.0
"""

OWN = "You refund."
CALL = 0.01
"""US dollars that one call of the model costs: ten tokens at 1000 dollars a million."""
TASKS = ("refund SO-1", "refund SO-2", "refund SO-3 now", "refund SO-4 now", "refund SO-404", "refund SO-6")
"""The test split: ids are `test-0` and so on."""


def write(folder: Path, *more: str, **metadata: object) -> Path:
    """Write the project, with `more` tasks in the test split, and candidates `good.yaml` and `same.yaml`."""
    (folder / "desk_agent.py").write_text(AGENT)
    (folder / "desk_judge.py").write_text(JUDGE)
    (folder / "gepa.toml").write_text(TOML)
    tasks = [(f"{split}-0", "refund SO-9", split) for split in ("train", "val")]
    tasks += [(f"test-{number}", text, "test") for number, text in enumerate((*TASKS, *more))]
    (folder / "tasks.jsonl").write_text(
        "".join(
            json.dumps({"id": name, "input": {"messages": [["user", text]]}, "split": split, "metadata": metadata})
            + "\n"
            for name, text, split in tasks
        )
    )
    component = Component(name="desk.system", kind="prompt", text=OWN, node="desk")
    for name, text in (("good", f"{OWN} First look at the order."), ("same", f"{OWN} Be kind.")):
        GraphConfig(components=(component,), texts={"desk.system": text}).save(folder / f"{name}.yaml")
    return folder


def made(folder: Path) -> list[str]:
    """What was asked in each rollout that was really made, sorted."""
    file = folder / "made.txt"
    return sorted(file.read_text().splitlines()) if file.exists() else []
