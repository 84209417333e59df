"""`gepa-agents ingest` on recorded traces: what it shows, what it writes, what it makes of mistakes."""

import json
from pathlib import Path

import pytest
from gepa_agents_cli.app import app
from gepa_agents_cli.config import load
from gepa_agents_cli.errors import ExitCode
from gepa_agents_cli.project import stored
from typer.testing import CliRunner

from gepa_agents import Case, Task, TaskSuite
from gepa_agents.parts.feedback.evidence import evidence
from gepa_agents.words import rows
from gepa_agents.words.component import Component
from tests.journeys.cli_project import TinyProject, forgotten, write

FOLDER = Path(__file__).parents[1] / "traces"
OPENINFERENCE = (FOLDER / "openinference.jsonl.gz", FOLDER / "phoenix_annotations.jsonl")


def ran(*arguments: str | Path, code: int = 0) -> list[str]:
    """What the command printed to stdout; it ended with `code`."""
    outcome = CliRunner().invoke(app, ["ingest", *map(str, arguments)], catch_exceptions=False)
    assert outcome.exit_code == code, outcome.output
    return outcome.stdout.splitlines()


def test_it_shows_the_texts_and_the_mistakes_of_a_running_system():
    """Prompts with their slots and tools by node, findings with an example, scores, counts by convention; no model is
    called, for there is none."""
    shown = ran(*OPENINFERENCE)
    assert shown[:3] == [
        "2 files: 7 lines, 75 spans, 3 traces, 3 scores",
        "  OpenInference: 20 model calls, 10 tool runs, 31 node visits; 14 other spans",
        "3 runs, 0 failed; 3 scored, mean 0.667",
    ]
    assert "  researcher/model.system (tunable)" in shown
    assert "    You check facts in the handbook before the shop answers. Quote what you find." in shown
    assert any(line.startswith("  writer.system (slots slot_1") for line in shown)
    assert "  tools.search.description (used by executor)" in shown
    assert "  tool_error (executor, tool search): 1 run of 3" in shown
    assert any("no article matches 'unicorn'" in line for line in shown)


def test_several_conventions_are_read_together(tmp_path: Path):
    """Files of different vendors are one collection; the same questions are the same tasks."""
    tasks = tmp_path / "tasks.jsonl"
    files = [FOLDER / name for name in ("langsmith_runs.jsonl.gz", "langsmith_feedback.jsonl", "langfuse.binpb")]
    shown = ran(*files, *OPENINFERENCE, "--tasks", tasks)
    assert [line.split(":")[0].strip() for line in shown[1:4]] == ["Langfuse", "LangSmith", "OpenInference"]
    assert shown[-1] == f"wrote {tasks}: 3 tasks of 9 runs, 1 with an expected outcome"
    written = [json.loads(line) for line in tasks.read_text().splitlines()]
    assert [task.get("expected") for task in written] == [None, None, {"answer": "We have no unicorns."}]
    assert written[2]["input"] == {
        "messages": [{"role": "user", "content": "Do you have a unicorn?"}],
        "customer": "Bo Ek",
    }


def test_runs_are_written_as_evidence(tmp_path: Path):
    """Each line is a task and its rollout: a case that evidence for a reflection can be cut from as it is."""
    file = tmp_path / "runs.jsonl"
    assert ran(*OPENINFERENCE, "--trajectories", file)[-1] == f"wrote {file}: 3 runs"
    lines = file.read_text().splitlines()
    cases = [Case.model_validate_json(line) for line in lines]
    assert [Case.model_validate_json(line).task for line in lines] == [case.task for case in cases]
    executor = Component(name="executor.system", kind="prompt", text="You answer questions.", node="executor")
    told = evidence(executor, cases, tokens=4000)
    assert told is not None
    assert "no article matches 'unicorn'" in told.text
    assert "price: 0 (bad): no price" in told.text


def test_secrets_are_masked_in_what_is_written_for_a_model(tmp_path: Path):
    """Mail addresses and keys in production traces don't reach the file of runs; tasks keep them, for the agent gets
    what it got."""
    secret, mail = "sk-proj-" + "a1B2c3D4e5F6" * 4, "ada.lind@mailbox.org"
    traces, runs, tasks = tmp_path / "t.jsonl", tmp_path / "runs.jsonl", tmp_path / "tasks.jsonl"
    recorded = (FOLDER / "genai.jsonl").read_text()
    traces.write_text(recorded.replace("the lamp in dollars", f"the lamp for {mail} with {secret}"))
    ran(traces, "--trajectories", runs, "--tasks", tasks)
    assert mail in tasks.read_text()
    written = runs.read_text()
    assert mail not in written
    assert secret not in written
    assert "[email 1]" in written


def test_with_its_graph_more_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`--graph` reads the traces as `inspect` reads a probe: with the graph's own nodes and edges."""
    monkeypatch.chdir(FOLDER)
    shown = ran(*OPENINFERENCE, "--graph", "shop.py:build")
    assert "  executor → researcher, tools" in shown or "  executor → tools, researcher" in shown
    assert any(line.startswith("shop: ") for line in shown)
    assert "  planner.system (tunable)" in shown


def test_tasks_of_traces_are_tasks_of_a_run(tmp_path: Path):
    """From stored traces to a suite that a run takes."""
    project: TinyProject = write(tmp_path)
    spans = [
        {
            "traceId": f"{number + 1:032x}",
            "spanId": f"{number + 1:016x}",
            "name": "chat",
            "startTimeUnixNano": str(number + 1),
            "attributes": [
                {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
                {
                    "key": "gen_ai.input.messages",
                    "value": {
                        "stringValue": json.dumps(
                            [{"role": "user", "parts": [{"type": "text", "content": f"question {number}"}]}]
                        )
                    },
                },
            ],
        }
        for number in range(30)
    ]
    traces = tmp_path / "traces.json"
    traces.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}, indent=1))
    with forgotten():
        ran(traces, "--graph", project.toml, "--tasks", project.tasks)
        suite = TaskSuite.load(project.tasks)
    assert len(suite.train) + len(suite.val) + len(suite.test) == 30
    assert {task.input for task in suite.train} <= {f"question {number}" for number in range(30)}


def test_what_can_not_be_read_is_named_and_the_rest_is_shown(tmp_path: Path):
    """Foreign lines and files cost a line each, and never a traceback; it still ends with 0."""
    foreign = tmp_path / "app.log"
    foreign.write_text("".join(f"line {number}\n" for number in range(30)))
    shown = ran(foreign, FOLDER / "genai.jsonl")
    at = shown.index("skipped 30 lines")
    assert shown[at + 1] == f"  {foreign}:1: no JSON: Expecting value at column 1"
    assert shown[at + 11] == "  … and 20 more"
    assert any(line.startswith("  GenAI: 20 model calls") for line in shown)


def test_nothing_to_read_is_shown_as_nothing(tmp_path: Path):
    """Files without a trace: the counts say so, nothing fails, empty files are written."""
    foreign, tasks = tmp_path / "spans.jsonl", tmp_path / "tasks.jsonl"
    span = {"traceId": "1" * 32, "spanId": "2" * 16, "name": "GET /", "startTimeUnixNano": "1"}
    scope = {"name": "opentelemetry.instrumentation.requests"}
    foreign.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"scope": scope, "spans": [span]}]}]}))
    shown = ran(foreign, "--tasks", tasks)
    assert "  opentelemetry.instrumentation.requests: 1 span, none of them a step of an agent" in shown
    assert "  1 trace without a model call or tool run" in shown
    assert "findings: none" in shown
    assert tasks.read_text() == ""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nowhere.jsonl",), ExitCode.INPUT, "nowhere.jsonl can't be read"),
        ((OPENINFERENCE[0], "--tasks", "no/such/folder.jsonl"), ExitCode.INPUT, "can't be written (No such file"),
        ((OPENINFERENCE[1], "--tasks", OPENINFERENCE[1]), ExitCode.INPUT, "is one of the files to read"),
        ((OPENINFERENCE[1], "--tasks", "."), ExitCode.INPUT, "--tasks: . is a folder; name a file to write"),
        ((OPENINFERENCE[1], "--tasks", FOLDER), ExitCode.INPUT, f"{FOLDER} is a folder; name a file to write"),
        ((OPENINFERENCE[1], "--tasks", "x" * 300), ExitCode.INPUT, "can't be written (File name too long)"),
        ((OPENINFERENCE[1], "--tasks", "t.csv"), ExitCode.INPUT, "as JSON lines; name a file t.jsonl"),
        ((OPENINFERENCE[1], "--tasks", "a/t.JSON"), ExitCode.INPUT, "as JSON lines; name a file a/t.jsonl"),
        ((OPENINFERENCE[0], "--graph", "nowhere:graph"), ExitCode.AGENT, "there is no module `nowhere`"),
    ],
)
def test_a_mistake_is_one_sentence(arguments: tuple[str | Path, ...], code: int, said: str):
    """What happened, where, and what to do."""
    outcome = CliRunner().invoke(app, ["ingest", *map(str, arguments)])
    assert outcome.exit_code == code
    assert said in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("tasks", "runs"),
    [("same.jsonl", "same.jsonl"), ("same.jsonl", "here/../same.jsonl"), ("linked.jsonl", "there.jsonl")],
)
def test_tasks_and_runs_need_a_file_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tasks: str, runs: str
) -> None:
    """However the one file is spelt, nothing is written over something else; what was there stays."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    (tmp_path / "there.jsonl").write_text("kept")
    (tmp_path / "linked.jsonl").symlink_to("there.jsonl")
    outcome = CliRunner().invoke(app, ["ingest", str(OPENINFERENCE[0]), "--tasks", tasks, "--trajectories", runs])
    assert outcome.exit_code == ExitCode.INPUT
    assert outcome.stderr == f"error: --tasks and --trajectories both name {runs}; name a file for each\n"
    assert (tmp_path / "there.jsonl").read_text() == "kept"
    assert not (tmp_path / "same.jsonl").exists()


def test_what_is_read_is_not_written_over_by_way_of_its_part(tmp_path: Path) -> None:
    """A file is written under another name first; that name is not one of the files to read."""
    part = tmp_path / "tasks.jsonl.part"
    part.write_bytes(OPENINFERENCE[0].read_bytes())
    outcome = CliRunner().invoke(app, ["ingest", str(part), "--tasks", str(tmp_path / "tasks.jsonl")])
    assert (outcome.exit_code, "is one of the files to read" in outcome.stderr) == (ExitCode.INPUT, True)
    assert part.read_bytes() == OPENINFERENCE[0].read_bytes()


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x1c", "\r"])
def test_what_is_written_is_read_again(tmp_path: Path, separator: str) -> None:
    """Characters that some call line ends stand in a text, and stay there; in tasks as in runs."""
    question = json.dumps([{"role": "user", "parts": [{"type": "text", "content": f"one{separator}two"}]}])
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": question}
    spans = [
        {
            "traceId": f"{number + 1:032x}",
            "spanId": "1" * 16,
            "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()],
        }
        for number in range(3)
    ]
    project = write(tmp_path)
    (tmp_path / "t.json").write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}))
    runs, tasks = tmp_path / "runs.jsonl", tmp_path / "new.jsonl"
    ran(tmp_path / "t.json", "--tasks", tasks, "--trajectories", runs)
    (task,) = (Task.model_validate(row.value) for row in rows.read(tasks))
    assert task.input == f"one{separator}two"
    project.replace("[reflection]", '[reflection]\ntraces = "runs.jsonl"')
    assert [case.task.input for case in stored(load(project.toml))] == [f"one{separator}two"] * 3
