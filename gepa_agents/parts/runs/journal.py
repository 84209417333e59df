"""The run folder's journal: every paid call and every decision, durable before it is used.

Resuming is replaying: the same seed asks for the same calls under the same keys, and those that were paid for are
read instead of made. So nothing else has to be saved, and nothing restored. The journal knows keys and JSON texts,
not what they mean.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from filelock import FileLock, Timeout
from pydantic import BaseModel, ValidationError

from gepa_agents.parts.runs.entries import Entries
from gepa_agents.words.errors import JournalError, JournalInUse, JournalMismatch

Record = TypeVar("Record", bound=BaseModel)

FILE = "journal.sqlite"


class Reader:
    """What a run has written so far. Use it from one thread, as a context manager."""

    def __init__(self, entries: Entries, place: str, opened: ExitStack) -> None:
        """`read` makes one; `opened` is what to close in the end."""
        self._entries = entries
        self.place = place
        """The folder, as messages name it."""
        self._opened = opened

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let go of the folder."""
        self._opened.close()

    def recall(self, key: str) -> str | None:
        """What was recorded under `key`; None if nothing was."""
        return self._entries.get("call", key)

    def restore(self, key: str, kind: type[Record]) -> Record | None:
        """What was recorded under `key`, as the record it was made of; None if nothing was.

        Raises `JournalError` when the body is none of the kind: another version of this package wrote it.
        """
        body = self.recall(key)
        try:
            return None if body is None else kind.model_validate_json(body)
        except ValidationError as error:
            raise JournalError(
                f"{self.place}/{FILE}: the call `{key}` can't be read; put a good copy back, or use another run folder"
            ) from error

    def calls(self, prefix: str = "") -> Iterator[tuple[str, str]]:
        """Recorded calls whose key starts with `prefix`, in the order of their keys."""
        return self._entries.scan("call", prefix)

    def decision(self, number: int) -> str | None:
        """Decision `number`; None if it was not taken yet."""
        return self._entries.get("decision", _numbered(number))

    def decisions(self) -> Iterator[str]:
        """The decisions in order."""
        return (body for _, body in self._entries.scan("decision"))

    def outcome(self, name: str) -> str | None:
        """The result under `name`; None if the run did not get there."""
        return self._entries.get("outcome", name)


class Journal(Reader):
    """The journal of one run, in a folder or (without one) in memory."""

    def __init__(self, folder: Path | None, identity: Mapping[str, str]) -> None:
        """Open or create the journal in `folder`.

        `identity` is what a run must share with the journal to continue it: the hash of the tasks, the settings.

        Raises `JournalInUse` when another process has it open, `JournalMismatch` when it was written for another
        identity or by another version, `JournalError` when the folder or the file can't be used.
        """
        place = str(folder) if folder else "the journal in memory"
        with ExitStack() as opened:  # What is open is closed again when what follows fails.
            if folder is not None:
                opened.callback(_locked(folder).release)
            entries = Entries.opened(folder / FILE if folder else None)
            opened.callback(entries.close)
            super().__init__(entries, place, ExitStack())
            self._identify(identity)
            self._started = time.monotonic() - entries.latest()
            self._opened = opened.pop_all()

    @property
    def seconds(self) -> float:
        """Seconds of work so far, those before an interruption included."""
        return time.monotonic() - self._started

    def record(self, key: str, body: str) -> None:
        """Keep `body` under `key`, replacing what is there; it survives a crash once this returns."""
        self._entries.put("call", key, body, self.seconds)

    def forget(self, keys: Iterable[str]) -> None:
        """Drop calls that turned out worthless, so that the next run makes them again."""
        for key in keys:
            self._entries.put("call", key, None, self.seconds)

    def decide(self, number: int, body: str) -> None:
        """Append decision `number`, or check that it is the one that was taken before.

        Raises `JournalMismatch` when it is another: then the agent, the metric or this package changed in between.
        """
        recorded = self._entries.get("decision", _numbered(number))
        if recorded is None:
            self._entries.put("decision", _numbered(number), body, self.seconds)
        elif recorded != body:
            raise JournalMismatch(
                f"{self.place}: decision {number} came out differently than recorded; the agent, the metric or this "
                f"package changed since. Start in a new run folder. Recorded: {recorded[:300]} Now: {body[:300]}"
            )

    def conclude(self, name: str, body: str) -> None:
        """Keep a result under `name`, replacing an earlier one (a run may go on with a larger budget)."""
        self._entries.put("outcome", name, body, self.seconds)

    def _identify(self, identity: Mapping[str, str]) -> None:
        recorded = self._entries.get("identity", "run")
        if recorded is None:  # In one entry: a crash leaves all of it or nothing.
            self._entries.put("identity", "run", json.dumps(dict(identity)), 0.0)
            return
        known = json.loads(recorded)
        for name, value in identity.items():
            if known.get(name, "") != value:
                before, now = _difference(known.get(name, ""), value)
                raise JournalMismatch(
                    f"{self.place} belongs to a run with {'other' if name.endswith('s') else 'another'} {name} "
                    f"(recorded: {before or 'none'}; now: {now or 'none'}); use another run folder, or put it back"
                )


def read(folder: Path) -> Reader:
    """Open the journal of a run for reading its results and decisions, whatever its identity.

    Takes no lock and writes nothing that is recorded: the run may be going on in another process, and what it writes
    meanwhile is there at the next call. Raises `JournalError` when there is no run in `folder`, or it can't be read.
    """
    if not (folder / FILE).is_file():
        raise JournalError(f"{folder} holds no run (no {FILE}); name the run folder of an `optimize`")
    with ExitStack() as opened:
        entries = Entries.viewed(folder / FILE)
        opened.callback(entries.close)
        return Reader(entries, str(folder), opened.pop_all())


def _numbered(number: int) -> str:
    """A key that sorts as its number does."""
    return f"{number:09d}"


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
