"""The files that `init` writes: a commented `gepa.toml`, a metric to be written, tasks to be replaced."""

import json
from collections.abc import Iterator

from gepa_agents_langgraph.shape import Key, Shape

from gepa_agents.words.frozen import JsonValue

TOML = """\
# What gepa-agents needs to know to tune {name}. Paths are relative to this file.
# Nodes of the graph: {nodes}

[agent]
graph = "{reference}"
{context}
[tasks]
file = "tasks.jsonl"                    # one JSON object a line; 40 to 200 tasks are a good start. Without a "split"
                                        # of its own a task's id decides: 40 % train, 40 % val, 20 % test

[metric]
function = "metric:score"               # how good a rollout is, and why: yours to write, in metric.py

[reflection]                            # the model that reads what went wrong and writes new texts
model = "openai/gpt-5"                  # any LiteLLM name; its key comes from the environment (OPENAI_API_KEY)
# function = "my_module:model"          # or instead: a LangChain chat model, or a function from a prompt to an answer
# command = ["my-command"]              # or instead: a command that reads the prompt on stdin

[budget]                                # the first limit that is reached stops the search
rollouts = 300                          # runs of your agent, those of the closing test included
# usd = 3.0                             # all models together

[run]
folder = "runs/1"                       # the journal and the results; the same command goes on from there. When the
                                        # agent or the metric has changed, take another one: --run runs/2

[settings]
seed = 0
# concurrency = 8                       # runs of your agent at once
# tune = ["prompts", "tools"]           # descriptions of tools, too
# components = ["writer.*"]             # only these texts
"""

METRIC = '''\
"""How good a rollout of {name} is, and why: `gepa-agents` asks `score` after every run of the agent."""

from gepa_agents import Rollout, Score, Task

raise NotImplementedError("write in metric.py what makes a rollout good, then delete this line")


def score(task: Task, rollout: Rollout) -> Score:
    """A number from 0 to 1, higher is better, and why, in words: they are what reflection learns from.

    task.input      what the agent was given: {inputs}
    task.expected   what tasks.jsonl says of a good outcome
{told}
    rollout.trajectory.tools()   its tools' runs, each with .tool, .arguments, .result and .error
    """
    # For instance:
    #     right = str(task.expected) in {said}
    #     return Score(value=float(right), feedback="" if right else f"The answer must say {{task.expected}}.")
{blamed}'''

TEXT = "    rollout.text    the agent's last message"
OUTPUT = "    rollout.output  its final state: {outputs}"
BLAMED = """\
    # What only one node can mend is better told to that node, by its name ({nodes}):
    #     Score(value=0.5, by_component={{"{node}": "It must …"}})
"""

SPLITS = ("train", "val", "test")
EACH = 2
"""Tasks of a split in the template."""


def toml(reference: str, name: str, shape: Shape) -> str:
    """A `gepa.toml` for the graph."""
    nodes = ", ".join(f"{node} (model)" if model else node for node, model in shape.nodes.items())
    return TOML.format(name=name, nodes=nodes, reference=reference, context="\n".join(_context(shape.context)))


def metric(name: str, shape: Shape) -> str:
    """A metric that raises until it is written."""
    inputs = ", ".join(f"{key.name} ({key.kind})" for key in shape.inputs) or "the input of the task"
    models = [node for node, model in shape.nodes.items() if model]
    told = OUTPUT.format(outputs=", ".join(shape.outputs) or "what the graph returns")
    talks = "messages" in shape.outputs or not shape.outputs
    blamed = BLAMED.format(nodes=", ".join(models), node=models[-1]) if len(models) > 1 else ""
    return METRIC.format(
        name=name,
        inputs=inputs,
        told=f"{TEXT}\n{told}" if talks else told,  # without messages `rollout.text` is empty
        said="rollout.text" if talks else f"str(rollout.output[{json.dumps(shape.outputs[-1])}])",
        blamed=blamed,
    )


def tasks(shape: Shape) -> str:
    """Tasks in the graph's input shape, a few for each split."""
    every = [(split, number) for split in SPLITS for number in range(1, EACH + 1)]
    lines = [
        {
            "id": f"{split}-{number}",
            "input": given(shape, f"the input of {split}-{number}"),
            "expected": "what the metric needs to judge the outcome",
            "split": split,
        }
        for split, number in every
    ]
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)


def given(shape: Shape, otherwise: str) -> JsonValue:
    """An input in the graph's shape: the keys that it needs, or all when it names none as needed."""
    if not shape.is_state:
        return otherwise
    needed = [key for key in shape.inputs if key.required]
    return {key.name: key.example for key in needed or shape.inputs}


def _context(keys: tuple[Key, ...]) -> Iterator[str]:
    """The context that every run needs; keys that may be left out are comments."""
    if not keys:
        return
    yield ""
    yield "[agent.context]                         # what your graph is given as runtime context"
    for key in keys:
        line = f"{json.dumps(key.name)} = {_value(key.example)}"
        yield f"{line if key.required else f'# {line}':<39} # {key.kind}"
    yield ""


def _value(value: JsonValue) -> str:
    """A JSON value as TOML, which has no null."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(name)} = {_value(one)}" for name, one in value.items())
        return f"{{{', '.join(pairs)}}}"
    return '""' if value is None else json.dumps(value, ensure_ascii=False)
