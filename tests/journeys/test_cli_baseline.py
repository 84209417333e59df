"""`evaluate --baseline` on a real graph: the words, the exit code, JSON, and what can be got wrong."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gepa_agents_cli.app import app
from gepa_agents_cli.documents import Evaluated
from gepa_agents_cli.errors import ExitCode
from typer.testing import CliRunner

from gepa_agents.words.component import Component
from gepa_agents.words.graph_config import GraphConfig
from tests.journeys.cli_project import TinyProject, forgotten, write

OWN = Component(name="answer.system", kind="prompt", text="Answer the question.", node="answer")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[TinyProject]:
    """A project with three candidates: `good` solves every task, `half` most of them, `idle` none."""
    with forgotten():
        made = write(tmp_path)
        made.toml.write_text(f'{made.toml.read_text()}\n[prices."obedient"]\ninput = 1.0\noutput = 1.0\n')
        for name, words in (("good", "PLEASE THANKS SIR"), ("half", "PLEASE SIR"), ("idle", "HELLO")):
            texts = {OWN.name: f"{OWN.text} {words}"}
            GraphConfig(components=(OWN,), texts=texts).save(tmp_path / f"{name}.yaml")
        yield made


def ran(project: TinyProject, *arguments: str | Path, code: int = 0) -> list[str]:
    """What `evaluate` printed; it ended with `code`."""
    outcome = CliRunner().invoke(app, ["evaluate", str(project.toml), *map(str, arguments)], catch_exceptions=False)
    assert outcome.exit_code == code, outcome.output
    return (outcome.stdout or outcome.stderr).splitlines()


def test_a_better_candidate_passes(project: TinyProject) -> None:
    """Against the agent as it stands: both sides are run, and the gains are named."""
    said = ran(project, "--candidate", project.folder / "good.yaml", "--baseline", "baseline", "--fail-if-worse")
    assert "the agent as it stands on 8 tasks of test" in said
    spread = "difference +1.000, 95 % interval +0.261 to +1.000"
    assert f"score      0.000 → 1.000, {spread} (paired by task; 8 tasks, 1 repeat)" in said
    assert "gained     test-0: 0.000 → 1.000" in said
    assert said[-1] == "better: the whole interval of the difference lies above 0"


def test_a_worse_candidate_fails_with_an_exit_code_of_its_own(project: TinyProject) -> None:
    """Only with `--fail-if-worse`; the lost tasks are named either way, and each task counts once however repeated."""
    sides = ("--candidate", project.folder / "half.yaml", "--baseline", project.folder / "good.yaml", "--repeats", "2")
    assert ran(project, *sides)[-1].startswith("worse: ")
    said = ran(project, *sides, "--fail-if-worse", code=ExitCode.WORSE)
    assert [line for line in said if line.startswith("lost")] == [
        f"lost       test-{number}: 1.000 → 0.000" for number in (1, 4, 7)
    ]
    assert "same       5 tasks" in said
    assert any("8 tasks, 2 repeats" in line for line in said)
    assert said[-1] == "worse: the whole interval of the difference lies below 0"


def test_no_difference_says_what_could_have_gone_unseen(project: TinyProject) -> None:
    """The same scores on eight tasks are no proof: a loss of a third may be hidden; the gate lets it pass."""
    good = project.folder / "good.yaml"
    GraphConfig(components=(OWN,), texts={OWN.name: f"{OWN.text} SIR PLEASE THANKS"}).save(
        project.folder / "other.yaml"
    )
    said = ran(project, "--candidate", project.folder / "other.yaml", "--baseline", good, "--fail-if-worse")
    assert said[-1] == (
        "no significant difference: the interval includes 0; with so many tasks, a loss of up to 0.369 could have gone "
        "unseen"
    )


def test_json_has_both_sides_and_the_comparison(project: TinyProject) -> None:
    """The result is the candidate's evaluation, with the baseline's and the comparison in it; the exit code is the
    same."""
    lines = ran(
        *(project, "--baseline", project.folder / "good.yaml", "--fail-if-worse", "--json", "--quiet"),
        code=ExitCode.WORSE,
    )
    found = Evaluated.model_validate_json(lines[-1])
    assert len(lines) == 1
    assert (found.candidate, found.mean) == (None, 0.0)
    assert found.baseline is not None
    assert (found.baseline.candidate, found.baseline.mean) == (str(project.folder / "good.yaml"), 1.0)
    assert found.comparison is not None
    assert (found.comparison.verdict, len(found.comparison.lost)) == ("worse", 8)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--fail-if-worse",), "--fail-if-worse needs something to be worse than; name it with --baseline"),
        (("--baseline", "baseline"), "both sides are the agent as it stands; name a saved candidate with --candidate"),
        (("--baseline", "none.yaml"), "none.yaml can't be read (No such file or directory)"),
    ],
)
def test_a_mistake_is_named_before_anything_is_run(project: TinyProject, arguments: tuple[str, ...], said: str) -> None:
    """One sentence, and the exit code for what the user wrote."""
    (line,) = ran(project, *arguments, code=ExitCode.INPUT)
    assert said in line


def test_the_process_ends_with_the_code(project: TinyProject) -> None:
    """What a CI sees of it: the exit code of the real command."""
    command = [sys.executable, "-c", "from gepa_agents_cli import main; main()", "evaluate", str(project.toml)]
    ended = subprocess.run(
        [*command, "--baseline", str(project.folder / "good.yaml"), "--fail-if-worse", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (7, "")
    assert ended.stdout.splitlines()[-1].startswith("worse: ")
