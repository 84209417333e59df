"""The run folder's journal: every paid call and every decision, durable before it is used. One SQLite file.

Resuming is replaying: the same seed asks for the same calls under the same keys, and those that were paid for are
read instead of made. So nothing else has to be saved, and nothing restored. The journal knows keys and JSON texts,
not what they mean.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from filelock import FileLock, Timeout
from pydantic import BaseModel, ValidationError

from gepa_agents.words.errors import JournalError, JournalInUse, JournalMismatch

Record = TypeVar("Record", bound=BaseModel)

FORMAT = "1"
FILE = "journal.sqlite"

_SCHEMA = """
create table if not exists identity (name text primary key, value text not null);
create table if not exists calls (key text primary key, body text not null, at real not null);
create table if not exists decisions (number integer primary key, body text not null);
create table if not exists outcome (name text primary key, body text not null);
"""


class Journal:
    """The journal of one run, in a folder or (without one) in memory. Use it from one thread, as a context manager."""

    def __init__(self, folder: Path | None, identity: Mapping[str, str]) -> None:
        """Open or create the journal in `folder`.

        `identity` is what a run must share with the journal to continue it: the hash of the tasks, the settings.

        Raises `JournalInUse` when another process has it open, `JournalMismatch` when it was written for another
        identity or by another version, `JournalError` when the folder or the file can't be used.
        """
        self._place = str(folder) if folder else "the journal in memory"
        with ExitStack() as opened:  # What is open is closed again when what follows fails.
            if folder is not None:
                opened.callback(_locked(folder).release)
            with self._guarded():
                self._connection = _connect(":memory:" if folder is None else str(folder / FILE))
            opened.callback(self._connection.close)
            self._identify({"format": FORMAT, **identity})
            with self._guarded():
                row = self._connection.execute("select coalesce(max(at), 0) from calls").fetchone()
            self._opened = opened.pop_all()
        self._started = time.monotonic() - float(row[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let go of the folder."""
        self._opened.close()

    @property
    def seconds(self) -> float:
        """Seconds of work so far, those before an interruption included."""
        return time.monotonic() - self._started

    def recall(self, key: str) -> str | None:
        """What was recorded under `key`; None if nothing was."""
        with self._guarded():
            row = self._connection.execute("select body from calls where key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def restore(self, key: str, kind: type[Record]) -> Record | None:
        """What was recorded under `key`, as the record it was made of; None if nothing was.

        Raises `JournalError` when the body is none of the kind: somebody has changed the file.
        """
        body = self.recall(key)
        try:
            return None if body is None else kind.model_validate_json(body)
        except ValidationError as error:
            raise JournalError(
                f"{self._place}/{FILE}: the call `{key}` can't be read; put a good copy back, or use another run folder"
            ) from error

    def record(self, key: str, body: str) -> None:
        """Keep `body` under `key`, replacing what is there; it survives a crash once this returns."""
        with self._guarded():
            self._connection.execute("insert or replace into calls values (?, ?, ?)", (key, body, self.seconds))

    def forget(self, keys: Iterable[str]) -> None:
        """Drop calls that turned out worthless, so that the next run makes them again."""
        with self._guarded():
            self._connection.executemany("delete from calls where key = ?", [(key,) for key in keys])

    def calls(self, prefix: str = "") -> Iterator[tuple[str, str]]:
        """Recorded calls whose key starts with `prefix`, in the order of their keys."""
        with self._guarded():
            yield from self._connection.execute(
                "select key, body from calls where substr(key, 1, ?) = ? order by key", (len(prefix), prefix)
            )

    def decided(self, number: int) -> bool:
        """Whether decision `number` was taken before."""
        with self._guarded():
            row = self._connection.execute("select 1 from decisions where number = ?", (number,)).fetchone()
        return row is not None

    def decide(self, number: int, body: str) -> None:
        """Append decision `number`, or check that it is the one that was taken before.

        Raises `JournalMismatch` when it is another: then the agent, the metric or this package changed in between.
        """
        with self._guarded():
            row = self._connection.execute("select body from decisions where number = ?", (number,)).fetchone()
            if row is None:
                self._connection.execute("insert into decisions values (?, ?)", (number, body))
                return
        if row[0] != body:
            raise JournalMismatch(
                f"{self._place}: decision {number} came out differently than recorded; the agent, the metric or this "
                f"package changed since. Start in a new run folder. Recorded: {row[0][:300]} Now: {body[:300]}"
            )

    def decisions(self) -> Iterator[str]:
        """The decisions in order."""
        with self._guarded():
            for (body,) in self._connection.execute("select body from decisions order by number"):
                yield body

    def conclude(self, name: str, body: str) -> None:
        """Keep a result under `name`, replacing an earlier one (a run may go on with a larger budget)."""
        with self._guarded():
            self._connection.execute("insert or replace into outcome values (?, ?)", (name, body))

    def outcome(self, name: str) -> str | None:
        """The result under `name`; None if the run did not get there."""
        with self._guarded():
            row = self._connection.execute("select body from outcome where name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _identify(self, identity: Mapping[str, str]) -> None:
        with self._guarded():
            known = dict(self._connection.execute("select name, value from identity"))
            if not known:
                self._connection.executemany("insert into identity values (?, ?)", identity.items())
                return
        for name, value in identity.items():
            if known.get(name) != value:
                recorded, now = _difference(known.get(name, ""), value)
                raise JournalMismatch(
                    f"{self._place} belongs to a run with {'other' if name.endswith('s') else 'another'} {name} "
                    f"(recorded: {recorded}; now: {now}); use another run folder, or put it back"
                )

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            full = getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
            remedy = "free the disk and run again" if full else "put a good copy back, or use another run folder"
            raise JournalError(f"{self._place}/{FILE}: {error}; {remedy}") from error


def read(folder: Path) -> Journal:
    """Open the journal of an existing run for reading its results, whatever its identity.

    Raises `JournalError` when there is none in `folder`.
    """
    if not (folder / FILE).is_file():
        raise JournalError(f"{folder} holds no run (no {FILE}); name the run folder of an `optimize`")
    return Journal(folder, {})


def _difference(recorded: str, now: str) -> tuple[str, str]:
    """What two JSON objects do not share; anything else as it is."""
    try:
        old, new = json.loads(recorded), json.loads(now)
    except json.JSONDecodeError:
        return recorded, now
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return recorded, now
    changed = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return _named(old, changed), _named(new, changed)


def _named(values: Mapping[str, object], keys: list[str]) -> str:
    return ", ".join(f"{key} = {json.dumps(values.get(key))}" for key in keys)


def _locked(folder: Path) -> FileLock:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise JournalInUse(f"{folder} is in use by another process; wait for it, or use another run folder") from error
    except OSError as error:
        raise JournalError(f"{folder} can't be written ({error.strerror}); use another run folder") from error
    return lock


def _connect(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(name, isolation_level=None)
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        connection.executescript(_SCHEMA)
        (state,) = connection.execute("pragma quick_check(1)").fetchone()
        if state != "ok":
            raise sqlite3.DatabaseError(f"damaged: {state}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
