"""Stored runs: what a running system's traces show is read by the first reflection on a component, and by no other."""

from pathlib import Path

import pytest
from gepa_agents_cli.config import load
from gepa_agents_cli.project import stored

from gepa_agents import Budget, Case, ConfigError, JournalMismatch, Rollout, Score, Settings, Task, optimize
from gepa_agents.words.trajectory import Message, ModelStep, Trajectory
from tests.landscape import Landscape, metric, reflect, suite

TOML = """
[agent]
graph = "m:g"
[tasks]
file = "t.jsonl"
[metric]
function = "m:f"
[reflection]
function = "m:r"
traces = "runs.jsonl"
"""


def run_of_before(node: str = "planner", value: float = 0.0) -> Case:
    """A stored run in which a node did something, with the metric's or somebody's words about it."""
    step = ModelStep(
        node=node,
        started=0,
        seconds=0,
        messages=(Message(role="user", text="an old question"),),
        reply=Message(role="assistant", text="an old answer"),
    )
    score = Score(value=value, feedback="Somebody wrote: too short.")
    rollout = Rollout(candidate="0" * 12, task="old", trajectory=Trajectory(steps=(step,)), score=score)
    return Case(task=Task(id="old", input="an old question"), rollout=rollout)


def prompts(*cases: Case, folder: Path | None = None) -> list[str]:
    """What the reflection model of a small run was asked."""
    asked: list[str] = []

    def listening(prompt: str) -> str:
        asked.append(prompt)
        return reflect(prompt)

    settings = Settings(max_iterations=6, rewrites=1, component_choice="round_robin")
    optimize(
        Landscape(),
        suite(),
        metric=metric,
        reflection_lm=listening,
        budget=Budget(rollouts=300),
        settings=settings,
        stored=cases,
        run=folder,
    )
    return [prompt for prompt in asked if "## Evidence" in prompt]


def test_the_first_reflection_on_a_component_reads_them() -> None:
    """An old run of the planner stands in the planner's first prompt, with what was said of it, and in no other."""
    told = [prompt for prompt in prompts(run_of_before()) if "an old answer" in prompt]
    assert len(told) == 1
    assert "`planner.system`" in told[0]
    assert "Somebody wrote: too short." in told[0]


def test_runs_that_went_well_or_of_other_nodes_are_not_shown() -> None:
    """Nothing is to be learnt from the one, and nobody has a part in the other."""
    assert not [prompt for prompt in prompts(run_of_before(value=1.0), run_of_before("critic")) if "an old" in prompt]


def test_a_run_folder_remembers_which_there_were(tmp_path: Path) -> None:
    """They change what was asked, so a run does not go on with others."""
    prompts(run_of_before(), folder=tmp_path)
    with pytest.raises(JournalMismatch, match="stored runs"):
        prompts(run_of_before(value=0.5), folder=tmp_path)
    with pytest.raises(JournalMismatch, match=r"other stored runs \(recorded: \w+; now: none\)"):
        prompts(folder=tmp_path)


def test_the_command_line_reads_a_file_of_them(tmp_path: Path) -> None:
    """As `ingest --trajectories` writes it; a line that is something else is named."""
    (tmp_path / "gepa.toml").write_text(TOML)
    file = tmp_path / "runs.jsonl"
    with pytest.raises(ConfigError, match=r"traces: .*runs.jsonl can't be read"):
        stored(load(tmp_path / "gepa.toml"))
    file.write_text(run_of_before().model_dump_json() + "\n\n")
    assert stored(load(tmp_path / "gepa.toml")) == [run_of_before()]
    file.write_text(run_of_before().model_dump_json() + '\n{"task": 1}\n')
    with pytest.raises(ConfigError, match=r"runs.jsonl:2: this is no run as .* writes it"):
        stored(load(tmp_path / "gepa.toml"))
