"""The file of a recording: read once, appended to call by call, put in order when it is closed.

Each line is on the disk before the call's answer is used. A file that was never closed is as good as a tidy one, but
for the order of its lines; a last line that was cut off by a crash is left out.
"""

import json
import logging
import os
import threading
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock, Timeout

from gepa_agents.parts.calls.entries import FORMAT, Broken, Entry, header, line, read
from gepa_agents.parts.calls.shelf import Shelf
from gepa_agents.words.errors import RecordingError

LOG = logging.getLogger("gepa_agents")


class Tape:
    """Recorded calls and their file. Safe to use from several threads; one process at a time may write."""

    def __init__(self, file: Path, *, writes: bool) -> None:
        """Raises `RecordingError` for a file that can't be read, is of another version, or is being written."""
        self.file = file
        self.shelf = Shelf()
        self._lock = threading.Lock()
        self._out: int | None = None
        self._held: FileLock | None = None
        self._changed = False
        if writes:
            self._hold()
        try:
            self._load(must_exist=not writes)
            if writes:
                self._open()
        except BaseException:
            self._release()
            raise

    def add(self, entry: Entry) -> None:
        """Write an entry down; it is on the disk when this returns. One of the same identity is superseded."""
        text = line(entry).encode() + b"\n"
        with self._lock:
            if self._out is None:
                raise RecordingError(f"{self.file}: the recording is closed; open it again to record more")
            whole = os.fstat(self._out).st_size
            try:
                written = os.write(self._out, text)
                while written < len(text):
                    written += os.write(self._out, text[written:])
                os.fsync(self._out)
            except OSError as error:
                os.ftruncate(self._out, whole)  # half a line would spoil the next
                raise RecordingError(
                    f"{self.file} can't be written ({error.strerror}); free space, or name another file"
                ) from error
            self._changed = True
            self.shelf.add(entry, 0)

    def close(self) -> None:
        """Put the lines in order, leave out superseded ones, and let go of the file."""
        with self._lock:
            if self._out is None:
                return
            os.close(self._out)
            self._out = None
            try:
                if self._changed:
                    self._tidy()
            finally:
                self._release()

    def _tidy(self) -> None:
        entries = sorted(self.shelf.entries(), key=lambda entry: entry.order)
        beside = self.file.with_name(f"{self.file.name}.new")
        with beside.open("wb") as out:
            out.writelines(_lines(entries))
            out.flush()
            os.fsync(out.fileno())
        beside.replace(self.file)

    def _load(self, must_exist: bool) -> None:
        try:
            data = self.file.read_bytes()
        except FileNotFoundError as error:
            if must_exist:
                raise RecordingError(f"there is no recording {self.file}; record one first") from error
            return
        except OSError as error:
            raise RecordingError(
                f"{self.file} can't be read ({error.strerror}); give the path of a recording"
            ) from error
        lines = data.split(b"\n")
        self._cut = len(data) - len(lines[-1])
        if lines[-1]:
            LOG.warning("%s:%d: the last call was cut off while it was written, and is left out", self.file, len(lines))
        if len(lines) > 1 or data:
            self._check_header(lines[0])
        for number, text in enumerate(lines[1:-1], start=2):
            if text.strip():
                self.shelf.add(self._entry(text, number), number)

    def _check_header(self, text: bytes) -> None:
        try:
            found = json.loads(text).get("format", "")
        except (ValueError, AttributeError):
            found = ""
        if found == FORMAT:
            return
        if str(found).startswith(FORMAT.rpartition("/")[0]):
            raise RecordingError(
                f"{self.file}: it is of format {found}, and this version reads {FORMAT}; record it again"
            )
        raise RecordingError(f"{self.file}: this is no recording of calls; name another file")

    def _entry(self, text: bytes, number: int) -> Entry:
        try:
            return read(text.decode())
        except UnicodeDecodeError as error:
            raise RecordingError(f"{self.file}:{number}: the line is no UTF-8; restore the file") from error
        except Broken as error:
            raise RecordingError(f"{self.file}:{number}: the line can't be used: {error}") from error

    def _open(self) -> None:
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._out = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            size = os.fstat(self._out).st_size
            if size == 0:
                os.write(self._out, header().encode() + b"\n")
            elif size > self._cut:
                os.ftruncate(self._out, self._cut)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> RecordingError:
        return RecordingError(f"{self.file} can't be written ({error.strerror}); name another file")

    def _hold(self) -> None:
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._held = FileLock(self.file.with_name(f".{self.file.name}.lock"))
            self._held.acquire(timeout=0)
        except Timeout as error:  # an `OSError`, too
            self._held = None
            raise RecordingError(
                f"{self.file}: another process is recording into it; wait for it, or name another file"
            ) from error
        except OSError as error:
            self._held = None
            raise self._unwritable(error) from error

    def _release(self) -> None:
        if self._held is not None:
            Path(self._held.lock_file).unlink(missing_ok=True)
            self._held.release()
            self._held = None


def _lines(entries: Iterable[Entry]) -> Iterable[bytes]:
    yield header().encode() + b"\n"
    for entry in entries:
        yield line(entry).encode() + b"\n"
