"""Laws of the command line: whatever stands in a file that a user writes, it is taken, or refused in one sentence.

`FUZZ=5000` in the environment tries so many files for each law instead of a few.
"""

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from gepa_agents_cli.app import app
from gepa_agents_cli.config import load
from gepa_agents_cli.errors import ExitCode
from gepa_agents_cli.project import stored
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from gepa_agents import Case, GraphConfig, Rollout, Score, Task
from gepa_agents.words.component import Component, Slot
from gepa_agents.words.errors import ConfigError
from tests.journeys.cli_project import TinyProject, forgotten, write
from tests.odd_values import replaced, values

thorough = settings(
    max_examples=int(os.environ.get("FUZZ", "25")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
odds = st.lists(st.tuples(st.integers(0, 2**32), values), max_size=3)
PIECES = """[ ] { } = : , " ' a [agent] graph input &a *a - | << ? !!int !!python/name:os.system 0x 1e9 2024-01-01 # id
"x": null"""
pieces = st.lists(st.sampled_from([*PIECES.split(), "\n", " ", "\t", ": ", "- ", "|\n"]), max_size=30).map("".join)
anything = (
    st.text(max_size=60) | pieces | st.sampled_from(["[" * 5000, "{a: " * 5000, '{"a":' * 5000, "x = " + "[" * 5000])
)
anything |= anything.map(lambda text: f"\ufeff{text}")
TABLES = {
    "agent": {"graph": "tiny_agent:graph", "config": {"recursion_limit": 25, "configurable": {"a": 1}}},
    "tasks": {
        "file": "tasks.jsonl",
        "columns": {"id": "id", "input": "input", "expected": "expected", "split": "split"},
    },
    "metric": {"function": "tiny_judge:score"},
    "reflection": {"function": "tiny_judge:reflect"},
    "budget": {"rollouts": 120, "usd": 1.5, "seconds": 60},
    "run": {"folder": "runs"},
    "settings": {"seed": 1, "minibatch": 3, "components": ["*"], "mask": ["emails"], "rollout_timeout": 9.0},
    "calls": {"mode": "record", "models": "live", "missing": "stop", "live": ["a*"], "volatile": ["[0-9]+"]},
    "prices": {"m": {"input": 1, "output": 2}},
}
OWN = Component(
    name="answer.system", kind="prompt", text="Answer the question.", node="answer", slots=(Slot(name="a"),)
)
CANDIDATE = GraphConfig(
    components=(OWN.model_copy(update={"slots": ()}),), texts={OWN.name: "Say PLEASE.\nTwice."}, metadata={"score": [1]}
)
TASKS = [
    {"id": f"t{number}", "input": f"q {number}", "expected": ["SIR"], "metadata": {"a": [1]}, "split": split}
    for number, split in enumerate(("train", "val", "test"))
]
LABELLED = [{"input": "q", "output": "q SIR", "expected": ["SIR"], "label": label, "why": "w"} for label in (1, "pass")]
RUN = Case(
    task=Task(id="t", input="q"),
    rollout=Rollout(candidate="c", task="t", output={"a": [1]}, score=Score(value=0.5, feedback="short")),
).model_dump(mode="json")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyProject]:
    """A project whose files are written over and over."""
    with forgotten():
        yield write(tmp_path_factory.mktemp("project"))


def whole(*arguments: str | Path) -> int:
    """Run a command; it ends well, or with one sentence and a code that means something. Returns the code."""
    outcome = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
    assert "Traceback" not in outcome.output
    if outcome.exit_code != ExitCode.OK:
        assert outcome.exit_code in (ExitCode.INPUT, ExitCode.AGENT, ExitCode.MODEL), outcome.stderr
        (line,) = outcome.stderr.splitlines()
        assert line.startswith("error: ")
    return outcome.exit_code


def toml(value: Any) -> str:
    """A value in TOML, or in what comes nearest to it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value).replace("NaN", "nan").replace("Infinity", "inf").replace("null", '""')


def tables(document: Any) -> str:
    """A document of tables in TOML."""
    found = document if isinstance(document, dict) else {"x": document}
    return "".join(f"{json.dumps(key)} = {toml(value)}\n" for key, value in found.items())


@thorough
@given(text=anything | odds.map(lambda odds: tables(replaced(TABLES, odds))))
def test_any_gepa_toml_is_taken_or_refused(project: TinyProject, text: str) -> None:
    """Any text, and the tables that there are with any value in any key."""
    project.toml.write_text(text, encoding="utf-8", errors="surrogatepass")
    whole("inspect", project.toml)
    whole("evaluate", project.toml)


@thorough
@given(content=st.binary(max_size=80))
def test_any_bytes_are_refused(project: TinyProject, content: bytes) -> None:
    """What is no text is refused wherever a file is read."""
    file = project.folder / "file"
    file.write_bytes(content)
    assert whole("evaluate", file) == ExitCode.INPUT
    assert whole("diff", "baseline", file) == ExitCode.INPUT
    for name, ending in (("candidate", "yaml"), ("candidate", "json"), ("t", "jsonl"), ("t", "json"), ("t", "csv")):
        named = project.folder / f"{name}.{ending}"
        named.write_bytes(content)
        whole("diff", "baseline", named) if name == "candidate" else _evaluated(project, named)


def _evaluated(project: TinyProject, tasks: Path) -> int:
    project.toml.write_text(tables(TABLES).replace("tasks.jsonl", tasks.name))
    return whole("evaluate", project.toml)


@thorough
@given(
    text=anything
    | odds.map(lambda odds: json.dumps(replaced(CANDIDATE.document(), odds)))
    | odds.map(lambda odds: yaml.safe_dump(replaced(CANDIDATE.document(), odds), allow_unicode=True)),
    ending=st.sampled_from(["yaml", "json"]),
)
def test_any_candidate_is_taken_or_refused(project: TinyProject, text: str, ending: str) -> None:
    """Any text, and a saved candidate with any value in any place; as YAML and as JSON."""
    file = project.folder / f"tuned.{ending}"
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    project.toml.write_text(tables(TABLES))
    for command in (("diff", "baseline", file), ("diff", file, file), ("evaluate", project.toml, "--candidate", file)):
        whole(*command)


def written(rows: Any, ending: str) -> str:
    """Rows in a form of a file of tasks."""
    found = rows if isinstance(rows, list) else [rows]
    if ending == "json":
        return json.dumps(rows)
    if ending == "jsonl":
        return "".join(json.dumps(row) + "\n" for row in found)
    names = list(dict.fromkeys(name for row in found if isinstance(row, dict) for name in row))
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(names)
    for row in found:
        cells = [row.get(name) for name in names] if isinstance(row, dict) else [row]
        table.writerow([cell if isinstance(cell, str) else json.dumps(cell) for cell in cells])
    return file.getvalue()


def _file(rows: list[Any]) -> st.SearchStrategy[tuple[str, str]]:
    endings = st.sampled_from(["jsonl", "json", "csv", "tsv"])
    of_rows = st.builds(lambda odds, ending: (written(replaced(rows, odds), ending), ending), odds, endings)
    return of_rows | st.tuples(anything, endings)


@thorough
@given(file=_file(TASKS), columns=st.booleans())
def test_any_tasks_are_taken_or_refused(project: TinyProject, file: tuple[str, str], columns: bool) -> None:
    """Any text, and tasks with any value in any place; as JSON lines, a JSON list and a table."""
    text, ending = file
    (project.folder / f"new.{ending}").write_text(text, encoding="utf-8", errors="surrogatepass")
    kept = TABLES if columns else TABLES | {"tasks": {"file": "tasks.jsonl"}}
    project.toml.write_text(tables(kept).replace("tasks.jsonl", f"new.{ending}"))
    whole("evaluate", project.toml)


@thorough
@given(file=_file(LABELLED))
def test_any_labels_are_taken_or_refused(project: TinyProject, file: tuple[str, str]) -> None:
    """Any text, and labelled runs with any value in any place."""
    text, ending = file
    labels = project.folder / f"labels.{ending}"
    labels.write_text(text, encoding="utf-8", errors="surrogatepass")
    project.toml.write_text(tables(TABLES))
    whole("judge", project.toml, "--labels", labels)


@thorough
@given(text=anything | odds.map(lambda odds: written([RUN, replaced(RUN, odds)], "jsonl")))
def test_any_stored_runs_are_taken_or_refused(project: TinyProject, text: str) -> None:
    """Any text, and runs of before with any value in any place; the line is named."""
    (project.folder / "before.jsonl").write_text(text, encoding="utf-8", errors="surrogatepass")
    project.toml.write_text(tables(TABLES | {"reflection": {"function": "a:b", "traces": "before.jsonl"}}))
    error = None
    try:
        found = stored(load(project.toml))
    except ConfigError as raised:
        error = raised
    else:
        assert [Case.model_validate_json(run.model_dump_json()) for run in found] == found
    assert error is None or "before.jsonl" in str(error)


def test_what_the_laws_change_is_sound_before(project: TinyProject) -> None:
    """Without a change each of these files is taken: what is refused above is refused for its change."""
    written_files = {
        "tasks.jsonl": written(TASKS, "jsonl"),
        "labels.jsonl": written(LABELLED, "jsonl"),
        "before.jsonl": written([RUN], "jsonl"),
        "tuned.yaml": CANDIDATE.to_yaml(),
        "gepa.toml": tables(TABLES | {"reflection": {"function": "a:b", "traces": "before.jsonl"}}),
    }
    for name, text in written_files.items():
        (project.folder / name).write_text(text)
    assert whole("inspect", project.toml) == ExitCode.OK
    assert whole("evaluate", project.toml, "--candidate", project.folder / "tuned.yaml") == ExitCode.OK
    assert whole("judge", project.toml, "--labels", project.folder / "labels.jsonl") == ExitCode.OK
    assert len(stored(load(project.toml))) == 1
