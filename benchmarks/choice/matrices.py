"""Recorded score matrices of real GEPA runs: candidates × val tasks, one rollout a cell. Their source: README.md."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

Row = tuple[float, ...]


@dataclass(frozen=True)
class Matrix:
    """The candidates of one run whose scores are known on every val task."""

    name: str
    rows: tuple[Row, ...]
    parents: tuple[int | None, ...]
    """For each row the row of its parent; None for the first and for a parent that is not known in full."""

    @property
    def tasks(self) -> int:
        """How many val tasks there were."""
        return len(self.rows[0])

    def pairs(self) -> Iterator[tuple[Row, Row]]:
        """Parent and child, for every child whose parent is known."""
        for row, parent in zip(self.rows, self.parents, strict=True):
            if parent is not None:
                yield self.rows[parent], row

    def columns(self, chosen: Sequence[int]) -> list[list[float]]:
        """The scores on some tasks, a list for each candidate."""
        return [[row[column] for column in chosen] for row in self.rows]


def load(folder: Path) -> list[Matrix]:
    """Every `*.json` of a folder: `base_scores`, and `candidates` with `idx`, `parent` and `scores`."""
    return [_matrix(path) for path in sorted(folder.glob("*.json"))]


def _matrix(path: Path) -> Matrix:
    document = json.loads(path.read_text(encoding="utf-8"))
    candidates = [{"idx": 0, "parent": None, "scores": document["base_scores"]}, *document["candidates"]]
    known = [one for one in candidates if None not in one["scores"]]
    place = {one["idx"]: number for number, one in enumerate(known)}
    return Matrix(
        name=path.stem.replace("hover_or_other_", ""),
        rows=tuple(tuple(float(score) for score in one["scores"]) for one in known),
        parents=tuple(place.get(one["parent"]) for one in known),
    )
