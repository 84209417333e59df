"""What a `gepa.toml` refers to, loaded: the agent, the tasks, the metric, the models, the prices."""

import inspect
import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from gepa_agents.parts.models.command import CommandModel
from gepa_agents.parts.models.resolve import language_model
from gepa_agents.ports.agent import Agent
from gepa_agents.ports.calls import Calls
from gepa_agents.ports.language_model import LanguageModel, Prices
from gepa_agents.ports.metric import Metric
from gepa_agents.words.case import Case
from gepa_agents.words.errors import AgentError, ConfigError
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.settings import Budget
from gepa_agents.words.suite import TaskSuite
from gepa_agents_cli.config import ModelTable, Project
from gepa_agents_cli.loading import Reference
from gepa_agents_cli.pricing import OwnPricesFirst


def suite(project: Project) -> TaskSuite:
    """The tasks; raises `SuiteError`."""
    from gepa_agents_datasets import load, readable

    file, columns = project.tasks_file, project.tables.tasks.columns
    return load(file, columns) if readable(file) else TaskSuite.load(file, columns)


def agent(project: Project) -> Agent:
    """The agent, wrapped; raises `AgentError`."""
    table = project.tables.agent
    context = {"context": table.context} if table.context else {}
    return wrapped(table.graph, project.folder, {**table.config, **context}, project.calls)


def wrapped(
    reference: str, folder: Path, config: Mapping[str, JsonValue] | None = None, calls: Calls | None = None
) -> Agent:
    """The agent that `reference` names, seen from `folder`; `config` goes into every run. Raises `AgentError`."""
    from gepa_agents_langgraph import wrap

    graph = Reference(reference, folder, AgentError).load()
    try:
        return wrap(graph, config=config, calls=calls)
    except AgentError as error:
        raise AgentError(f"`{reference}`: {error}") from error


def metric(project: Project) -> Metric:
    """The metric; raises `ConfigError` for what can't be called with a task and a rollout, and for a bad rubric."""
    table = project.tables.metric
    if table.function is not None:
        found = _function(project, table.function)
    elif table.evaluator is not None:
        found = _evaluator(project, table.evaluator)
    else:
        found = _judge(project)
    return found if project.calls is None else project.calls.metric(found)


def _function(project: Project, reference: str) -> Metric:
    found = Reference(reference, project.folder).load()
    if not callable(found):
        raise ConfigError(f"{project.file}: [metric] function: `{reference}` is no function; name one")
    try:
        inspect.signature(found).bind(None, None)
    except TypeError as error:
        raise ConfigError(
            f"{project.file}: [metric] function: `{reference}` can't be called with (task, rollout): {error}"
        ) from error
    return cast(Metric, found)


def _evaluator(project: Project, reference: str) -> Metric:
    from gepa_agents_evaluators import from_evaluator

    found = Reference(reference, project.folder).load()
    try:
        prices = OwnPricesFirst(project.tables.prices)
        return from_evaluator(found, outputs=project.tables.metric.outputs, prices=prices)
    except ConfigError as error:
        raise ConfigError(f"{project.file}: [metric] evaluator: `{reference}`: {error}") from error


def _judge(project: Project) -> Metric:
    from gepa_agents_evaluators import Judge, JudgeSettings

    tables, table = project.tables, project.tables.metric.judge
    if table is None:
        raise project.missing("metric.judge", 'judge = "openai/gpt-5-mini"')
    settings = table.model_dump(include=set(JudgeSettings.model_fields))
    model = _model(project, table, "metric.judge")
    try:
        return Judge(
            tables.metric.rubric or tables.metric.criteria or "",
            model if project.calls is None else project.calls.model(model),
            JudgeSettings(**settings, mask=tables.settings.mask),
            prices=OwnPricesFirst(tables.prices),
        )
    except ConfigError as error:
        raise ConfigError(f"{project.file}: [metric]: {error}") from error


def metric_name(project: Project) -> str:
    """The metric as the file names it."""
    table = project.tables.metric
    named = table.function or table.evaluator
    if named is not None:
        return named
    what = "a rubric" if table.criteria is None else f"{len(table.criteria)} criteria"
    return f"{_model_name(table.judge)} judges by {what}"


def reflection(project: Project) -> LanguageModel:
    """The reflection model, not yet tried; raises `ConfigError`."""
    model = _reflection(project)
    return language_model(model) if project.calls is None else project.calls.model(model)


def _reflection(project: Project) -> object:
    table = project.tables.reflection
    if table is None:
        raise project.missing("reflection", '[reflection] model = "openai/gpt-5"')
    return _model(project, table, "reflection")


def _model(project: Project, table: ModelTable, header: str) -> object:
    if table.function is not None:
        return Reference(table.function, project.folder).load()
    if table.command is not None:
        return CommandModel(table.command) if table.timeout is None else CommandModel(table.command, table.timeout)
    return _named(project, table, header)


def _named(project: Project, table: ModelTable, header: str) -> dict[str, object]:
    known = set(ModelTable.model_fields) - {"api_key_env"}
    options: dict[str, object] = table.model_dump(include=known, exclude_none=True, exclude_defaults=True)
    if table.api_key_env is not None:
        if table.api_key_env not in os.environ:
            raise ConfigError(
                f"{project.file}: [{header}] api_key_env: the environment has no {table.api_key_env}; "
                "put the model's key there"
            )
        options["api_key"] = os.environ[table.api_key_env]
    return options


def stored(project: Project) -> list[Case]:
    """Runs of before, for the first reflections; raises `ConfigError` for a file that holds something else."""
    table = project.tables.reflection
    if table is None or table.traces is None:
        return []
    file, found, number = project.folder / table.traces, list[Case](), 0
    try:
        for line in file.read_text(encoding="utf-8-sig").split("\n"):  # splitlines() would cut at U+2028 inside a text
            number += 1
            if line.strip():
                found.append(Case.model_validate_json(line))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{project.file}: [reflection] traces: {file} can't be read: {error}") from error
    except ValidationError as error:
        raise ConfigError(
            f"{file}:{number}: this is no run as `gepa-agents ingest --trajectories` writes it "
            f"({error.errors()[0]['msg']}); ingest the traces again"
        ) from error
    return found


def reflection_name(project: Project) -> str:
    """The reflection model as the file names it."""
    return _model_name(project.tables.reflection)


def _model_name(table: ModelTable | None) -> str:
    if table is None:
        return "none"
    return table.model or table.function or " ".join(table.command or ())


def prices(project: Project, budget: Budget | None = None) -> Prices | None:
    """The file's prices, then LiteLLM's list; None when neither money nor a listed price is asked for.

    LiteLLM's list takes seconds to load: without a budget in dollars and without prices in the file, only a run whose
    reflection model loads it anyway gets it.
    """
    reflection = project.tables.reflection
    vendor = reflection is not None and reflection.model is not None
    if not project.tables.prices and not vendor and (budget is not None and budget.usd is None):
        return None
    return OwnPricesFirst(project.tables.prices)
