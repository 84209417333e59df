"""A finished run in a real MLflow store: what was asked, how it went, what came of it (extra `mlflow`)."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import yaml
from gepa_agents_mlflow import Logged, Target, log
from gepa_agents_mlflow.records import metrics, outcome, parameters
from gepa_agents_mlflow.registry import misread, prompt_name, register, template

from gepa_agents import Budget, Component, ConfigError, GraphConfig, History, Settings, Slot, export, optimize
from tests.landscape import Landscape, metric, reflect, suite

needs_mlflow = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("mlflow", "sqlalchemy", "alembic")),
    reason="needs the extra `mlflow`, and sqlalchemy and alembic for a store in a file",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run."""
    folder = tmp_path_factory.mktemp("run")
    optimize(
        Landscape(),
        suite(),
        metric=metric,
        reflection_lm=reflect,
        budget=Budget(rollouts=300),
        settings=Settings(seed=3),
        run=folder,
    )
    return folder


def test_a_run_in_mlflows_terms(run: Path):
    """Every decision is a step with what was booked by then; the closing test and what was asked are there."""
    with History.open(run) as history:
        result, decisions = history.finished(), list(history.decisions())
        asked = parameters(history)
    points = list(metrics(decisions))
    assert len([name for name, _, _ in points if name == "rollouts"]) == len(decisions)
    booked = [value for name, value, _ in points if name == "rollouts"]
    assert booked == sorted(booked)
    best = [value for name, value, _ in points if name == "val.best"]
    assert best[0] == result.baseline_val < best[-1]
    told = {name: value for name, value, _ in outcome(result)}
    assert result.test is not None
    assert told["test.difference"] == result.test.difference
    assert (asked["agent"], asked["tasks.val"], asked["budget.rollouts"], asked["settings.seed"]) == (
        "landscape",
        "10",
        "300",
        "3",
    )


def test_names_and_slots_are_mlflows():
    """A node's path becomes a name that MLflow takes; slots are its variables, other braces are left."""
    one = Component(name="a/b.system#2", kind="prompt", text="In {city}.", node="a/b", slots=(Slot(name="city"),))
    assert prompt_name("My graph", one) == "My-graph.a-b.system-2"
    assert template(one, 'In {city}: {"x": 1}') == 'In {{city}}: {"x": 1}'


def test_a_text_that_mlflow_would_misread_is_named():
    """Braces that are the text's own, or Jinja's sign: not a slot, and not the braces of JSON."""
    texts = {
        "a": "In {city}.",
        "b": 'As {"x": {"y": 1}}.',
        "c": "Write {{name}} as it is.",
        "d": "Never write {% if %}.",
    }
    slots = (Slot(name="city"),)
    made = [Component(name=name, kind="prompt", text=text, node=name, slots=slots) for name, text in texts.items()]
    assert misread(GraphConfig(components=tuple(made))) == ("c", "d")


@needs_mlflow
@pytest.mark.filterwarnings("ignore")
def test_two_prompts_never_share_a_name(target: Target):
    """Nodes whose names MLflow does not take would otherwise be versions of one prompt."""
    nodes = {"规划": "Plan.", "执行": "Act."}
    made = [Component(name=f"{node}.system", kind="prompt", text=text, node=node) for node, text in nodes.items()]
    registered = register(client(target), GraphConfig(components=tuple(made)), "desk", "run")
    assert len(set(registered.values())) == 2
    for one in made:
        name, version = registered[one.name].split("/")
        assert client(target).get_prompt_version(name, version).template == one.text


def test_without_mlflow_it_says_what_to_install(run: Path, monkeypatch: pytest.MonkeyPatch):
    """No traceback where the extra is missing."""
    monkeypatch.setitem(__import__("sys").modules, "mlflow", None)
    with pytest.raises(ConfigError, match="pip install"):
        log(run)


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    """A store in a file."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.chdir(tmp_path)
    return Target(tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}", experiment="desk")


def client(target: Target) -> Any:
    """MLflow's own client."""
    import mlflow

    return mlflow.MlflowClient(tracking_uri=target.tracking_uri, registry_uri=target.tracking_uri)


@needs_mlflow
@pytest.mark.filterwarnings("ignore")
def test_a_store_holds_the_run(run: Path, target: Target, tmp_path: Path):
    """Parameters, metrics by step, tags, candidates and the report are read back from the store."""
    report = tmp_path / "report.html"
    report.write_text("<html></html>")
    logged = log(run, target, report=report)
    store = client(target)
    found = store.get_run(logged.run_id)
    with History.open(run) as history:
        result, decisions = history.finished(), list(history.decisions())
    assert found.info.status == "FINISHED"
    assert found.data.params["agent"] == "landscape"
    assert found.data.tags["gepa_agents.candidate"] == result.best.candidate.id
    steps = store.get_metric_history(logged.run_id, "rollouts")
    assert [one.step for one in steps] == [getattr(one, "iteration", 0) for one in decisions]
    assert found.data.metrics["test.tuned"] == result.test.tuned
    names = {one.path for one in store.list_artifacts(logged.run_id)}
    assert names == {"tuned.yaml", "candidates", "report.html"}
    assert len(store.list_artifacts(logged.run_id, "candidates")) == len(result.candidates)
    saved = Path(store.download_artifacts(logged.run_id, "tuned.yaml")).read_text()
    assert yaml.safe_load(saved) == result.best.document()


@needs_mlflow
@pytest.mark.filterwarnings("ignore")
def test_prompts_get_a_version_for_each_text(run: Path, target: Target):
    """The registry has the tuned texts; the same again makes no new version, another candidate does."""
    with History.open(run) as history:
        result = history.finished()
    best, base = result.best, result.candidates[0].config
    first = log(run, target)
    assert set(first.prompts) == {one.name for one in best.components}
    name, version = first.prompts["planner.system"].split("/")
    kept = client(target).get_prompt_version(name, version)
    assert kept.template == best.candidate.text(best.components[0])
    assert kept.tags["gepa_agents.candidate"] == best.candidate.id
    assert log(run, target).prompts == first.prompts
    other = Logged.model_validate_json(
        export(base, "mlflow", run=run, tracking_uri=str(target.tracking_uri), experiment="desk").content
    )
    assert other.prompts["planner.system"] == f"{name}/{int(version) + 1}"
    assert other.experiment_id == first.experiment_id


@needs_mlflow
@pytest.mark.filterwarnings("ignore")
def test_what_can_not_be_logged_is_said_in_a_sentence(run: Path, target: Target, tmp_path: Path):
    """A report that is not there, a store that can't be, a candidate without a run."""
    with pytest.raises(ConfigError, match="there is no file"):
        log(run, target, report=tmp_path / "none.html")
    with pytest.raises(ConfigError, match="MLflow"):
        log(run, Target(tracking_uri="nowhere://x"))
    with History.open(run) as history:
        best = history.finished().best
    with pytest.raises(ConfigError, match="give its folder"):
        export(best, "mlflow")
    with pytest.raises(ConfigError, match="no option `uri`; it takes tracking_uri"):
        export(best, "mlflow", run=run, uri="x")
