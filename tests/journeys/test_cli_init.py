"""`init`: from a graph that is there to files that `inspect` and, once the metric is written, `optimize` take."""

import json
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from gepa_agents_cli import templates
from gepa_agents_cli.app import app
from gepa_agents_cli.config import load
from gepa_agents_cli.documents import Initialized
from gepa_agents_cli.errors import ExitCode
from gepa_agents_langgraph.shape import shape
from typer.testing import CliRunner

from gepa_agents import TaskSuite
from tests.journeys.cli_project import AGENT, JUDGE, forgotten
from tests.langgraph_zoo import ZOO, Log, Specimen

STATE = '''
class State(TypedDict):
    """What comes in, and on the way."""

    question: str
    urgency: Literal["low", "high"]
    history: NotRequired[list[str]]


@dataclass
class Customer:
    name: str
    limit: int = 3


model = Obedient()


async def answer(state: State, runtime: Runtime[Customer]):
    assert runtime.context.name
    said = [SystemMessage("Answer the question."), HumanMessage(state["question"] + state["urgency"])]
    return {"question": (await model.ainvoke(said)).content}


def make(config):
    builder = StateGraph(State, context_schema=Customer)
    builder.add_node("answer", answer)
    builder.add_edge(START, "answer")
    builder.add_edge("answer", END)
    return builder.compile()
'''
IMPORTS = """
from dataclasses import dataclass
from typing import Literal, NotRequired
from typing_extensions import TypedDict
from langchain_core.messages import HumanMessage
from langgraph.runtime import Runtime
"""
LOOSE = """
class Mail(TypedDict, total=False):
    mail: str
    record: str
    reply: str


async def read(state: Mail):
    said = [SystemMessage("Read the mail."), HumanMessage(state["mail"])]
    return {"record": (await model.ainvoke(said)).content}


async def write(state: Mail):
    said = [SystemMessage("Write a reply."), HumanMessage(state["record"])]
    return {"reply": (await model.ainvoke(said)).content}


builder = StateGraph(Mail)
builder.add_sequence([read, write])
builder.add_edge(START, "read")
desk = builder.compile()
"""
SCORE = """
def score(task, rollout):
    said = rollout.text or rollout.output["question"]
    return float("PLEASE" in said), "it lacks PLEASE"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, with an agent of messages in `tiny_agent` and a factory of another state in `tiny_other`."""
    monkeypatch.chdir(tmp_path)
    Path("tiny_agent.py").write_text(AGENT)
    Path("tiny_other.py").write_text(IMPORTS + AGENT.partition("async def answer")[0] + STATE)
    Path("tiny_desk.py").write_text(IMPORTS + AGENT.partition("async def answer")[0] + "model = Obedient()\n" + LOOSE)
    Path("tiny_judge.py").write_text(JUDGE)
    with forgotten():
        yield tmp_path


def ran(*arguments: str, code: int = 0) -> str:
    """What a command printed, on stdout or, if it failed, on stderr."""
    outcome = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert outcome.exit_code == code, outcome.output
    return outcome.stderr if code else outcome.stdout


def fill(folder: Path) -> None:
    """Do what `init` asks for: write the metric; and name a reflection model that is a script."""
    (folder / "metric.py").write_text(SCORE)
    toml = folder / "gepa.toml"
    toml.write_text(toml.read_text().replace('model = "openai/gpt-5"', 'function = "tiny_judge:reflect"'))


@pytest.mark.parametrize("reference", ["tiny_agent:graph", "tiny_other:make"])
def test_what_it_writes_is_taken_by_inspect_and_optimize(folder: Path, reference: str) -> None:
    """A graph of messages, and a factory of a graph with its own state and context: the next command it names works."""
    said = ran("init", reference)
    follow = said.splitlines()[-1].split()
    assert follow[:3] == ["gepa-agents", "inspect", "gepa.toml"]
    assert "answer.system (tunable)" in ran(*follow[1:])
    assert "graph" in tomllib.loads(Path("gepa.toml").read_text())["agent"]
    fill(folder)
    assert "baseline: 0.000 on val" in ran("optimize", "gepa.toml")


def test_the_template_has_the_graphs_own_shape(folder: Path) -> None:
    """Required keys of the state are in each task with a value of their type; the context is in the file."""
    done = Initialized.model_validate_json(ran("init", "tiny_other:make", "--json"))
    assert [(key.name, key.required) for key in done.inputs] == [
        ("question", True),
        ("urgency", True),
        ("history", False),
    ]
    assert done.nodes == {"answer": True}
    suite = TaskSuite.load("tasks.jsonl")
    assert suite.train[0].input == {"question": "a text for question", "urgency": "low"}
    assert load(Path("gepa.toml")).tables.agent.context == {"name": "a text for name"}
    assert "question (text), urgency (one of low, high)" in Path("metric.py").read_text()


def test_the_metric_does_not_score_before_it_is_written(folder: Path) -> None:
    """`optimize` stops before anything is run, and says what to write where."""
    ran("init", "tiny_agent:graph")
    fill(folder)
    Path("metric.py").unlink()
    Path("again").mkdir()
    ran("init", "tiny_agent:graph", "--folder", "again")
    Path("metric.py").write_text(Path("again/metric.py").read_text())
    said = ran("optimize", "gepa.toml", code=ExitCode.INPUT)
    assert "write in metric.py what makes a rollout good, then delete this line" in said
    assert f"{folder}/metric.py:5" in said
    assert not Path("runs").exists()


def test_a_state_without_required_keys_is_offered_whole(folder: Path) -> None:
    """Where no key must be given the tasks have all of them, and it says that some are to go; `inspect` takes them."""
    assert "No key of the input is marked as required" in ran("init", "tiny_desk:desk")
    given = TaskSuite.load("tasks.jsonl").train[0].input
    assert given == {key: f"a text for {key}" for key in ("mail", "record", "reply")}
    assert "write.system (tunable)" in ran("inspect", "gepa.toml", "--tasks", "1")
    Path("again").mkdir()
    assert "No key" not in ran("init", "tiny_agent:graph", "--folder", "again")


def test_the_metric_looks_where_the_graph_answers(folder: Path) -> None:
    """A graph without messages has no `rollout.text`: the template reads its state, and names who feedback is for."""
    ran("init", "tiny_desk:desk")
    metric = Path("metric.py").read_text()
    assert 'str(rollout.output["reply"])' in metric
    assert "rollout.text" not in metric
    assert "(read, write)" in metric
    Path("again").mkdir()
    ran("init", "tiny_agent:graph", "--folder", "again")
    metric = Path("again/metric.py").read_text()
    assert "in rollout.text" in metric
    assert "by_component" not in metric  # one model: all feedback is for it


@pytest.mark.parametrize("reference", ["tiny_agent:graph", "tiny_desk:desk"])
def test_the_probe_that_inspect_suggests_can_be_typed(folder: Path, reference: str) -> None:
    """What it prints for a graph, of messages or of another state, is a command line that finds the prompts."""
    hint = next(line for line in ran("inspect", reference).splitlines() if "--probe" in line)
    assert ".system (tunable)" in ran(*shlex.split(hint)[1:])


@pytest.mark.parametrize(("tasks", "where"), [(1, "on `train-1`: KeyError"), (2, "on all 2 tasks, first on `train-1`")])
def test_a_run_that_fails_is_told_with_task_and_node(folder: Path, tasks: int, where: str) -> None:
    """When the agent fails on every task, `inspect` says on which, in which node, and with what."""
    ran("init", "tiny_desk:desk")
    Path("tasks.jsonl").write_text(Path("tasks.jsonl").read_text().replace('"mail"', '"reply"'))
    said = ran("inspect", "gepa.toml", "--tasks", str(tasks), code=ExitCode.AGENT)
    assert where in said
    assert "KeyError: 'mail' (node `read`); mend the input or the agent" in said


def test_nothing_is_overwritten(folder: Path) -> None:
    """With one of its files there, it names it and writes none."""
    Path("metric.py").write_text("mine = True\n")
    said = ran("init", "tiny_agent:graph", code=ExitCode.INPUT)
    assert said.startswith("error: metric.py is there already and would be overwritten; nothing was written")
    assert Path("metric.py").read_text() == "mine = True\n"
    assert not Path("gepa.toml").exists()


def test_another_folder_finds_the_graph(folder: Path) -> None:
    """Written elsewhere, the reference leads back to the module; a package of this folder can't be found from there."""
    ran("init", "tiny_agent:graph", "--folder", "tuning")
    assert load(Path("tuning/gepa.toml")).tables.agent.graph == "../tiny_agent.py:graph"
    assert "answer.system (tunable)" in ran("inspect", "tuning/gepa.toml", "--tasks", "1")
    Path("tiny_package").mkdir()
    Path("tiny_package/__init__.py").write_text("from tiny_agent import graph\n")
    said = ran("init", "tiny_package:graph", "--folder", "elsewhere", code=ExitCode.INPUT)
    assert "leave --folder out" in said
    assert not Path("elsewhere").exists()


def test_what_is_no_graph_is_said(folder: Path) -> None:
    """The reference is named, and nothing written."""
    said = ran("init", "tiny_judge:score", code=ExitCode.AGENT)
    assert "`tiny_judge:score`" in said
    assert list(folder.glob("*.toml")) == []


def test_tasks_are_json_lines_in_all_splits(folder: Path) -> None:
    """Each line is a task for the graph, two for each split."""
    ran("init", "tiny_agent:graph")
    lines = [json.loads(line) for line in Path("tasks.jsonl").read_text().splitlines()]
    assert [line["split"] for line in lines] == ["train", "train", "val", "val", "test", "test"]
    assert all(line["input"]["messages"][0]["role"] == "user" for line in lines)


@pytest.mark.parametrize("specimen", ZOO, ids=lambda specimen: specimen.build.__name__)
def test_every_kind_of_graph_gets_files_that_can_be_read(specimen: Specimen, tmp_path: Path) -> None:
    """Agents, subgraphs, functional workflows, other states: the file is a `gepa.toml`, the tasks are a suite."""
    looked = shape(specimen.build(Log()))
    (tmp_path / "gepa.toml").write_text(templates.toml("a:b", "name", looked))
    (tmp_path / "tasks.jsonl").write_text(templates.tasks(looked))
    project = load(tmp_path / "gepa.toml")
    suite = TaskSuite.load(project.tasks_file)
    compile(templates.metric("name", looked), "metric.py", "exec")
    assert suite.train[0].input if looked.inputs else suite.train[0].input is not None
    assert looked.nodes
