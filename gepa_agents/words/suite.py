"""A suite of tasks, split once and stably into train, val and test; read from JSON lines."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from gepa_agents.words.errors import SuiteError
from gepa_agents.words.frozen import Frozen
from gepa_agents.words.task import Split, Task

SHARES: tuple[tuple[Split, float], ...] = (("train", 0.4), ("val", 0.8), ("test", 1.0))
"""Upper bounds of the splits on [0, 1), where the hash of a task's id falls: 40 % train, 40 % val, 20 % test."""


class TaskSuite(Frozen):
    """Tasks in three splits: reflection draws from train, selection looks at val, test is touched once, at the end."""

    train: tuple[Task, ...]
    val: tuple[Task, ...]
    test: tuple[Task, ...]

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a JSON-lines file, one task a line: `id`, `input`, and optionally `expected`, `metadata`, `split`.

        Raises `SuiteError` with file and line for what can't be read, is no task, or repeats an id.
        """
        path = Path(path)
        try:
            lines = path.read_text(encoding="utf-8-sig").split("\n")  # splitlines() would cut at U+2028 inside a text
        except OSError as error:
            raise SuiteError(
                f"{path} can't be read ({error.strerror}); name a file of tasks, one JSON object a line"
            ) from error
        except UnicodeDecodeError as error:
            raise SuiteError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8") from error
        tasks = [_task(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
        return cls.of(tasks, source=str(path))

    @classmethod
    def of(cls, tasks: Iterable[Task], source: str = "the suite") -> Self:
        """Split tasks by their own `split`, or else by the hash of their id, so that new tasks move no old one.

        Raises `SuiteError` for a repeated id or an empty split; `source` names the tasks in the message.
        """
        splits: dict[Split, list[Task]] = {"train": [], "val": [], "test": []}
        seen: set[str] = set()
        for task in tasks:
            if task.id in seen:
                raise SuiteError(f"{source}: the id `{task.id}` stands twice; ids must be unique")
            seen.add(task.id)
            _check_characters(task, source)
            splits[task.split or _split(task.id)].append(task)
        empty = [name for name, members in splits.items() if not members]
        if empty:
            raise SuiteError(
                f"{source}: no task falls into {' or '.join(empty)} ({len(seen)} tasks in all); "
                'add tasks, or give them "split": "train", "val" or "test"'
            )
        return cls(train=tuple(splits["train"]), val=tuple(splits["val"]), test=tuple(splits["test"]))

    @property
    def fingerprint(self) -> str:
        """Hash of every task and its split: a run folder belongs to one fingerprint."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


def _split(task_id: str) -> Split:
    position = int.from_bytes(hashlib.sha256(task_id.encode()).digest()[:8]) / 2**64
    return next(name for name, bound in SHARES if position < bound)


class _NotANumber(Exception):
    """Python's JSON reader takes NaN and Infinity, which JSON does not have."""


def _refuse_constant(name: str) -> None:
    raise _NotANumber(name)


def _check_characters(task: Task, source: str) -> None:
    try:
        task.model_dump_json()
    except PydanticSerializationError as error:
        raise SuiteError(
            f"{source}: task `{ascii(task.id)[1:-1]}` holds half of a surrogate pair (such as \\ud800), "
            "which is no character; write the whole character"
        ) from error


def _task(path: Path, number: int, line: str) -> Task:
    try:
        entry = json.loads(line, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise SuiteError(
            f"{path}:{number}: no JSON ({error.msg} at column {error.colno}); one object a line"
        ) from error
    except _NotANumber as error:
        raise SuiteError(f"{path}:{number}: {error} is no JSON; write a number, a text or null") from error
    try:
        return Task.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the line"
        raise SuiteError(
            f"{path}:{number}: `{where}`: {first['msg']}; a task has `id`, `input`, and `expected`"
        ) from error
