"""`[calls]`, `--record` and `--replay`: which recording a command works with."""

import json
import re
from pathlib import Path

import pytest
from gepa_agents_cli.app import app
from gepa_agents_cli.calls import Chosen, opened
from gepa_agents_cli.config import Project, load
from typer.testing import CliRunner

from gepa_agents import ConfigError, Recording
from tests.journeys.cli_project import TinyProject, forgotten, write


@pytest.fixture
def tiny(tmp_path: Path) -> TinyProject:
    """A tiny project."""
    return write(tmp_path, "tiny_calls")


def project(tiny: TinyProject, calls: str) -> Project:
    """The project with this table."""
    tiny.toml.write_text(f"{tiny.toml.read_text()}\n[calls]\n{calls}\n")
    return load(tiny.toml)


def modes(recording: Recording | None) -> tuple[str, str] | None:
    """Those for models and for tools; closes it."""
    if recording is None:
        return None
    recording.close()
    return recording.rules.models, recording.rules.tools


def test_without_a_file_nothing_is_recorded(tiny: TinyProject):
    """Whatever else stands there."""
    assert opened(load(tiny.toml), Chosen()) is None
    assert opened(project(tiny, 'mode = "fill"'), Chosen()) is None


def test_the_table_says_what_is_done_with_which_file(tiny: TinyProject):
    """The file lies next to `gepa.toml`."""
    recording = opened(project(tiny, 'file = "c.jsonl"\nmodels = "live"\nmode = "fill"'), Chosen())
    assert modes(recording) == ("live", "fill")
    assert (tiny.folder / "c.jsonl").exists()


def test_the_command_line_goes_first(tiny: TinyProject, tmp_path: Path):
    """A replay leaves nothing live that the file does not name; a recording records both."""
    file = tmp_path / "other.jsonl"
    table = project(tiny, 'file = "c.jsonl"\nmodels = "live"\nlive = ["search"]')
    assert modes(opened(table, Chosen(record=file))) == ("record", "record")
    recording = opened(table, Chosen(replay=file))
    assert recording is not None
    assert recording.rules.mode("tool", "search") == "live"
    assert modes(recording) == ("replay", "replay")
    with pytest.raises(ConfigError, match="exclude each other"):
        opened(table, Chosen(file, file))


def test_a_simulator_is_a_function_of_the_projects(tiny: TinyProject):
    """Named as every function there; what can't be called is refused."""
    (tiny.folder / "tiny_simulators.py").write_text("def answer(call):\n    return 'simulated'\n\n\nwrong = 5\n")
    with forgotten():
        given = project(tiny, 'file = "c.jsonl"\nmode = "fill"\nmissing = "tiny_simulators:answer"')
        recording = opened(given, Chosen())
        assert recording is not None
        assert recording.rules.simulator is not None
        recording.close()
        tiny.replace("tiny_simulators:answer", "tiny_simulators:wrong")
        with pytest.raises(ConfigError, match="`tiny_simulators:wrong` is no function"):
            opened(load(tiny.toml), Chosen())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('mode = "play"', "[calls] mode"),
        ('file = "c.jsonl"\nmissing = "ignore"', "missing='ignore'"),
        ('file = "c.jsonl"\nvolatile = ["("]', "no regular expression"),
        ('modes = "live"', "did you mean mode"),
    ],
)
def test_mistakes_are_one_sentence(tiny: TinyProject, line: str, said: str):
    """Before anything is run."""
    with pytest.raises(ConfigError, match=re.escape(said)):
        opened(project(tiny, line), Chosen())


def test_a_script_reads_json_and_people_the_count(tiny: TinyProject):
    """With `--json` stdout stays JSON; without it, the last line counts the calls."""
    with forgotten():
        first = CliRunner().invoke(app, ["evaluate", str(tiny.toml), "--record", str(tiny.folder / "c.jsonl")])
        assert first.exit_code == 0, first.output
        assert re.search(r"^calls +8 recorded \(", first.stdout, re.M)
        again = CliRunner().invoke(
            app, ["evaluate", str(tiny.toml), "--replay", str(tiny.folder / "c.jsonl"), "--json"]
        )
    assert again.exit_code == 0, again.output
    assert all(json.loads(line) for line in again.stdout.splitlines())
