"""What a user can get wrong gets one sentence on stderr and an exit code of its own, and loses nothing."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gepa_agents_cli.app import app
from gepa_agents_cli.errors import ExitCode
from typer.testing import CliRunner

from gepa_agents.parts.runs.journal import Journal
from tests.journeys.cli_project import TinyProject, forgotten, write


@pytest.fixture
def project(tmp_path: Path) -> Iterator[TinyProject]:
    """A project of its own; what was imported for it is forgotten afterwards."""
    with forgotten():
        yield write(tmp_path)


def refused(*arguments: str | Path) -> tuple[int, str]:
    """Exit code and the one line on stderr."""
    outcome = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
    lines = outcome.stderr.splitlines()
    assert len(lines) == 1, outcome.stderr
    assert lines[0].startswith("error: ")
    return outcome.exit_code, lines[0].removeprefix("error: ")


def test_a_missing_gepa_toml(tmp_path: Path) -> None:
    """The file that isn't there is named."""
    code, said = refused("optimize", tmp_path / "gepa.toml", "--yes")
    assert code == ExitCode.INPUT
    assert said == f"{tmp_path}/gepa.toml can't be read (No such file or directory); give the path of a gepa.toml"


def test_an_unknown_key(project: TinyProject) -> None:
    """The key is named, with the nearest that there is."""
    project.replace("rollouts = 120", "rolouts = 120")
    code, said = refused("optimize", project.toml)
    assert (code, said) == (ExitCode.INPUT, f"{project.toml}: [budget] rolouts: no such key; did you mean rollouts?")


@pytest.mark.parametrize("table", ["reflection", "budget"])
def test_a_table_that_only_optimize_needs(project: TinyProject, table: str) -> None:
    """`optimize` says that it is missing, and how it may look."""
    lines = project.toml.read_text().split(f"[{table}]\n")
    project.toml.write_text(lines[0] + lines[1].partition("\n")[2])
    code, said = refused("optimize", project.toml)
    assert code == ExitCode.INPUT
    assert f"[{table}] is missing; add it, for instance `[{table}] " in said


def test_a_missing_task_file(project: TinyProject) -> None:
    """The file of tasks is named."""
    project.tasks.unlink()
    code, said = refused("evaluate", project.toml)
    assert code == ExitCode.INPUT
    assert f"{project.tasks} can't be read (No such file or directory)" in said


def test_broken_json_on_a_line(project: TinyProject) -> None:
    """File and line are named."""
    lines = project.tasks.read_text().splitlines()
    lines[3] = lines[3][:-5]
    project.tasks.write_text("\n".join(lines))
    code, said = refused("optimize", project.toml)
    assert code == ExitCode.INPUT
    assert said.startswith(f"{project.tasks}:4: no JSON")


def test_a_repeated_id(project: TinyProject) -> None:
    """The id that stands twice is named."""
    project.tasks.write_text(project.tasks.read_text().replace('"val-2"', '"val-1"'))
    code, said = refused("optimize", project.toml)
    assert code == ExitCode.INPUT
    assert "the id `val-1` stands twice" in said


def test_an_empty_split(project: TinyProject) -> None:
    """The split without a task is named."""
    lines = [line for line in project.tasks.read_text().splitlines() if "test" not in line]
    project.tasks.write_text("\n".join(lines))
    code, said = refused("optimize", project.toml)
    assert code == ExitCode.INPUT
    assert "no task falls into test (16 tasks in all)" in said


@pytest.mark.parametrize("reference", ["nowhere:graph", "tiny_agent:grpah", "tiny_agent", ":graph"])
def test_a_reference_to_nothing(project: TinyProject, reference: str) -> None:
    """A module or an attribute that isn't there is an error of the agent."""
    project.replace("tiny_agent:graph", reference)
    code, said = refused("optimize", project.toml)
    assert code == ExitCode.AGENT
    assert f"`{reference}`" in said


@pytest.mark.parametrize(
    ("source", "blamed"),
    [
        ("x = 1\nraise ValueError('no [key]')", "ValueError: no [key] ({file}:2)"),
        ("def f(:\n", "SyntaxError: invalid syntax ({file}:1)"),
        ("import sys\nsys.exit(3)", "SystemExit: 3 ({file}:2)"),
        ("import not_there_at_all", "ModuleNotFoundError: No module named 'not_there_at_all' ({file}:1)"),
        (
            "from langgraph.graph import StateGraph\nbuilder = StateGraph(dict)\ngraph = builder.compile()",
            "({file}:3)",
        ),
    ],
)
def test_a_module_that_raises_when_imported(project: TinyProject, source: str, blamed: str) -> None:
    """The user's own line is named, also when the exception comes from deep inside a library."""
    file = project.folder / "broken_agent.py"
    file.write_text(source)
    project.replace("tiny_agent:graph", "broken_agent:graph")
    code, said = refused("optimize", project.toml)
    assert code == ExitCode.AGENT
    assert blamed.format(file=file) in said


def test_a_graph_that_is_not_compiled(project: TinyProject) -> None:
    """A builder is not yet a graph."""
    project.replace("tiny_agent:graph", "tiny_agent:builder")
    code, said = refused("inspect", project.toml)
    assert code == ExitCode.AGENT
    assert "compile" in said


def test_a_metric_of_the_wrong_shape(project: TinyProject) -> None:
    """A metric has to take a task and a rollout."""
    with project.module("judge").open("a") as file:
        file.write("\n\ndef one(task):\n    return 1\n\nnumber = 3\n")
    project.replace("tiny_judge:score", "tiny_judge:one")
    code, said = refused("optimize", project.toml)
    assert code == ExitCode.INPUT
    assert "`tiny_judge:one` can't be called with (task, rollout)" in said
    project.replace("tiny_judge:one", "tiny_judge:number")
    code, said = refused("optimize", project.toml)
    assert (code, "`tiny_judge:number` is no function" in said) == (ExitCode.INPUT, True)


@pytest.mark.parametrize(
    ("body", "blamed"),
    [
        ("return 'good'", "the metric returned 'good' for task `"),
        ("return float('nan')", "a score must be finite"),
        ("return {}['why']", "the metric raised KeyError: 'why' on task `"),
    ],
)
def test_a_metric_that_returns_nonsense_loses_no_rollout(project: TinyProject, body: str, blamed: str) -> None:
    """The run stops with the task's name, and mended it goes on with the rollouts that were paid for."""
    judge = project.module("judge").read_text()
    project.module("judge").write_text(
        judge.replace("def score(task, rollout):", f"def score(task, rollout):\n    {body}")
    )
    code, said = refused("optimize", project.toml)
    assert code == ExitCode.INPUT
    assert blamed in said
    with Journal(project.runs, {}) as journal:
        assert len(list(journal.calls("rollout/"))) >= 1


def test_a_run_folder_that_can_not_be_written(project: TinyProject) -> None:
    """A file in the folder's place is no folder."""
    project.runs.write_text("in the way")
    code, said = refused("optimize", project.toml)
    assert code == ExitCode.RUN
    assert f"{project.runs} can't be written" in said


def test_a_run_folder_of_another_run(project: TinyProject) -> None:
    """A journal of other tasks, or by another version, is left alone."""
    with Journal(project.runs, {"tasks": "others"}):
        pass
    code, said = refused("optimize", project.toml)
    assert code == ExitCode.RUN
    assert f"{project.runs} belongs to a run with another " in said


def test_a_run_folder_in_use(project: TinyProject) -> None:
    """Two processes don't share a run folder."""
    with Journal(project.runs, {}):
        code, said = refused("optimize", project.toml)
    assert code == ExitCode.RUN
    assert f"{project.runs} is in use by another process" in said


def test_a_budget_that_is_too_small(project: TinyProject) -> None:
    """The least that is needed is named, and nothing is paid for."""
    project.replace("rollouts = 120", "rollouts = 20")
    code, said = refused("optimize", project.toml)
    assert code == ExitCode.BUDGET
    assert "a budget of 20 rollouts is too small" in said
    assert not project.runs.exists()


def test_an_export_of_nothing(project: TinyProject) -> None:
    """A folder without a run, or with one that did not end, is said to be just that."""
    code, said = refused("export", project.runs)
    assert code == ExitCode.RUN
    assert f"{project.runs} holds no run" in said
    with Journal(project.runs, {}):
        pass
    code, said = refused("export", project.runs)
    assert (code, "holds no result yet" in said) == (ExitCode.RUN, True)


def test_a_candidate_file_that_is_none(project: TinyProject) -> None:
    """`evaluate` and `diff` say what is wrong with a saved candidate."""
    missing = project.folder / "tuned.yaml"
    code, said = refused("evaluate", project.toml, "--candidate", missing)
    assert (code, f"{missing} can't be read" in said) == (ExitCode.INPUT, True)
    code, said = refused("diff", "baseline", project.tasks)
    assert (code, "is no" in said) == (ExitCode.INPUT, True)


def test_a_probe_that_is_no_json(project: TinyProject) -> None:
    """A probe that starts as an object has to be one; tasks need a gepa.toml."""
    code, said = refused("inspect", project.toml, "--probe", "{'messages'")
    assert (code, "probe 1 is no JSON object" in said) == (ExitCode.INPUT, True)
    code, said = refused("inspect", f"{project.module('agent')}:graph", "--tasks", "2")
    assert (code, "--tasks takes the tasks of a gepa.toml" in said) == (ExitCode.INPUT, True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
@pytest.mark.parametrize("words", [["diff", "--help"], ["inspect", "TOML"], ["inspect", "TOML", "--json"]])
def test_an_output_that_is_full(project: TinyProject, words: list[str]) -> None:
    """What can't be printed is one sentence, however late that comes out."""
    command = [sys.executable, "-c", "from gepa_agents_cli import main; main()"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*command, *(str(project.toml) if word == "TOML" else word for word in words)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=project.toml.parent,
            check=False,
        )
    assert done.returncode == ExitCode.INPUT
    assert done.stderr.splitlines()[-1].startswith("error: the output can't be written: No space left on device")
    assert "Traceback" not in done.stderr
