"""A judge from `gepa.toml`, over real HTTP: it scores an optimization, is on the bill, and is held against labels."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from gepa_agents_cli.app import app
from gepa_agents_cli.errors import ExitCode
from typer.testing import CliRunner

from tests.chat_server import ChatServer, Reply
from tests.journeys.cli_project import TinyProject, forgotten, write

JUDGE = """
rubric = "The reply holds every word that was expected, in capitals."
[metric.judge]
model = "openai/tiny"
api_base = "{url}"
api_key_env = "TINY_KEY"
retries = 0
timeout = 20
"""
PRICES = '[prices.obedient]\ninput = 0\noutput = 0\n[prices."openai/tiny"]\ninput = 1000\noutput = 0\n'
PART = re.compile(r"^## (\w+)\n.*?```\n(.*?)\n```", re.MULTILINE | re.DOTALL)


def verdict(prompt: str) -> Reply:
    """Judges by what stands in the prompt: which of the expected words the outcome has."""
    parts = dict(PART.findall(prompt))
    missing = [word for word in json.loads(parts["Expected"]) if word not in parts["Outcome"].split()]
    score = 0 if missing else 4
    return Reply(f"<reason>it lacks {' '.join(missing)}</reason><score>{score}</score>", prompt_tokens=1000)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """A chat server that judges."""
    with ChatServer(answer=verdict) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyProject]:
    """A project whose metric is a judge behind the server."""
    monkeypatch.setenv("TINY_KEY", server.key)
    with forgotten():
        project = write(tmp_path)
        project.replace('function = "tiny_judge:score"', JUDGE.format(url=server.url))
        yield project


def ran(*arguments: str | Path, code: int = 0) -> str:
    """What a command printed; it ended with `code`."""
    outcome = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert outcome.exit_code == code, outcome.output
    return outcome.stdout if code == 0 else outcome.stderr


def test_a_judge_tunes_an_agent_and_is_on_the_bill(project: TinyProject, server: ChatServer) -> None:
    """Its reasons teach the reflection, its calls cost what the file says, and its key stands nowhere."""
    with project.toml.open("a") as file:
        file.write(PRICES)
    project.replace("rollouts = 120", "rollouts = 70")
    shown = ran("optimize", project.toml)
    assert "metric      openai/tiny judges by a rubric" in shown
    assert "a significant gain on tasks that nothing was tuned on" in shown
    spent = next(line for line in shown.splitlines() if line.startswith("spent"))
    assert f"${len(server.requests)}.00" in spent
    assert server.key not in shown


def test_a_recorded_judge_is_replayed_without_its_server(project: TinyProject, server: ChatServer) -> None:
    """Samples and all; the figures are the same."""
    project.replace("retries = 0", "retries = 0\nsamples = 2")
    tape = project.folder / "calls.jsonl"
    live = json.loads(ran("evaluate", project.toml, "--record", tape, "--json", "--quiet"))
    asked = len(server.requests)
    assert asked == 2 * len(live["rollouts"])
    again = json.loads(ran("evaluate", project.toml, "--replay", tape, "--json", "--quiet"))
    assert len(server.requests) == asked
    assert [one["score"] for one in again["rollouts"]] == [one["score"] for one in live["rollouts"]]
    assert again["usage"] == live["usage"]


def labels(folder: Path, *rows: tuple[str, str, str]) -> Path:
    """Labelled outcomes of the project's tasks."""
    path = folder / "labels.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("task", "output", "label"), *rows])
    return path


def test_a_judge_is_held_against_labels(project: TinyProject, server: ChatServer) -> None:
    """The figures, the four cells, the worst disagreement with its reason; for scripts the same as JSON."""
    good = [(f"train-{n}", "question PLEASE THANKS SIR", "pass") for n in range(8)]
    bad = [(f"val-{n}", "question", "fail") for n in range(7)]
    path = labels(project.folder, *good, *bad, ("test-1", "question PLEASE", "pass"))
    shown = ran("judge", project.toml, "--labels", path)
    assert "accuracy   0.938, 95 % interval 0.717 to 0.989 (both on the same side of 0.5)" in shown
    assert "kappa      0.875, 95 % interval" in shown
    assert "labelled good             8           1" in shown
    assert "labelled bad              0           7" in shown
    assert "test-1: labelled 1, judged 0\n    judge: it lacks THANKS" in shown
    told = json.loads(ran("judge", project.toml, "--labels", path, "--json"))
    assert (told["result"], told["metric"]) == ("judge", "openai/tiny judges by a rubric")
    assert told["agreements"][0]["confusion"] == {"both_good": 8, "only_label": 1, "only_judge": 0, "both_bad": 7}
    assert told["usage"]["calls"] == 16


def test_what_is_wrong_is_said_in_one_line(project: TinyProject, server: ChatServer) -> None:
    """Labels without a label, a task that is not there, a key that is not there, a rubric that says nothing."""
    path = labels(project.folder, ("train-1", "x", "so so"))
    said = ran("judge", project.toml, "--labels", path, code=ExitCode.INPUT)
    assert said == (
        f"error: {path}:2: the label 'so so' is no number from 0 to 1, and not good or bad in a word; write for "
        "instance 0.5, true, pass or fail\n"
    )
    path = labels(project.folder, ("train-99", "x", "1"))
    assert "there is no task `train-99`" in ran("judge", project.toml, "--labels", path, code=ExitCode.INPUT)
    path = labels(project.folder, ("train-1", "x", "1"))
    project.replace("TINY_KEY", "NO_KEY")
    said = ran("judge", project.toml, "--labels", path, code=ExitCode.INPUT)
    assert "[metric.judge] api_key_env: the environment has no NO_KEY" in said
    project.replace("NO_KEY", "TINY_KEY")
    project.replace("openai/tiny", "openai/gone")
    assert "error: " in ran("judge", project.toml, "--labels", path, code=ExitCode.MODEL)
    project.replace("The reply holds every word that was expected, in capitals.", " ")
    said = ran("judge", project.toml, "--labels", path, code=ExitCode.INPUT)
    assert "[metric]: the criterion `` says nothing" not in said
    assert "[metric]: the rubric says nothing; say what a good run does" in said


def test_tasks_come_from_a_table_with_columns_mapped(project: TinyProject, server: ChatServer) -> None:
    """`[tasks.columns]` in the file; a column that is not there is said with file, line and the nearest one."""
    tasks = [json.loads(line) for line in project.tasks.read_text().splitlines()]
    with (project.folder / "tasks.csv").open("w", newline="") as file:
        rows = [(task["id"], task["input"], json.dumps(task["expected"]), task["split"]) for task in tasks]
        csv.writer(file).writerows([("name", "question", "words", "part"), *rows])
    columns = '[tasks.columns]\nid = "name"\ninput = "question"\nexpected = "words"\nsplit = "part"'
    project.replace('file = "tasks.jsonl"', f'file = "tasks.csv"\n{columns}')
    told = json.loads(ran("evaluate", project.toml, "--json", "--quiet"))
    assert {one["task"] for one in told["rollouts"]} == {f"test-{n}" for n in range(8)}
    project.replace('input = "question"', 'input = "questoin"')
    said = ran("evaluate", project.toml, code=ExitCode.INPUT)
    assert "tasks.csv:2: there is no column `questoin`; did you mean `question`?" in said


def test_an_evaluator_of_others_is_named_in_the_file(project: TinyProject) -> None:
    """A function of their form scores; what is none is said before anything is run."""
    source = project.module("others")
    source.write_text(
        "async def thanks(outputs, reference_outputs):\n"
        "    missing = [word for word in reference_outputs if word not in outputs.split()]\n"
        "    return {'key': 'thanks', 'score': not missing, 'comment': ' '.join(missing)}\n"
        "def odd(context):\n"
        "    return 1\n"
    )
    text = project.toml.read_text()
    project.toml.write_text(
        re.sub(r"rubric = .*?(?=\[reflection\])", 'evaluator = "tiny_others:thanks"\n', text, flags=re.S)
    )
    told = json.loads(ran("evaluate", project.toml, "--json", "--quiet"))
    assert {one["feedback"] for one in told["rollouts"]} == {"PLEASE", "THANKS", "SIR PLEASE"}
    project.replace("tiny_others:thanks", "tiny_others:odd")
    said = ran("evaluate", project.toml, code=ExitCode.INPUT)
    assert "[metric] evaluator: `tiny_others:odd`: the evaluator `odd` needs `context`" in said
