"""Labels that were set by reading: a table of ids and verdicts, `1` for a fault, `0` for none, empty for not judged."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.diagnosis.trace import Trace

FILE = Path(__file__).with_name("labels.csv")
NO_ERROR = "ignored_error"
"""Where no tool refused anything, none was ignored: those traces need no reading."""


def read(path: Path = FILE) -> dict[str, dict[str, bool]]:
    """The verdicts by id of the trace and name of the check."""
    with path.open(encoding="utf-8", newline="") as lines:
        return {
            row["id"]: {name: value == "1" for name, value in row.items() if name not in ("id", "read") and value}
            for row in csv.DictReader(lines)
        }


def labelled(traces: Iterable[Trace], verdicts: dict[str, dict[str, bool]]) -> Iterator[Trace]:
    """The traces with the verdicts put to what golds decided."""
    for trace in traces:
        rule = {} if trace.labels.get("tool_error", True) else {NO_ERROR: False}
        yield replace(trace, labels={**trace.labels, **rule, **verdicts.get(trace.id, {})})
