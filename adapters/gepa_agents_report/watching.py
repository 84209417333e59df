"""Keeps up with a run folder: its content as of now, read again only when the run has written something."""

import threading
import time
from pathlib import Path

from gepa_agents import History, JournalError
from gepa_agents_report import content
from gepa_agents_report.content import Content
from gepa_agents_report.gathering import gather

PATIENCE = 4
"""The folder is not read again before so many times as long have passed as the last reading took."""
NONE = "none"
"""The version of a folder without a run."""
_FILES = ("journal.sqlite", "journal.sqlite-wal")


class Watched:
    """A run folder that may be empty, or not be there, and fills. Safe to ask from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._version, self._content = "", nothing(folder)
        self._rest = 0.0

    def now(self) -> tuple[str, Content]:
        """The content and its version. What can't be read for a moment stays as it was."""
        with self._lock:
            version = self._stamp()
            if version != self._version and time.monotonic() >= self._rest:
                begun = time.monotonic()
                try:
                    with History.open(self._folder) as run:
                        self._content = gather(run)
                except JournalError as error:
                    if not self._content.candidates:
                        self._content = nothing(self._folder, "" if version == NONE else str(error))
                self._version = version
                self._rest = time.monotonic() + PATIENCE * (time.monotonic() - begun)
            return self._version, self._content

    def _stamp(self) -> str:
        found = list[str]()
        for name in _FILES:
            try:
                stat = (self._folder / name).stat()
            except OSError:
                continue
            found.append(f"{stat.st_mtime_ns:x}-{stat.st_size:x}")
        return ".".join(found) or NONE


def nothing(folder: Path, why: str = "") -> Content:
    """The content of a folder that holds no run yet: what to do about it."""
    return Content(
        agent="no agent yet",
        written="before the run",
        finished=False,
        verdict=content.Verdict(
            headline="No run yet",
            sentence=f"{why or f'{folder} holds no run yet'}. Start one with `gepa-agents optimize gepa.toml "
            f"--run {folder}`: this page shows it as soon as it has begun.",
            kind="open",
        ),
        chosen=0,
        graph=content.Graph(nodes=(), edges=(), components=(), unreachable=()),
        candidates=(),
        decisions=(),
        tasks=(),
        scores=(),
        marks=(),
        trajectories={},
        reflections=(),
        ledger=(),
        rollouts=0,
        reflected=0,
        seconds=None,
        budget=None,
        settings=None,
        reflection_lm="",
        versions={},
        suite="",
        left_out=(),
        texts=(),
    )
