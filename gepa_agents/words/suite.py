"""A suite of tasks, split once and stably into train, val and test."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

from pydantic import model_validator
from pydantic_core import PydanticSerializationError

from gepa_agents.words.columns import Columns, tasks
from gepa_agents.words.errors import SuiteError
from gepa_agents.words.frozen import Frozen, JsonValue
from gepa_agents.words.rows import Row, read
from gepa_agents.words.task import Split, Task

SHARES: tuple[tuple[Split, float], ...] = (("train", 0.4), ("val", 0.8), ("test", 1.0))
"""Upper bounds of the splits on [0, 1), where the hash of a task's id falls: 40 % train, 40 % val, 20 % test."""


class TaskSuite(Frozen):
    """Tasks in three splits: reflection draws from train, selection looks at val, test is touched once, at the end.

    Raises `SuiteError` for a repeated id, also over the splits, an empty split, and half of a surrogate pair.
    """

    train: tuple[Task, ...]
    val: tuple[Task, ...]
    test: tuple[Task, ...]

    @classmethod
    def load(cls, path: str | Path, columns: Columns | None = None) -> Self:
        """Read a file of tasks: JSON lines, a JSON list (`.json`), CSV or TSV, a LangSmith dataset's export.

        Without `columns` a row has a task's keys (`id`, `input`, and optionally `expected`, `metadata`, `split`) or
        those of a LangSmith example (`inputs`, `outputs`, `metadata`). Raises `SuiteError` with file, line and column
        for what can't be read, is no task, or repeats an id.
        """
        path = Path(path)
        return cls.of(tasks(read(path), columns, str(path)), source=str(path))

    @classmethod
    def of_rows(
        cls, rows: Iterable[Mapping[str, JsonValue]], columns: Columns | None = None, source: str = "the rows"
    ) -> Self:
        """A suite from rows of plain data: a list of dicts, or anything that gives such. Otherwise as `load`."""
        placed = (Row(f"{source}: row {number}", dict(row)) for number, row in enumerate(rows, 1))
        return cls.of(tasks(placed, columns, source), source=source)

    @classmethod
    def of(cls, tasks: Iterable[Task], source: str = "the suite") -> Self:
        """Split tasks by their own `split`, or else by the hash of their id, so that new tasks move no old one.

        Raises `SuiteError` for a repeated id or an empty split; `source` names the tasks in the message.
        """
        splits: dict[Split, list[Task]] = {"train": [], "val": [], "test": []}
        for task in tasks:
            splits[task.split or _split(task.id)].append(task)
        _check(splits, source)
        return cls(train=tuple(splits["train"]), val=tuple(splits["val"]), test=tuple(splits["test"]))

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _check({"train": self.train, "val": self.val, "test": self.test}, "the suite")
        return self

    @property
    def fingerprint(self) -> str:
        """Hash of every task and its split: a run folder belongs to one fingerprint."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


def _split(task_id: str) -> Split:
    position = int.from_bytes(hashlib.sha256(task_id.encode()).digest()[:8]) / 2**64
    return next(name for name, bound in SHARES if position < bound)


def _check(splits: Mapping[Split, Sequence[Task]], source: str) -> None:
    seen: dict[str, Split] = {}
    for name, members in splits.items():
        for task in members:
            if task.id in seen:
                where = "" if seen[task.id] == name else f", in {seen[task.id]} and in {name}"
                raise SuiteError(f"{source}: the id `{task.id}` stands twice{where}; ids must be unique")
            seen[task.id] = name
            _check_characters(task, source)
    empty = [name for name, members in splits.items() if not members]
    if empty:
        raise SuiteError(
            f"{source}: no task falls into {' or '.join(empty)} ({len(seen)} tasks in all); "
            'add tasks, or give them "split": "train", "val" or "test"'
        )


def _check_characters(task: Task, source: str) -> None:
    try:
        task.model_dump_json()
    except PydanticSerializationError as error:
        raise SuiteError(
            f"{source}: task `{ascii(task.id)[1:-1]}` holds half of a surrogate pair (such as \\ud800), "
            "which is no character; write the whole character"
        ) from error
