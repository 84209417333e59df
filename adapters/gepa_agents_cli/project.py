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
from gepa_agents_cli.config import Project, ReflectionTable
from gepa_agents_cli.loading import Reference
from gepa_agents_cli.pricing import OwnPricesFirst


def suite(project: Project) -> TaskSuite:
    """The tasks; raises `SuiteError`."""
    return TaskSuite.load(project.tasks_file)


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
    """The metric; raises `ConfigError` for what can't be called with a task and a rollout."""
    reference = project.tables.metric.function
    found = Reference(reference, project.folder).load()
    if not callable(found):
        raise ConfigError(f"{project.file}: [metric] function: `{reference}` is no function; name one")
    try:
        inspect.signature(found).bind(None, None)
    except TypeError as error:
        raise ConfigError(
            f"{project.file}: [metric] function: `{reference}` can't be called with (task, rollout): {error}"
        ) from error
    return cast(Metric, found) if project.calls is None else project.calls.metric(cast(Metric, found))


def reflection(project: Project) -> LanguageModel:
    """The reflection model, not yet tried; raises `ConfigError`."""
    model = _reflection(project)
    return language_model(model) if project.calls is None else project.calls.model(model)


def _reflection(project: Project) -> object:
    table = project.tables.reflection
    if table is None:
        raise project.missing("reflection", '[reflection] model = "openai/gpt-5"')
    if table.function is not None:
        return Reference(table.function, project.folder).load()
    if table.command is not None:
        return CommandModel(table.command) if table.timeout is None else CommandModel(table.command, table.timeout)
    return _named(project, table)


def _named(project: Project, table: ReflectionTable) -> dict[str, object]:
    options: dict[str, object] = table.model_dump(
        exclude_none=True, exclude={"api_key_env", "traces"}, exclude_defaults=True
    )
    if table.api_key_env is not None:
        if table.api_key_env not in os.environ:
            raise ConfigError(
                f"{project.file}: [reflection] api_key_env: the environment has no {table.api_key_env}; "
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
        for line in file.read_text(encoding="utf-8").splitlines():
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
    table = project.tables.reflection
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
