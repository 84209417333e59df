"""The command line from the first look at an agent to the tuned file, on a real graph with a scripted model."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from gepa_agents_cli.app import app
from gepa_agents_cli.errors import ExitCode
from typer.testing import CliRunner

from tests.journeys.cli_project import TinyProject, forgotten, write

COMMAND = [sys.executable, "-c", "from gepa_agents_cli import main; main()"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyProject]:
    """A project of its own; what was imported for it is forgotten afterwards."""
    monkeypatch.setenv("COLUMNS", "40")
    with forgotten():
        yield write(tmp_path)


def ran(*arguments: str | Path, code: int = 0) -> list[str]:
    """What a command printed to stdout; it ended with `code`."""
    outcome = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert outcome.exit_code == code, outcome.output
    return outcome.stdout.splitlines()


def decisions(folder: Path) -> list[str]:
    """Every decision that a run's journal holds."""
    from gepa_agents.parts.runs.journal import read

    with read(folder) as journal:
        return list(journal.decisions())


def test_from_inspect_to_a_tuned_file(project: TinyProject) -> None:
    """Inspect, optimize, evaluate, export and diff tell one story."""
    looked = ran("inspect", project.toml)
    assert "  answer → __end__" in looked
    assert "  gepa-agents inspect" in "\n".join(looked)
    probed = ran("inspect", project.toml, "--probe", "what?", "--tasks", "1")
    assert "  answer.system (tunable)" in probed
    assert "    Answer the question." in probed

    run = ran("optimize", project.toml, "--yes")
    assert f"tasks       8 train, 8 val, 8 test ({project.tasks})" in run
    assert any(line.startswith("baseline: 0.000 on val") for line in run)
    assert any(re.match(r"\d+: accepted [0-9a-f]{12} \(answer\.system\)", line) for line in run)
    assert any(re.match(r"test +0\.000 +1\.000 +\+1\.000, 95 % interval", line) for line in run)
    assert "a significant gain on tasks that nothing was tuned on" in run
    assert "-Answer the question." in run
    assert f"wrote {project.runs}/tuned.yaml and {project.runs}/journal.sqlite" in run

    tuned = project.runs / "tuned.yaml"
    assert "score      1.000, 95 % interval 0.631 to 1.000" in ran(
        "evaluate", project.toml, "--candidate", tuned, "--repeats", "2", "--split", "val"
    )
    baseline = ran("evaluate", project.toml)
    assert "the agent as it stands on 8 tasks of test" in baseline
    assert "score      0.000, 95 % interval 0.000 to 0.369" in baseline
    assert "rollouts   8 (1 repeat), 0 failed" in baseline
    assert "cost       no price known for 8 calls, 120 tokens" in baseline

    exported = "\n".join(ran("export", project.runs))
    assert yaml.safe_load(exported) == yaml.safe_load(tuned.read_text())
    first = project.folder / "first.yaml"
    assert ran("export", project.runs, "--candidate", "0", "-o", first) == [f"wrote {first}"]
    changes = ran("diff", first, tuned)
    assert changes[0] == "answer.system"
    assert changes == [line.replace("baseline", str(first)) for line in ran("diff", "baseline", tuned)]


def test_the_same_command_again_pays_nothing(project: TinyProject) -> None:
    """A finished run is read from its folder: same result, no new decision."""
    first = ran("optimize", project.toml, "--yes")
    before = decisions(project.runs)
    again = ran("optimize", project.toml)
    assert f"run folder  {project.runs} (goes on where it stopped)" in again
    assert decisions(project.runs) == before
    assert first[-5:] == again[-5:]


def test_seed_and_run_stand_in_for_the_file(project: TinyProject) -> None:
    """Another seed belongs in another run folder."""
    ran("optimize", project.toml)
    outcome = CliRunner().invoke(app, ["optimize", str(project.toml), "--seed", "7"])
    assert outcome.exit_code == ExitCode.RUN
    other = project.folder / "other"
    assert f"run folder  {other}" in ran("optimize", project.toml, "--seed", "7", "--run", other)
    assert (other / "tuned.yaml").is_file()


def test_what_is_tuned_stands_in_for_the_file(project: TinyProject) -> None:
    """This agent has no tools, so it has prompts to tune, and nothing with `--tune tools`."""
    ran("optimize", project.toml, "--tune", "prompts,tools")
    for kinds, said in (("tools", "no text of the agent can be tuned"), ("prompt", "give prompts, tools, or prompts")):
        other = str(project.folder / kinds)
        outcome = CliRunner().invoke(app, ["optimize", str(project.toml), "--tune", kinds, "--run", other])
        assert outcome.exit_code != 0
        assert said in outcome.stderr


def test_an_unknown_candidate_lists_those_there_are(project: TinyProject) -> None:
    """An id that the run does not know is answered with those it does."""
    ran("optimize", project.toml)
    outcome = CliRunner().invoke(app, ["export", str(project.runs), "--candidate", "beef"])
    assert outcome.exit_code == ExitCode.INPUT
    assert re.match(r"error: \S+ has no candidate `beef`; there are 0 \([0-9a-f]{12}\), 1 \(", outcome.stderr)


def test_a_candidate_is_chosen_in_words(project: TinyProject) -> None:
    """What counts is said instead of an id; what is not understood is answered with what is."""
    ran("optimize", project.toml, "--yes")
    best, baseline = ran("export", project.runs), ran("export", project.runs, "--candidate", "0")
    assert ran("export", project.runs, "--choose", "fewest tokens within 1 % of best") == best
    assert ran("export", project.runs, "--choose", "shortest prompt") == baseline
    for more, said in (("cheep",), "is no wish"), (("best", "--candidate", "0"), "give one of them"):
        outcome = CliRunner().invoke(app, ["export", str(project.runs), "--choose", *more])
        assert outcome.exit_code == ExitCode.INPUT
        assert said in outcome.stderr


def test_listed_prices_make_a_budget_in_dollars(project: TinyProject) -> None:
    """The file's own prices are counted against a cap in dollars, and shown."""
    project.replace("rollouts = 120", "rollouts = 120\nusd = 0.5")
    outcome = CliRunner().invoke(app, ["optimize", str(project.toml)])
    assert outcome.exit_code == ExitCode.INPUT
    assert "no price is known" in outcome.stderr
    project.toml.write_text(project.toml.read_text() + "[prices.obedient]\ninput = 1000\noutput = 2000\n")
    assert any("$0.16, $0.02 a rollout" in line for line in ran("evaluate", project.toml))


def test_a_failing_agent_is_shown_as_failing(project: TinyProject) -> None:
    """A fault is no low score: it is counted and named, and a run on nothing but faults stops."""
    source = project.module("agent").read_text()
    broken = source.replace("    reply = await", "    raise ValueError('no [luck]')\n    reply = await")
    project.module("agent").write_text(broken)
    lines = ran("evaluate", project.toml)
    assert "rollouts   8 (1 repeat), 8 failed" in lines
    assert any("ValueError: no [luck]" in line for line in lines)
    outcome = CliRunner().invoke(app, ["optimize", str(project.toml)])
    assert outcome.exit_code == ExitCode.AGENT
    assert "all 8 baseline rollouts failed" in outcome.stderr
    outcome = CliRunner().invoke(app, ["inspect", str(project.toml), "--probe", "x"])
    assert outcome.exit_code == ExitCode.AGENT
    assert "the agent failed on `probe 1`: ValueError: no [luck] (node `answer`)" in outcome.stderr


def test_a_reflection_model_that_gives_out_leaves_a_result(project: TinyProject) -> None:
    """What was found is printed and kept; the exit code says that the search did not end by itself."""
    judge = project.module("judge")
    judge.write_text(judge.read_text().replace("<text>", "").replace("</text>", ""))
    outcome = CliRunner().invoke(app, ["optimize", str(project.toml)])
    assert outcome.exit_code == ExitCode.MODEL
    assert "test       not run: nothing beat the baseline on val" in outcome.stdout
    assert "the search stopped early" in outcome.stderr
    assert (project.runs / "tuned.yaml").is_file()


def test_a_dead_reflection_model_is_found_before_the_first_rollout(project: TinyProject) -> None:
    """Nothing is paid for when the command that reflects does not exist or fails."""
    project.replace('function = "tiny_judge:reflect"', 'command = ["false"]')
    outcome = CliRunner().invoke(app, ["optimize", str(project.toml)])
    assert outcome.exit_code == ExitCode.MODEL
    assert len(outcome.stderr.splitlines()) == 1
    project.replace('["false"]', '["no-such-program-here"]')
    outcome = CliRunner().invoke(app, ["optimize", str(project.toml), "--run", str(project.folder / "second")])
    assert outcome.exit_code in (ExitCode.MODEL, ExitCode.INPUT)
    assert "no-such-program-here" in outcome.stderr


def test_an_external_command_reflects(project: TinyProject) -> None:
    """A command that reads the prompt on stdin does as well as a function."""
    script = project.folder / "reflect.py"
    script.write_text("import sys, tiny_judge\nprint(tiny_judge.reflect(sys.stdin.read()))\n")
    project.replace('function = "tiny_judge:reflect"', f'command = ["{sys.executable}", "{script}"]\ntimeout = 60')
    project.replace("rollouts = 120", "rollouts = 60")
    assert "a significant gain on tasks that nothing was tuned on" in ran("optimize", project.toml)


def test_an_interrupted_run_goes_on_and_ends_the_same(project: TinyProject) -> None:
    """Ctrl-C ends with 130 and says how to go on; the same command ends as the uninterrupted run does."""
    (project.folder / "pause").touch()
    command = [*COMMAND, "optimize", "gepa.toml", "--yes"]
    with subprocess.Popen(
        command, cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        deadline = time.monotonic() + 60
        while not (project.folder / "reached").exists():
            assert run.poll() is None, run.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=30)
    assert run.returncode == ExitCode.INTERRUPTED
    assert "everything that was paid for is in runs; the same command again goes on from here" in out
    assert "Traceback" not in err

    (project.folder / "pause").unlink()
    resumed = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, timeout=60)
    assert resumed.returncode == 0, resumed.stderr
    assert "run folder  runs (goes on where it stopped)" in resumed.stdout
    ran("optimize", project.toml, "--run", project.folder / "uninterrupted")
    assert decisions(project.runs) == decisions(project.folder / "uninterrupted")
    tuned = [(folder / "tuned.yaml").read_text() for folder in (project.runs, project.folder / "uninterrupted")]
    assert tuned[0] == tuned[1]


def test_looking_loads_no_vendor(project: TinyProject) -> None:
    """`--help`, `inspect` and `diff` never import litellm, and `--help` no graph library either."""
    program = (
        "import sys\nfrom gepa_agents_cli.app import app\nfrom typer.testing import CliRunner\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "assert not {'litellm', 'langgraph'} & set(sys.modules), 'help'\n"
        "result = CliRunner().invoke(app, ['inspect', 'gepa.toml', '--probe', 'hello'])\n"
        "assert result.exit_code == 0, result.output\n"
        "assert CliRunner().invoke(app, ['diff', 'baseline', 'nothing.yaml']).exit_code == 2\n"
        "assert 'litellm' not in sys.modules, 'inspect'\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=project.folder, capture_output=True, text=True, timeout=60, env=os.environ
    )
    assert done.returncode == 0, done.stderr
