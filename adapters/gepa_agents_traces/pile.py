"""Puts spans together by trace, however they are mixed and in whatever order they come, in bounded memory.

They lie in a temporary SQLite database that SQLite keeps in a cache of fixed size, and writes to a nameless file when
it grows beyond; nothing is committed, for nothing has to outlive the process. So no trace is closed too early, and the
outcome does not depend on the order of lines.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from types import TracebackType
from typing import Any, Self

from gepa_agents.words.errors import ConfigError
from gepa_agents_traces.span import Record, Remark, Span
from gepa_agents_traces.tally import Tally

CACHE = 64 * 2**20
"""Bytes that SQLite may keep in memory."""
BATCH = 500
"""Records that are held before they are written."""
MOST = 10_000
"""Spans that are kept of one trace: the first by their start. The others are counted as cut."""

TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
BEGIN;
CREATE TABLE spans (trace TEXT, id TEXT, start INTEGER, body TEXT);
CREATE TABLE remarks (trace TEXT, span TEXT, body TEXT);
CREATE TABLE seen (task TEXT PRIMARY KEY, times INTEGER) WITHOUT ROWID;
"""
READY = """
CREATE INDEX spans_by_trace ON spans (trace, start, id);
CREATE INDEX spans_by_id ON spans (id);
UPDATE remarks SET trace = (SELECT MIN(trace) FROM spans WHERE spans.id = remarks.span) WHERE trace = '';
CREATE INDEX remarks_by_trace ON remarks (trace);
BEGIN;
"""


class Pile:
    """Records to be sorted by trace; a context manager, for what it wrote is deleted at the end."""

    def __init__(self, tally: Tally, cache: int = CACHE, most: int = MOST) -> None:
        self._tally = tally
        self._most = most
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(f"PRAGMA cache_size = -{cache // 1024};{TABLES}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._database.close()

    def take(self, records: Iterable[Record]) -> None:
        """Add records; spans without ids are counted as broken. Raises `ConfigError` when there is no room for them."""
        coming = iter(records)
        while batch := list(islice(coming, BATCH)):
            try:
                self._add(batch)
            except sqlite3.OperationalError as error:
                raise ConfigError(
                    f"there is no room for the spans in the folder of temporary files ({error}); "
                    "name another one in the environment variable SQLITE_TMPDIR"
                ) from error

    def _add(self, batch: Sequence[Record]) -> None:
        spans = [record for record in batch if isinstance(record, Span)]
        remarks = [record for record in batch if isinstance(record, Remark)]
        self._tally.spans += len(spans)
        self._tally.remarks += len(remarks)
        rows = [(span.trace, span.id, span.start, _written(span)) for span in spans if span.trace and span.id]
        self._tally.broken += len(spans) - len(rows)
        self._database.executemany("INSERT INTO spans VALUES (?, ?, ?, ?)", rows)
        self._database.executemany(
            "INSERT INTO remarks VALUES (?, ?, ?)", [(one.trace, one.span, _written(one)) for one in remarks]
        )

    def traces(self) -> Iterator[tuple[list[Span], list[Remark]]]:
        """Each trace with what was said about it, in order of their starts. To be asked once, when all is in."""
        self._database.executescript(READY)
        ordered = self._database.execute("SELECT trace, COUNT(*) FROM spans GROUP BY trace ORDER BY MIN(start), trace")
        for trace, count in ordered:
            self._tally.traces += 1
            self._tally.cut += max(count - self._most, 0)
            bodies = self._database.execute(
                "SELECT body FROM spans WHERE trace = ? ORDER BY start, id, body LIMIT ?", (trace, self._most)
            )
            said = self._database.execute("SELECT body FROM remarks WHERE trace = ? ORDER BY body", (trace,))
            spans = _merged(_span(body) for (body,) in bodies)
            self._tally.doubled += min(count, self._most) - len(spans)
            yield spans, [_remark(body) for (body,) in said]
        lost = self._database.execute(
            "SELECT COUNT(*) FROM remarks WHERE trace IS NULL OR trace NOT IN (SELECT trace FROM spans)"
        )
        self._tally.homeless = lost.fetchone()[0]

    def times(self, task: str) -> int:
        """How often this was asked about this task before."""
        counted = self._database.execute(
            "INSERT INTO seen VALUES (?, 0) ON CONFLICT (task) DO UPDATE SET times = times + 1 RETURNING times", (task,)
        )
        return int(counted.fetchall()[0][0])


def _written(record: Record) -> str:
    return json.dumps([getattr(record, name) for name in type(record).__slots__])


def _span(body: str) -> Span:
    span = Span(*json.loads(body))
    return replace(span, events=tuple((name, time, attributes) for name, time, attributes in span.events))


def _remark(body: str) -> Remark:
    return Remark(*json.loads(body))


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, each once: what was sent twice, or in two halves (start and end), is put together."""
    found: dict[str, Span] = {}
    for span in spans:
        other = found.get(span.id)
        found[span.id] = span if other is None else _both(other, span)
    return sorted(found.values(), key=lambda span: (span.start, span.id))


def _both(one: Span, other: Span) -> Span:
    starts = [span.start for span in (one, other) if span.start]
    first, last = sorted((one, other), key=lambda span: span.end)
    joined: dict[str, Any] = {
        name: getattr(last, name) or getattr(first, name) for name in ("parent", "name", "status", "events")
    }
    return Span(
        trace=one.trace,
        id=one.id,
        scope=last.scope,
        start=min(starts, default=0),
        end=last.end,
        failed=one.failed or other.failed,
        attributes={**first.attributes, **{name: value for name, value in last.attributes.items() if value}},
        **joined,
    )
