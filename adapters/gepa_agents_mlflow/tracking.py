"""Writes a finished run to an MLflow tracking store. MLflow is imported when it is called, never before."""

import importlib
import time
from pathlib import Path
from typing import Any

from gepa_agents import ConfigError, GraphConfig, History, Result
from gepa_agents.words.frozen import Frozen
from gepa_agents_mlflow.records import metrics, outcome, parameters, tags
from gepa_agents_mlflow.registry import misread, register

LONGEST = 6000
"""Characters of a parameter's value that MLflow takes."""
AT_ONCE = 500
"""Metrics in one call; MLflow takes a thousand things."""


class Target(Frozen):
    """Where in MLflow."""

    tracking_uri: str | None = None
    """None for what MLflow itself goes by: `MLFLOW_TRACKING_URI`, or its default."""
    experiment: str = "gepa-agents"
    """Made, if there is none of that name."""
    name: str | None = None
    """The run's name there; None for the agent's."""
    prompts: bool = True
    """Whether the candidate's prompts go into the prompt registry."""


class Logged(Frozen):
    """Where it is now."""

    run_id: str
    experiment_id: str
    prompts: dict[str, str]
    """Prompt and version in the registry (`desk.answer.system/3`), by component."""
    misread: tuple[str, ...] = ()
    """Components whose text holds `{{…}}` or `{%` itself: MLflow's `format` would change it."""


def log(
    run: str | Path,
    target: Target | None = None,
    *,
    report: str | Path | None = None,
    config: GraphConfig | None = None,
) -> Logged:
    """Write a finished run to MLflow, as one run there: `log("runs", Target(experiment="desk"))`.

    `run` is the run folder. `report` is a file to add, such as what `gepa-agents report` wrote. `config` is the
    candidate whose prompts are registered; None for the best one.

    Raises `JournalError` when the folder holds no finished run, `ConfigError` when MLflow is not installed, refuses
    something, or is out of reach, and for a report that is not there.
    """
    target, mlflow = target or Target(), _mlflow()
    if report is not None and not Path(report).is_file():
        raise ConfigError(f"report: there is no file {report}; write it with `gepa-agents report` first")
    with History.open(run) as history:
        config = config or history.finished().best
        try:
            return _logged(mlflow, history, target, report, config)
        except mlflow.exceptions.MlflowException as error:
            where = target.tracking_uri or "its default store"
            raise ConfigError(f"MLflow says of {where}: {str(error).splitlines()[0]}") from error


def _logged(mlflow: Any, history: History, target: Target, report: str | Path | None, config: GraphConfig) -> Logged:
    client = mlflow.MlflowClient(tracking_uri=target.tracking_uri, registry_uri=target.tracking_uri)
    result = history.finished()
    experiment = _experiment(client, target.experiment)
    name = target.name or (history.about.agent if history.about else None)
    made = client.create_run(experiment, run_name=name, tags=tags(history, result, config.candidate.id))
    identity = str(made.info.run_id)
    try:
        _values(mlflow, client, identity, history, result)
        _files(client, identity, result, report)
        prompts = register(client, config, config.graph_id, identity) if target.prompts else {}
    except BaseException:
        client.set_terminated(identity, status="FAILED")
        raise
    client.set_terminated(identity)
    return Logged(
        run_id=identity, experiment_id=experiment, prompts=prompts, misread=misread(config) if prompts else ()
    )


def _mlflow() -> Any:
    try:
        return importlib.import_module("mlflow")
    except ModuleNotFoundError as error:
        raise ConfigError('MLflow is not installed; pip install "gepa-agents[mlflow]"') from error


def _experiment(client: Any, name: str) -> str:
    found = client.get_experiment_by_name(name)
    return str(client.create_experiment(name) if found is None else found.experiment_id)


def _values(mlflow: Any, client: Any, identity: str, history: History, result: Result) -> None:
    now = int(time.time() * 1000)
    asked = [mlflow.entities.Param(name, value[:LONGEST]) for name, value in parameters(history).items()]
    client.log_batch(identity, params=asked)
    points = [*metrics(history.decisions()), *outcome(result)]
    told = [mlflow.entities.Metric(name, float(value), now, step) for name, value, step in points]
    for at in range(0, len(told), AT_ONCE):
        client.log_batch(identity, metrics=told[at : at + AT_ONCE])


def _files(client: Any, identity: str, result: Result, report: str | Path | None) -> None:
    client.log_text(identity, result.best.to_yaml(), "tuned.yaml")
    for one in result.candidates:
        client.log_text(identity, one.config.to_yaml(), f"candidates/{one.number}-{one.config.candidate.id}.yaml")
    if report is not None:
        client.log_artifact(identity, str(report))
