"""Labelled runs: what people said about an agent's outcomes, read from a file, to hold a judge against."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, ValidationError

from gepa_agents import Rollout, SuiteError, Task
from gepa_agents.words.frozen import Frozen, JsonValue
from gepa_agents.words.rows import Row, read

__all__ = ["Labelled", "labelled"]

WORDS = {
    **dict.fromkeys(("true", "yes", "y", "pass", "passed", "good", "correct", "right"), 1.0),
    **dict.fromkeys(("false", "no", "n", "fail", "failed", "bad", "incorrect", "wrong"), 0.0),
}
"""What people write for good and bad."""
KEYS = ("id", "task", "input", "expected", "metadata", "output", "rollout", "label", "why")
NOBODY = "0" * 12
"""Stands for the candidate of an outcome that no run of ours brought about."""


class Labelled(Frozen):
    """A run, and what a person said of it."""

    task: Task
    rollout: Rollout
    labels: dict[str, float] = Field(min_length=1)
    """From 0 (bad) to 1 (good); under `score` as a whole, or by the names of a judge's criteria."""
    why: str = ""
    """The person's reason, if there is one."""


def labelled(path: str | Path, tasks: Mapping[str, Task] | None = None) -> list[Labelled]:
    """The labelled runs of a file: JSON lines, a JSON list, CSV or TSV.

    A row has a `label` (a number from 0 to 1, a truth value, a word such as `pass` or `fail`, or an object with one for
    each criterion), perhaps `why`, and a run: `output` with `input` (and `expected`), or with `task`, the id of one of
    `tasks`; or `task` and `rollout` as `gepa-agents ingest --trajectories` writes them. Raises `SuiteError` with file
    and line.
    """
    path = Path(path)
    found = [_labelled(row, tasks or {}) for row in read(path)]
    if not found:
        raise SuiteError(f"{path} holds no labelled run; write one a line, with `input`, `output` and `label`")
    return found


def _labelled(row: Row, tasks: Mapping[str, Task]) -> Labelled:
    place, value = row
    if not isinstance(value, Mapping):
        raise SuiteError(f"{place}: no object; a row has `input`, `output` and `label`")
    unknown = [key for key in value if key not in KEYS]
    if unknown:
        raise SuiteError(f"{place}: there is no use for `{unknown[0]}`; a row has {', '.join(KEYS)}")
    try:
        task = _task(place, value, tasks)
        return Labelled(
            task=task,
            rollout=_rollout(place, value, task),
            labels=_labels(place, value.get("label")),
            why=str(value.get("why") or ""),
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SuiteError(f"{place}: `{where}`: {first['msg']}; a row has `input`, `output` and `label`") from error


def _task(place: str, value: Mapping[str, JsonValue], tasks: Mapping[str, Task]) -> Task:
    named = value.get("task")
    if isinstance(named, Mapping):
        return Task.model_validate(named)
    if named is not None:
        if str(named) not in tasks:
            raise SuiteError(f"{place}: there is no task `{named}` among the tasks; give its `input` instead")
        return tasks[str(named)]
    if value.get("input") is None:
        raise SuiteError(f"{place}: there is no `input`, and no `task` that names one; a judge has to know the task")
    given = {key: value[key] for key in ("input", "expected", "metadata") if value.get(key) is not None}
    return Task.model_validate({"id": str(value.get("id") or place.rsplit(":", 1)[-1].strip()), **given})


def _rollout(place: str, value: Mapping[str, JsonValue], task: Task) -> Rollout:
    if value.get("rollout") is not None:
        return Rollout.model_validate(value["rollout"])
    if "output" not in value:
        raise SuiteError(f"{place}: there is no `output`; a judge has to know what the agent answered")
    return Rollout(candidate=NOBODY, task=task.id, output=value["output"])


def _labels(place: str, label: JsonValue) -> dict[str, float]:
    if isinstance(label, Mapping):
        return {name: _number(place, part) for name, part in label.items()}
    return {"score": _number(place, label)}


def _number(place: str, label: JsonValue) -> float:
    if isinstance(label, str) and label.strip().lower() in WORDS:
        return WORDS[label.strip().lower()]
    try:
        number = float(label) if isinstance(label, str | int | float) else -1.0
    except (ValueError, OverflowError):
        number = -1.0
    if not 0 <= number <= 1:
        raise SuiteError(
            f"{place}: the label {label!r} is no number from 0 to 1, and not good or bad in a word; write for instance "
            "0.5, true, pass or fail"
        )
    return number
