"""The file under the journal: entries in the order they were first written, each under a checksum, in one SQLite table.

SQLite keeps a file whole through a crash, but does not notice a bit that flips inside a stored text. So each entry
carries a checksum, numbers leave no gap, and opening checks all of it: damage is found before it decides anything.
Knows kinds, keys and texts, not what they mean.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, Self

from gepa_agents.words.errors import JournalError, JournalMismatch

FORMAT = 3
"""Version of what is in the file; another one is refused, not guessed at."""
_PATIENCE = 2.0
"""Seconds to wait for another program that holds the file."""
APPLICATION = int.from_bytes(b"gepa", "big")
"""SQLite's mark of whose file it is."""

_SCHEMA = f"""
begin immediate;
pragma application_id = {APPLICATION};
pragma user_version = {FORMAT};
create table entries (
    number integer primary key, kind text not null, key text not null, body text, at real not null, sum blob not null,
    unique (kind, key)
);
commit;
"""
_PUT = """
insert into entries (kind, key, body, at, sum) values (?, ?, ?, ?, ?)
on conflict (kind, key) do update set body = excluded.body, at = excluded.at, sum = excluded.sum
"""
_ROWS = "select number, kind, key, body, at, sum from entries"
_ONE = f"{_ROWS} where kind = ? and key = ?"
_PREFIXED = f"{_ROWS} where kind = ? and substr(key, 1, ?) = ? order by key"
_ALL = f"{_ROWS} order by number"

_COPY = "put a good copy back, or use another run folder"
_WRITABLE = "make the folder writable, or use another one"
_HELD = "close the program that holds it, and run again"
_DISK = "free or mend the disk and run again, what is recorded is kept"
_REMEDIES = {
    sqlite3.SQLITE_FULL: _DISK,
    sqlite3.SQLITE_IOERR: _DISK,
    sqlite3.SQLITE_READONLY: _WRITABLE,
    sqlite3.SQLITE_CANTOPEN: _WRITABLE,
    sqlite3.SQLITE_PERM: _WRITABLE,
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
}


_BARRED = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


class Entry(NamedTuple):
    """An entry as it is read back."""

    key: str
    body: str | None
    """None once it was dropped."""


class Entries:
    """The entries of one file. For one thread; raises `JournalError` for whatever is wrong with the file."""

    def __init__(self, connection: sqlite3.Connection, place: str) -> None:
        """`place` names the file in messages. `opened` and `viewed` make one."""
        self._connection = connection
        self._place = place
        connection.text_factory = bytes  # The checksum is of the bytes, and damaged ones may be no text at all.

    @classmethod
    def opened(cls, file: Path | None) -> Self:
        """Open a file for reading and writing, or make it; None keeps all in memory."""
        place = "the journal in memory" if file is None else str(file)
        if file is not None and file.exists() and not file.is_file():
            raise JournalError(f"{file} is no file; move it away, or use another run folder")
        with ExitStack() as kept, _guarded(place):
            entries = cls(
                sqlite3.connect(":memory:" if file is None else file, isolation_level=None, timeout=_PATIENCE), place
            )
            kept.callback(entries.close)
            if entries._is_new():  # Asked first: a file of somebody else's is not changed.
                entries._connection.execute("pragma journal_mode = wal")
                entries._connection.executescript(_SCHEMA)
            entries._connection.execute("pragma synchronous = full")
            entries._check()
            kept.pop_all()
        return entries

    @classmethod
    def viewed(cls, file: Path) -> Self:
        """Open a file for reading, while another process writes it too, and in a folder that can't be written."""
        try:
            return cls._viewed(file, "mode=ro")
        except JournalError as error:
            log = file.with_name(f"{file.name}-wal")
            if _code(error.__cause__) not in _BARRED or (log.is_file() and log.stat().st_size > 0):
                raise
        # It was closed well, and SQLite can put no index beside it: so nobody writes, and it needs none.
        return cls._viewed(file, "immutable=1")

    @classmethod
    def _viewed(cls, file: Path, how: str) -> Self:
        with ExitStack() as kept, _guarded(str(file)):
            uri = f"{file.absolute().as_uri()}?{how}"
            entries = cls(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_PATIENCE), str(file))
            kept.callback(entries.close)
            if entries._is_new():
                raise JournalError(f"{file} holds no run yet; wait until one has begun")
            entries._check()
            kept.pop_all()
        return entries

    def put(self, kind: str, key: str, body: str | None, at: float) -> None:
        """Write an entry, over one of the same kind and key; None drops the body. Durable once this returns."""
        with _guarded(self._place):
            self._connection.execute(_PUT, (kind, key, body, at, _sum(kind, key, body, at)))

    def get(self, kind: str, key: str) -> str | None:
        """The body under this kind and key; None when there is none."""
        with _guarded(self._place):
            row = self._connection.execute(_ONE, (kind, key)).fetchone()
        return None if row is None else self._sound(row).body

    def scan(self, kind: str, prefix: str = "") -> Iterator[tuple[str, str]]:
        """Keys and bodies of a kind whose key starts with `prefix`, in the order of their keys."""
        with _guarded(self._place):
            for row in self._connection.execute(_PREFIXED, (kind, len(prefix), prefix)):
                entry = self._sound(row)
                if entry.body is not None:
                    yield entry.key, entry.body

    def latest(self) -> float:
        """The greatest `at`; 0 when nothing is written."""
        with _guarded(self._place):
            (latest,) = self._connection.execute("select coalesce(max(at), 0) from entries").fetchone()
        return float(latest)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _is_new(self) -> bool:
        """Whether the file is empty; raises when it is not ours, or of another format."""
        application = self._one("pragma application_id")
        if application == APPLICATION:
            if (version := self._one("pragma user_version")) != FORMAT:
                raise self._mismatch(version)
            return False
        if self._one("select count(*) from sqlite_master") == 0:
            return True
        if self._one("select count(*) from sqlite_master where name in ('identity', 'calls')") == 2:
            raise self._mismatch(1)
        raise JournalError(f"{self._place} is a database, but no journal of a run; use another run folder")

    def _one(self, statement: str) -> int:
        return int(self._connection.execute(statement).fetchone()[0])

    def _mismatch(self, version: int) -> JournalMismatch:
        return JournalMismatch(
            f"{self._place} has another format (its: {version}, ours: {FORMAT}); use another run folder, "
            "or the version of gepa-agents that wrote it"
        )

    def _check(self) -> None:
        """Read everything once: the structure of the file, each checksum, and that no number is missing."""
        (state,) = self._connection.execute("pragma integrity_check(1)").fetchone()
        if state != b"ok":
            raise self._damaged(" ".join(state.decode(errors="replace").split()))
        for expected, row in enumerate(self._connection.execute(_ALL), 1):
            if row[0] != expected:
                raise self._damaged(f"entry {expected} is missing")
            self._sound(row)

    def _sound(self, row: tuple[int, bytes, bytes, bytes | None, float, bytes]) -> Entry:
        """The entry in a row; raises `JournalError` when it is not as it was written."""
        number, kind, key, body, at, noted = row
        try:
            entry = Entry(key.decode(), None if body is None else body.decode())
            if _sum(kind.decode(), entry.key, entry.body, at) == noted:
                return entry
        except (UnicodeDecodeError, AttributeError):  # no UTF-8, or no text at all
            pass
        name = key.decode(errors="replace") if isinstance(key, bytes) else key
        raise self._damaged(f"entry {number} (`{name}`) is not as it was written")

    def _damaged(self, how: str) -> JournalError:
        return JournalError(f"{self._place} is damaged: {how}; {_COPY}")


def _sum(kind: str, key: str, body: str | None, at: float) -> bytes:
    head = f"{kind}\0{key}\0{at!r}\0{body is None}\0"
    return blake2b(head.encode() + (body or "").encode(), digest_size=8).digest()


@contextmanager
def _guarded(place: str) -> Iterator[None]:
    """SQLite's errors as sentences."""
    try:
        yield
    except sqlite3.Error as error:
        raise JournalError(f"{place}: {error}; {_REMEDIES.get(_code(error), _COPY)}") from error


def _code(error: BaseException | None) -> int:
    """SQLite's primary code, 0 for another error: the low byte, above it stands which case of it."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF
