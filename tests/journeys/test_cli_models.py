"""The reflection model of a `gepa.toml` over real HTTP: it works, or it is found out before a rollout is paid for."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gepa_agents_cli.app import app
from gepa_agents_cli.errors import ExitCode
from typer.testing import CliRunner

from gepa_agents.parts.runs.journal import read
from tests.chat_server import ChatServer, Failure, Reply
from tests.journeys.cli_project import TinyProject, forgotten, write

SETTINGS = 'model = "openai/tiny"\napi_base = "{url}"\napi_key_env = "TINY_KEY"\nretries = 0\ntimeout = 20'


def reflect(prompt: str) -> Reply:
    """Adds the words that the evidence speaks of."""
    words = " ".join(word for word in ("PLEASE", "THANKS", "SIR") if word in prompt)
    return Reply(f"<diagnosis>Words.</diagnosis><text>Answer the question. {words}</text>", prompt_tokens=1000)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """A chat server that reflects."""
    with ChatServer(answer=reflect) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyProject]:
    """A project whose reflection model is behind the server."""
    monkeypatch.setenv("TINY_KEY", server.key)
    with forgotten():
        project = write(tmp_path)
        project.replace('function = "tiny_judge:reflect"', SETTINGS.format(url=server.url))
        yield project


def rollouts(project: TinyProject) -> int:
    """How many rollouts the run folder holds."""
    with read(project.runs) as journal:
        return len(list(journal.calls("rollout/")))


def test_a_model_over_http_tunes_the_agent(project: TinyProject, server: ChatServer) -> None:
    """Address, key and options of the file reach the server; its tokens are on the bill, its price from the file."""
    with project.toml.open("a") as file:
        file.write('[prices.obedient]\ninput = 0\noutput = 0\n[prices."openai/tiny"]\ninput = 1000\noutput = 0\n')
    project.replace("retries = 0", "retries = 0\nmax_tokens = 77\ntemperature = 0.5")
    outcome = CliRunner().invoke(app, ["optimize", str(project.toml)])
    assert outcome.exit_code == 0, outcome.output
    assert "reflection  openai/tiny" in outcome.stdout
    assert "a significant gain on tasks that nothing was tuned on" in outcome.stdout
    assert {(one["max_tokens"], one["temperature"]) for one in server.requests} == {(77, 0.5)}
    spent = next(line for line in outcome.stdout.splitlines() if line.startswith("spent"))
    assert spent.endswith(f"${len(server.requests)}.00, {spent.split()[-2]} s")
    assert server.key not in outcome.output


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"openai/tiny"', '"openai/huge"', "does not exist"),
        ('"TINY_KEY"', '"PATH"', "key"),
    ],
)
def test_a_wrong_model_or_key_costs_no_rollout(project: TinyProject, old: str, new: str, said: str) -> None:
    """The first question finds it out; the sentence names it, never the key."""
    project.replace(old, new)
    outcome = CliRunner().invoke(app, ["optimize", str(project.toml)])
    assert outcome.exit_code == ExitCode.MODEL
    assert len(outcome.stderr.splitlines()) == 1
    assert said in outcome.stderr
    assert "nothing has been spent on rollouts yet" in outcome.stderr
    assert rollouts(project) == 0


def test_a_dead_server_costs_no_rollout(project: TinyProject, server: ChatServer) -> None:
    """A server that only fails is out of reach, and said to be."""
    server.script(Failure(500))
    outcome = CliRunner().invoke(app, ["optimize", str(project.toml)])
    assert outcome.exit_code == ExitCode.MODEL
    assert rollouts(project) == 0


def test_a_key_that_is_not_there_is_missed_at_once(project: TinyProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment variable is named."""
    monkeypatch.delenv("TINY_KEY")
    outcome = CliRunner().invoke(app, ["optimize", str(project.toml)])
    assert outcome.exit_code == ExitCode.INPUT
    assert "[reflection] api_key_env: the environment has no TINY_KEY" in outcome.stderr


def test_a_name_that_no_vendor_has(project: TinyProject) -> None:
    """A model without a provider is refused before anything is paid for."""
    project.replace('"openai/tiny"', '"nonsense"')
    outcome = CliRunner().invoke(app, ["optimize", str(project.toml)])
    assert outcome.exit_code in (ExitCode.INPUT, ExitCode.MODEL)
    assert "nonsense" in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1


def test_a_model_that_dies_on_the_way_leaves_what_was_found(project: TinyProject, server: ChatServer) -> None:
    """The run ends with the model's exit code, and with a result."""
    server.script(Reply("ready"), Failure(500))
    outcome = CliRunner().invoke(app, ["optimize", str(project.toml)])
    assert outcome.exit_code == ExitCode.MODEL
    assert "the search stopped early" in outcome.stderr
    assert (project.runs / "tuned.yaml").is_file()
    again = CliRunner().invoke(app, ["optimize", str(project.toml)])
    assert again.exit_code == 0, again.output
    assert "a significant gain on tasks that nothing was tuned on" in again.stdout
    assert sys.modules["litellm"]
