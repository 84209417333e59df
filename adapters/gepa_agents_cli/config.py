"""`gepa.toml`: its tables and keys, read and checked once. Imports nothing that the file refers to."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self, get_args

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from gepa_agents.words.call import CallMode
from gepa_agents.words.columns import Columns
from gepa_agents.words.errors import ConfigError
from gepa_agents.words.frozen import Frozen, JsonValue
from gepa_agents.words.settings import Budget, Settings
from gepa_agents_cli import toml

if TYPE_CHECKING:
    from gepa_agents.loop.recording import Recording


SHOWN = 100
"""Characters of a wrong value that are shown."""


class AgentTable(Frozen):
    """The agent."""

    graph: str
    """The compiled graph, or a function that makes it, as `module:attribute`; the module is found next to this file."""
    context: dict[str, JsonValue] = {}
    """The graph's runtime context in every run, for a graph with a `context_schema`."""
    config: dict[str, JsonValue] = {}
    """A RunnableConfig for every run: `recursion_limit`, `configurable`, …"""


class TasksTable(Frozen):
    """The tasks."""

    file: Path
    """JSON lines, a JSON list, CSV, TSV, a LangSmith export, or a folder or Parquet file of Hugging Face's `datasets`;
    relative to this file."""
    columns: Columns | None = None
    """Where a task's parts stand, when they have other names than `id`, `input`, `expected`, `metadata`, `split`."""


class ModelTable(Frozen):
    """A language model: one of `model`, `function`, `command`."""

    model: str | None = None
    """Any model name that LiteLLM knows."""
    function: str | None = None
    """`module:attribute`: a function from a prompt to the answer that it asks for, or a LangChain chat model."""
    command: tuple[str, ...] | None = Field(default=None, min_length=1)
    """A command and its arguments; it reads the prompt on stdin and writes its answer to stdout."""
    api_base: str | None = None
    """With `model`: the address of the server, when it is not the vendor's own."""
    api_key_env: str | None = None
    """With `model`: name of the environment variable that holds the key; the key itself never stands in this file."""
    temperature: float | None = Field(default=None, ge=0)
    """With `model`: sampling temperature; the vendor's default without it."""
    max_tokens: int | None = Field(default=None, gt=0)
    """With `model`: the longest answer, in tokens."""
    timeout: float | None = Field(default=None, gt=0)
    """Seconds after which one call of the model or command counts as failed."""
    retries: int | None = Field(default=None, ge=0)
    """With `model`: how often a call that failed for a passing reason is made again."""
    extra: dict[str, JsonValue] = {}
    """With `model`: further parameters of `litellm.completion`, such as `reasoning_effort`."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [name for name in ("model", "function", "command") if getattr(self, name) is not None]
        if len(kinds) != 1:
            raise ValueError("give exactly one of model, function, command")
        allowed = {"model": set(ModelTable.model_fields), "function": {"function"}, "command": {"command", "timeout"}}
        idle = sorted((self.model_fields_set & set(ModelTable.model_fields)) - allowed[kinds[0]])
        if idle:
            raise ValueError(f"{' and '.join(idle)} can't stand beside {kinds[0]}")
        return self


class ReflectionTable(ModelTable):
    """The reflection model; only `optimize` needs it."""

    traces: Path | None = None
    """Runs of before, as `gepa-agents ingest --trajectories` writes them, relative to this file: the first reflection
    on a component reads them too."""


class JudgeTable(ModelTable):
    """The model that judges, and how it works."""

    scale: int = Field(default=4, ge=1, le=100)
    """Its scores are whole numbers from 0 to this, made to lie between 0 and 1; with 1 they are yes or no."""
    samples: int = Field(default=1, ge=1, le=25)
    """How often it is asked about a rollout; the median counts."""
    sees: Literal["steps", "outcome"] = "steps"
    """Whether it sees what the agent did step by step, or only how it ended."""
    expected: bool = True
    """Whether it sees what the task expects."""
    run_tokens: int = Field(default=8000, ge=500)
    """Size of what it sees of a run, at most, in tokens (estimated at four characters each)."""


class MetricTable(Frozen):
    """The metric: a function, somebody's evaluator, or a judge with a rubric."""

    function: str | None = None
    """`module:function`; it takes a task and a rollout and returns a score, or (score, why)."""
    evaluator: str | None = None
    """`module:attribute`: an evaluator of `openevals`, `agentevals` or LangSmith, or a function of their form."""
    outputs: Literal["text", "state", "messages", "visits"] = "text"
    """With `evaluator`: what it is given as the agent's outputs."""
    rubric: str | None = None
    """What a good run does, in words, for a judge."""
    criteria: dict[str, str] | None = None
    """The same in several criteria, each with a name; each becomes an objective, and their mean the score."""
    judge: JudgeTable | None = None
    """Who judges by them: a model's name, or a table as in [reflection]."""

    @field_validator("judge", mode="before")
    @classmethod
    def _named(cls, judge: object) -> object:
        return {"model": judge} if isinstance(judge, str) else judge

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        every = ("function", "evaluator", "rubric", "criteria")
        kinds = [name for name in every if getattr(self, name) is not None]
        if len(kinds) != 1:
            raise ValueError(f"give exactly one of {', '.join(every)}")
        kind = kinds[0]
        if kind in ("rubric", "criteria") and self.judge is None:
            raise ValueError(f'{kind} needs a judge; add for instance judge = "openai/gpt-5-mini"')
        if kind in ("function", "evaluator") and self.judge is not None:
            raise ValueError(f"judge can't stand beside {kind}")
        if kind != "evaluator" and "outputs" in self.model_fields_set:
            raise ValueError(f"outputs can't stand beside {kind}")
        return self


class CallsTable(Frozen):
    """Calls of models and tools, recorded and replayed."""

    file: Path | None = None
    """Their file, relative to this one; without it, and without `--record` or `--replay`, nothing is recorded."""
    mode: CallMode = "record"
    """`record`, `replay`, `fill` (what is missing is called and kept) or `live`."""
    models: CallMode | None = None
    """For models only, instead of `mode`."""
    tools: CallMode | None = None
    """For tools and recorded functions only, instead of `mode`."""
    missing: str = "stop"
    """What a tool's call that is not there does: `stop` everything, `fail` its rollout, or `module:function` is asked
    for the answer."""
    live: tuple[str, ...] = ()
    """Tools and functions that always run, and are not recorded, as shell patterns over their names."""
    volatile: tuple[str, ...] = ()
    """Regular expressions for parts of prompts and arguments that differ in every run."""


class RunTable(Frozen):
    """The run folder."""

    folder: Path = Path("runs")
    """Where the journal and the results go, relative to this file; one folder for one run."""


class PriceTable(Frozen):
    """What a model costs that LiteLLM's price list does not know."""

    input: float = Field(ge=0)
    """US dollars per million tokens read."""
    output: float = Field(ge=0)
    """US dollars per million tokens written."""


class Tables(Frozen):
    """Everything that can stand in `gepa.toml`."""

    agent: AgentTable
    tasks: TasksTable
    metric: MetricTable
    reflection: ReflectionTable | None = None
    budget: Budget | None = None
    run: RunTable = RunTable()
    calls: CallsTable = CallsTable()
    settings: Settings = Settings()
    prices: dict[str, PriceTable] = {}
    """By the model's name."""


@dataclass(frozen=True)
class Project:
    """A `gepa.toml` and where it lies: its folder is where modules and files are looked for."""

    file: Path
    tables: Tables
    calls: "Recording | None" = None
    """What its calls are recorded in, or answered from."""

    @property
    def folder(self) -> Path:
        """The folder of the file, absolute."""
        return self.file.resolve().parent

    @property
    def run_folder(self) -> Path:
        """Where the journal and the results go."""
        return self.file.parent / self.tables.run.folder

    @property
    def tasks_file(self) -> Path:
        """The file of tasks."""
        return self.file.parent / self.tables.tasks.file

    def missing(self, table: str, example: str) -> ConfigError:
        """The error for a table that this command needs and the file lacks."""
        return ConfigError(f"{self.file}: [{table}] is missing; add it, for instance `{example}`")


def load(file: Path) -> Project:
    """Read a `gepa.toml`. Raises `ConfigError` that names the file, the table, the key, and for a misspelling the
    nearest key there is."""
    try:
        document = toml.document(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{file} can't be read ({error.strerror}); give the path of a gepa.toml") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except toml.Unreadable as error:
        raise ConfigError(f"{file} is no TOML: {error}") from error
    for path, why in toml.unusable(document):
        raise ConfigError(f"{file}: {_place(*path)}: {why}")
    try:
        return Project(file, Tables.model_validate(document))
    except ValidationError as error:
        # A misspelt key first: the key that it was meant to be is missing because of it.
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        raise ConfigError(f"{file}: {_sentence(first)}") from error


def _sentence(error: ErrorDetails) -> str:
    """One validation error in the terms of the file: `[settings] minibatch: should be greater than 0 (it is -1)`."""
    table, *path = (str(part) for part in error["loc"])
    header = table
    if table == "prices" and path:
        header, path = f'prices."{path[0]}"', path[1:]
    place = _place(header, *path)
    match error["type"]:
        case "extra_forbidden":
            known = tuple(_within(table, path[:-1])) if path else tuple(Tables.model_fields)
            return f"{place}: no such {'key' if path else 'table'}; {_nearest(path[-1] if path else table, known)}"
        case "missing":
            return f"{place} is missing; add it"
        case "value_error":
            return f"{place}: {error['msg'].removeprefix('Value error, ')}"
        case "path_type":
            return f"{place}: should be a path, as text (it is {_shown(error['input'])})"
        case "model_type":
            return f"{place}: should be a table; write [{header}] on a line of its own, and its keys below"
        case _:
            return f"{place}: {_lower(error['msg'].removeprefix('Input '))} (it is {_shown(error['input'])})"


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"


def _place(table: str, *path: str) -> str:
    """`[settings] minibatch`; what can't be printed is escaped."""
    place = f"[{table}] {'.'.join(path)}".rstrip()
    return place if place.isprintable() else repr(place)[1:-1]


def keys(table: str) -> dict[str, FieldInfo]:
    """The keys of a table (of one model's prices, for `prices`), as pydantic knows them."""
    return _fields(Tables.model_fields[table])


def _within(table: str, path: Sequence[str]) -> dict[str, FieldInfo]:
    """The keys of a table within a table, as `[metric.judge]`."""
    known = keys(table)
    for name in path:
        known = _fields(known[name])
    return known


def _fields(field: FieldInfo) -> dict[str, FieldInfo]:
    kinds = (field.annotation, *get_args(field.annotation))
    model = next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
    return dict(model.model_fields)


def _nearest(name: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
