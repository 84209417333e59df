"""For scripts: `--json` on every command gives JSON on stdout and nothing else, `--quiet` only what it came to."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gepa_agents_cli.app import app
from gepa_agents_cli.documents import (
    Differences,
    Evaluated,
    Exported,
    Failure,
    Ingested,
    Inspected,
    Optimized,
)
from gepa_agents_cli.errors import ExitCode
from pydantic import TypeAdapter
from typer.main import get_command
from typer.testing import CliRunner

from gepa_agents import Event
from tests.journeys.cli_project import TinyProject, forgotten, write

TRACES = Path(__file__).parents[1] / "traces" / "genai.jsonl"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[TinyProject]:
    """A project of its own, whose agent and metric print what they are about to do."""
    with forgotten():
        tiny = write(tmp_path)
        for name in ("agent", "judge"):
            module = tiny.module(name)
            module.write_text(
                "print('loading')\n" + module.read_text().replace("    missing =", "    print('hm')\n    missing =")
            )
        yield tiny


def ran(*arguments: str | Path, code: int = 0) -> tuple[list[str], str]:
    """Lines on stdout, and stderr, of a command that ended with `code`."""
    outcome = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert outcome.exit_code == code, outcome.output
    return outcome.stdout.splitlines(), outcome.stderr


def result(*arguments: str | Path) -> dict[str, Any]:
    """The result of a command, which is all that it printed."""
    lines, _ = ran(*arguments, "--json")
    assert len(lines) == 1
    found: dict[str, Any] = json.loads(lines[0])
    assert found["result"] == arguments[0]
    return found


def test_a_run_is_events_and_then_its_result(project: TinyProject) -> None:
    """Each line but the last is an event as the public page has it; what user code prints is on stderr."""
    lines, said = ran("optimize", project.toml, "--json")
    events = [TypeAdapter[Event](Event).validate_json(line) for line in lines[:-1]]
    kinds = [event.event for event in events]
    assert {"baseline", "progress", "accepted", "stopped", "tested"} <= set(kinds)
    ended = Optimized.model_validate_json(lines[-1])
    assert ended.verdict == "gain"
    assert ended.test == events[-1]
    assert ended.chosen.texts
    assert ended.tuned == f"{project.runs}/tuned.yaml"
    assert "loading" in said
    assert "hm" in said

    again, _ = ran("optimize", project.toml, "--json", "--quiet")
    assert [Optimized.model_validate_json(line).chosen for line in again] == [ended.chosen]


def test_every_other_command_is_one_document(project: TinyProject) -> None:
    """Inspect, evaluate, export, diff and ingest each print the record that is documented."""
    ran("optimize", project.toml, "--quiet")
    tuned, file = project.runs / "tuned.yaml", project.folder / "first.json"
    looked = Inspected.model_validate(result("inspect", project.toml, "--probe", "what?"))
    assert (looked.tunable, looked.probed) == (("answer.system",), 1)
    lines, _ = ran("evaluate", project.toml, "--candidate", tuned, "--json")
    evaluated = Evaluated.model_validate_json(lines[-1])
    assert (evaluated.mean, len(evaluated.rollouts), evaluated.rollouts[0].feedback) == (1.0, 8, "right")
    exported = Exported.model_validate(result("export", project.runs))
    assert isinstance(exported.document, dict)
    assert exported.document["schema"] == "gepa-agents/1"
    assert Exported.model_validate(result("export", project.runs, "-o", file)).file == str(file)
    (change,) = Differences.model_validate(result("diff", "baseline", tuned)).changes
    assert change.before == "Answer the question."
    assert "PLEASE" in change.after
    ingested = Ingested.model_validate(result("ingest", TRACES))
    assert ingested.runs == 3


def test_an_error_is_json_on_stderr(project: TinyProject) -> None:
    """Stdout stays empty; the exit code is the same as without."""
    project.replace("tiny_agent:graph", "nowhere:graph")
    lines, said = ran("optimize", project.toml, "--json", code=ExitCode.AGENT)
    failure = Failure.model_validate_json(said.splitlines()[-1])
    assert lines == []
    assert (failure.error.kind, failure.error.code) == ("AgentError", ExitCode.AGENT)
    assert "there is no module `nowhere`" in failure.error.message


def test_quiet_says_only_what_it_came_to(project: TinyProject) -> None:
    """No estimate, no progress: the verdict, the bill, the diff and the paths."""
    lines, _ = ran("optimize", project.toml, "--quiet")
    text = "\n".join(lines)
    assert "a significant gain on tasks that nothing was tuned on" in lines
    assert not any(word in text for word in ("estimate", "baseline:", "accepted", "rollouts for"))
    lines, _ = ran("evaluate", project.toml, "-q")
    assert [line.split()[0] for line in lines] == ["hm"] * 8 + [
        "score",
        "rollouts",
        "cost",
        "latency",
    ]


def test_no_command_was_forgotten() -> None:
    """Each command takes `--json`."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    for name, command in commands.items():
        assert "--json" in {option for one in command.params for option in one.opts}, name


def test_processes_that_the_agent_starts_print_elsewhere(project: TinyProject) -> None:
    """Stdout of the real process holds JSON alone, even when a tool's child process writes to its own stdout."""
    module = project.module("judge")
    module.write_text("import os\n" + module.read_text().replace("print('hm')", "os.system('echo child')"))
    done = subprocess.run(
        [sys.executable, "-c", "from gepa_agents_cli import main; main()", "evaluate", "gepa.toml", "--json", "-q"],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Evaluated.model_validate_json(done.stdout).mean == 0
    assert done.stderr.count("child\n") == 8
