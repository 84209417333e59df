"""A tiny real project for the command line: a LangGraph agent with a scripted model, tasks, metric, reflection."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

AGENT = '''
import asyncio
from pathlib import Path

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.graph import END, START, MessagesState, StateGraph

HERE = Path(__file__).parent


class Obedient(BaseChatModel):
    """Repeats the question, and each word in capitals that its system prompt holds."""

    model_name: str = "obedient"

    @property
    def _llm_type(self) -> str:
        return "obedient"

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        orders = [word for word in messages[0].content.split() if word.isupper() and len(word) > 1]
        usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
        text = " ".join([messages[-1].content, *orders])
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text, usage_metadata=usage))])

    async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
        # Lets a test hold a run at its first proposal.
        if (HERE / "pause").exists() and "PLEASE" in messages[0].content:
            (HERE / "reached").touch()
            await asyncio.sleep(3600)
        return self._generate(messages)


async def answer(state: MessagesState):
    reply = await Obedient().ainvoke([SystemMessage("Answer the question."), *state["messages"]])
    return {"messages": [reply]}


builder = StateGraph(MessagesState)
builder.add_node("answer", answer)
builder.add_edge(START, "answer")
builder.add_edge("answer", END)
graph = builder.compile()
'''

JUDGE = """
def score(task, rollout):
    missing = [word for word in task.expected if word not in rollout.text.split()]
    return 1 - len(missing) / len(task.expected), "it lacks " + " ".join(missing) if missing else "right"


def reflect(prompt):
    words = [word for word in ("PLEASE", "THANKS", "SIR") if word in prompt]
    return f"<diagnosis>Words are missing.</diagnosis>\\n<text>Answer the question. {' '.join(words)}</text>"
"""

TOML = """
[agent]
graph = "{name}_agent:graph"
[tasks]
file = "tasks.jsonl"
[metric]
function = "{name}_judge:score"
[reflection]
function = "{name}_judge:reflect"
[budget]
rollouts = 120
[run]
folder = "runs"
"""

WORDS = (["PLEASE"], ["THANKS"], ["SIR", "PLEASE"])


@dataclass(frozen=True)
class TinyProject:
    """The project's files."""

    folder: Path
    name: str
    """Prefix of the modules, so that projects of several tests are different modules."""

    @property
    def toml(self) -> Path:
        """The `gepa.toml`."""
        return self.folder / "gepa.toml"

    @property
    def tasks(self) -> Path:
        """The task file."""
        return self.folder / "tasks.jsonl"

    @property
    def runs(self) -> Path:
        """The run folder."""
        return self.folder / "runs"

    def module(self, name: str) -> Path:
        """A module's file."""
        return self.folder / f"{self.name}_{name}.py"

    def replace(self, old: str, new: str) -> None:
        """Change `gepa.toml`."""
        text = self.toml.read_text()
        assert old in text
        self.toml.write_text(text.replace(old, new))


def write(folder: Path, name: str = "tiny") -> TinyProject:
    """Write the project into `folder`: eight tasks in each split."""
    project = TinyProject(folder, name)
    project.module("agent").write_text(AGENT)
    project.module("judge").write_text(JUDGE)
    project.toml.write_text(TOML.format(name=name))
    splits = ("train", "val", "test")
    tasks = [
        {"id": f"{split}-{n}", "input": f"question {n}", "expected": WORDS[n % len(WORDS)], "split": split}
        for split in splits
        for n in range(8)
    ]
    project.tasks.write_text("".join(json.dumps(task) + "\n" for task in tasks))
    return project


@contextmanager
def forgotten() -> Iterator[None]:
    """What is imported for a project meanwhile is forgotten afterwards, and its folder with it."""
    path, modules = list(sys.path), set(sys.modules)
    try:
        yield
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if name.startswith(("tiny_", "broken_")) or name == "metric":
                del sys.modules[name]
