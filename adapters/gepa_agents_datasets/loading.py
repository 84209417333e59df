"""Makes a suite of what the `datasets` package reads. Local data only: what is on the Hub its own loader gets."""

import importlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from gepa_agents import Columns, SuiteError, TaskSuite

__all__ = ["load", "readable"]

Rows = Iterable[Mapping[str, Any]]

SAVED = ("dataset_dict.json", "state.json")
"""Files that `save_to_disk` leaves in a folder, of a `DatasetDict` and of a `Dataset`."""


def readable(path: Path) -> bool:
    """Whether a path is for this package to read, and not a file of tasks: a folder, or a Parquet or Arrow file."""
    return path.is_dir() or path.suffix.lower() in (".parquet", ".arrow")


def load(source: object, columns: Columns | None = None) -> TaskSuite:
    """A suite of a `Dataset`, a `DatasetDict` (any mapping of splits to rows), or a path of one.

    A path is a folder that `save_to_disk` wrote, a folder of data files as on the Hub, or a Parquet or Arrow file;
    nothing is downloaded, and no copy of the data is cached. The splits are the dataset's own; without `val`
    (`validation`), half of `train` becomes it. A label that is a number in the data gets its name. Columns are found
    by a task's own names (`input`, `expected`, …) unless `columns` says otherwise; others are left out.

    Raises `SuiteError` for what can't be read or makes no tasks, and where the package is not installed.
    """
    name = "the dataset"
    if isinstance(source, str | Path):
        name, source = str(source), _opened(Path(source))
    columns = columns or Columns()
    if isinstance(source, Mapping):
        parts = ((str(split), rows) for split, rows in source.items())
        return TaskSuite.of_rows(_split_rows(parts, columns), columns, name)
    if not isinstance(source, Iterable):
        raise SuiteError(f"{type(source).__name__} is no dataset; give a Dataset, a DatasetDict, or the path of one")
    return TaskSuite.of_rows(_rows(source), columns, name)


def _opened(path: Path) -> Any:
    if not path.exists():
        raise SuiteError(
            f"{path} does not exist; a dataset on the Hub is loaded by `datasets.load_dataset` first, then given here"
        )
    datasets = _package(path)
    try:
        if path.is_dir() and any((path / name).exists() for name in SAVED):
            return datasets.load_from_disk(str(path))
        if path.is_dir():
            return datasets.load_dataset(str(path), streaming=True)
        # Streamed, the rows are read as they stand, and no copy of them goes to a cache.
        kind = path.suffix.lower().removeprefix(".")
        return datasets.load_dataset(kind, data_files=str(path), split="train", streaming=True)
    except (OSError, ValueError) as error:  # the package's own errors derive from these
        said = " ".join(str(error).split())
        raise SuiteError(f"{path} can't be read as a dataset: {said}; try `datasets.load_dataset` on it") from error


def _package(path: Path) -> ModuleType:
    try:
        return importlib.import_module("datasets")
    except ModuleNotFoundError as error:
        raise SuiteError(
            f"{path} is a dataset, which the package `datasets` reads ({error}); "
            "run `pip install 'gepa-agents[datasets]'`"
        ) from error


def _split_rows(parts: Iterable[tuple[str, Rows]], columns: Columns) -> Iterator[dict[str, Any]]:
    for split, rows in parts:
        # A column that the user named for the split counts more than the part it stands in.
        named = {} if columns.split is not None else {"split": split}
        yield from ({**row, **named} for row in _rows(rows))


def _rows(rows: Rows) -> Iterator[dict[str, Any]]:
    features = getattr(rows, "features", None) or {}
    labels = {name: feature.int2str for name, feature in features.items() if hasattr(feature, "int2str")}
    for row in rows:
        yield {name: _named(value, labels.get(name)) for name, value in row.items()}


def _named(value: Any, label: Any) -> Any:
    """A label's name; the number stands for "none" below zero."""
    if label is None or not isinstance(value, int):
        return value
    return label(value) if value >= 0 else None
