"""`export` from a finished run: each form, to a file or to stdout, and what the user is told beside it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from gepa_agents_cli.app import app
from gepa_agents_cli.errors import ExitCode
from typer.testing import CliRunner, Result

from gepa_agents import GraphConfig
from tests.journeys.cli_project import TinyProject, forgotten, write

OWN = "Answer the question."
MAIN = "from gepa_agents_cli import main; main()"


def ran(*arguments: str | Path, code: int = 0) -> Result:
    """A command that ended with `code`."""
    outcome = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert outcome.exit_code == code, outcome.output
    return outcome


def python(code: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in a process of its own, which imports the project anew."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[TinyProject]:
    """A project that was tuned, in a git repository."""
    with forgotten():
        project = write(tmp_path)
        subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
        (tmp_path / ".gitignore").write_text("runs/\n__pycache__/\n")
        ran("optimize", project.toml, "--quiet")
        yield project


def test_a_patch_makes_the_repository_the_tuned_agent(project: TinyProject) -> None:
    """Exported, applied with git, evaluated anew: the agent as it stands scores as the tuned one did."""
    patch = project.folder / "tuned.patch"
    said = ran("export", project.runs, "--format", "patch", "--set", f"root={project.folder}", "-o", patch)
    assert f"wrote {patch}" in said.stdout
    place = f"{project.module('agent').name}:37"
    assert said.stderr == f"note: in the patch, for `git apply` in {project.folder}: `answer.system` at {place}\n"
    before = project.module("agent").read_text()
    subprocess.run(["git", "apply", patch.name], cwd=project.folder, check=True)
    tuned = GraphConfig.load(project.runs / "tuned.yaml").texts["answer.system"]
    assert project.module("agent").read_text() == before.replace(OWN, tuned)
    scored = python(f"import sys; sys.argv[1:] = ['evaluate', {str(project.toml)!r}, '--json', '--quiet']; {MAIN}")
    assert json.loads(scored.stdout.splitlines()[-1])["mean"] == 1.0
    again = ran("export", project.runs, "--format", "patch", "--set", f"root={project.folder}", code=ExitCode.INPUT)
    assert "no text can be patched: `answer.system`" in again.stderr
    # The saved candidate is for the agent that it was; its text has no place to go any more.
    graph, file = f"{project.module('agent')}:graph", str(project.runs / "tuned.yaml")
    refused = python(
        "from gepa_agents_langgraph import wrap; from gepa_agents import GraphConfig; "
        f"wrap({graph!r}).apply(GraphConfig.load({file!r}))"
    )
    assert f"`answer.system` was '{OWN}', now it is '{tuned[:40]}" in refused.stderr


def test_every_form_is_written_of_any_candidate(project: TinyProject) -> None:
    """The same candidate as YAML, JSON, assistant and LangSmith prompts; the baseline too."""
    as_yaml = ran("export", project.runs).stdout
    as_json = ran("export", project.runs, "--format", "json").stdout
    assert yaml.safe_load(as_yaml) == json.loads(as_json)
    assistant = json.loads(
        ran("export", project.runs, "--format", "langgraph-assistant", "--set", "graph_id=desk").stdout
    )
    document = json.loads(as_json)
    assert assistant["graph_id"] == "desk"
    assert assistant["config"]["configurable"]["promptset"] == document["config"]["configurable"]["promptset"]
    prompts = json.loads(ran("export", project.runs, "--format", "langsmith", "--choose", "shortest prompt").stdout)
    assert (
        prompts["candidate"]
        == json.loads(ran("export", project.runs, "--format", "json", "--candidate", "0").stdout)["metadata"][
            "candidate"
        ]
    )
    result = json.loads(ran("export", project.runs, "--format", "langsmith", "--json").stdout)
    assert json.loads(result["text"])["candidate"] == document["metadata"]["candidate"]


def test_json_is_written_where_the_name_says_so(project: TinyProject) -> None:
    """Without a format the ending of the output decides; both are loaded."""
    file = project.folder / "deep" / "tuned.json"
    ran("export", project.runs, "-o", file)
    assert json.loads(file.read_text())["schema"] == "gepa-agents/1"
    assert GraphConfig.load(file) == GraphConfig.load(project.runs / "tuned.yaml")


MISTAKES = {
    "--format ymal": "no form `ymal` to export to; did you mean `yaml`? there are json, langgraph-assistant, ",
    "--format yaml --set root=x": "the form `yaml` has no option `root`; it takes none",
    "--format patch --set rot=x": "has no option `rot`; it takes root, paths",
    "--format patch --set root": "--set root: write NAME=VALUE",
    "--format patch --candidate 0": "nothing to patch: the candidate is the agent as it stands",
}


def test_mistakes_are_answered_in_a_sentence(project: TinyProject) -> None:
    """What is not known is named, with what is."""
    for arguments, says in MISTAKES.items():
        said = ran("export", project.runs, *arguments.split(), code=ExitCode.INPUT).stderr
        assert says in said
        assert said.count("\n") == 1
