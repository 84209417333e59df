"""What one cell of the table says, and how CPU, memory and written bytes are read from the system (Linux)."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

PAGE = 4096


@dataclass(frozen=True)
class Cell:
    """One engine at one size of pool and val."""

    engine: str
    kind: str
    candidates: int
    tasks: int
    accepted: float
    """CPU milliseconds of an iteration that lets a candidate in; median."""
    rejected: float
    """Of one that does not."""
    worst: float
    """The slowest iteration of either kind."""
    memory: float
    """MiB that the pool takes in the process."""
    written: float
    """KiB written to disk by an accepted iteration; median."""
    disk: float
    """MiB in the run folder at the end."""


@dataclass
class Meter:
    """Takes the time and the bytes of iterations, without what is excluded."""

    milliseconds: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    written: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    _excluded: float = 0.0
    _began: tuple[float, int] = (0.0, 0)

    def begin(self) -> None:
        """An iteration starts now."""
        self._excluded = 0.0
        self._began = time.process_time(), _written()

    def end(self, what: str) -> None:
        """It is over, and was of this kind; the next one starts."""
        seconds = time.process_time() - self._began[0] - self._excluded
        self.milliseconds.setdefault(what, []).append(seconds * 1000)
        self.written.setdefault(what, []).append((_written() - self._began[1]) / 1024)
        self.begin()

    @contextmanager
    def excluded(self) -> Iterator[None]:
        """What happens within is not the engine's."""
        began = time.process_time()
        yield
        self._excluded += time.process_time() - began

    def cell(self, engine: str, kind: str, sizes: tuple[int, int], memory: float, folder: Path | None) -> Cell:
        """The figures of all iterations so far."""
        taken = self.milliseconds
        return Cell(
            engine, kind, *sizes,
            accepted=median(taken["accepted"]), rejected=median(taken["rejected"]),
            worst=max(max(times) for times in taken.values()), memory=memory,
            written=median(self.written["accepted"]), disk=size(folder) if folder else 0.0,
        )  # fmt: skip


def resident() -> float:
    """MiB of memory that the process holds."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 2**20


def _written() -> int:
    """Bytes that the process has handed to the system to write so far."""
    line = next(line for line in Path("/proc/self/io").read_text().splitlines() if line.startswith("wchar"))
    return int(line.split()[1])


def size(folder: Path) -> float:
    """MiB of the files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20
