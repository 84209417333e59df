"""Tasks out of stored runs: each input once, with what would have been right where somebody said so."""

import json
import sqlite3
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from gepa_agents.words.case import Case
from gepa_agents.words.task import Task

TABLE = """
PRAGMA journal_mode = OFF;
BEGIN;
CREATE TABLE tasks (id TEXT PRIMARY KEY, corrected INTEGER, body TEXT) WITHOUT ROWID;
"""
ADD = """
INSERT INTO tasks VALUES (?, ?, ?)
ON CONFLICT (id) DO UPDATE SET corrected = 1, body = excluded.body WHERE excluded.corrected AND NOT corrected
"""


class Tasks:
    """Collects tasks outside of memory; a context manager. Of runs with the same input the first corrected one counts,
    or else the first."""

    def __init__(self) -> None:
        self.given = 0
        """Runs that were added."""
        self.without_input = 0
        """Of these, runs whose trace does not show what was asked; they make no task."""
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(TABLE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._database.close()

    def add(self, case: Case) -> None:
        """Add the task of a run."""
        self.given += 1
        task = case.task
        if task.input is None:
            self.without_input += 1
            return
        self._database.execute(ADD, (task.id, task.expected is not None, _line(task)))

    def lines(self) -> Iterator[str]:
        """The tasks as lines of JSON, in order of their ids, as `TaskSuite.load` reads them."""
        for (body,) in self._database.execute("SELECT body FROM tasks ORDER BY id"):
            yield body

    def counts(self) -> tuple[int, int]:
        """How many tasks there are, and how many of them have an expected outcome."""
        found = self._database.execute("SELECT COUNT(*), COALESCE(SUM(corrected), 0) FROM tasks").fetchone()
        return int(found[0]), int(found[1])


def _line(task: Task) -> str:
    return json.dumps(task.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)
