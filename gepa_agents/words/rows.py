"""Rows of a file of tasks or labels: JSON lines, a JSON list, CSV or TSV. Knows files, not what the rows mean."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gepa_agents.words.errors import SuiteError
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.nesting import DEEPEST, too_deep

__all__ = ["OTHERS", "Row", "read"]


TABLES = (".csv", ".tsv")
OTHERS = (*TABLES, ".json")
"""Endings of files that hold something else than JSON lines."""
TOO_DEEP = ("no JSON (it is nested too deeply)", f"{DEEPEST} levels are read")


class Row(NamedTuple):
    """One entry, and where it stands."""

    place: str
    """As `tasks.csv:3`, for messages."""
    value: JsonValue
    """An object, unless the file is wrong."""


def read(path: Path) -> list[Row]:
    """All rows of a file; its ending says what it is (`.csv`, `.tsv`, `.json`, anything else is JSON lines).

    Raises `SuiteError` with file and line for what can't be read.
    """
    try:
        # A table's cells keep their line ends; JSON has none inside its texts.
        with path.open(encoding="utf-8-sig", newline="" if path.suffix.lower() in TABLES else None) as file:
            text = file.read()
    except OSError as error:
        raise SuiteError(
            f"{path} can't be read ({error.strerror}); name a file of tasks, one JSON object a line, or CSV"
        ) from error
    except UnicodeDecodeError as error:
        raise SuiteError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except ValueError as error:  # a path that no file can have
        raise SuiteError(f"{str(path)!r} can't be read ({error}); name a file of tasks") from error
    match path.suffix.lower():
        case ending if ending in TABLES:
            return list(_table(path, text))
        case ".json":
            return _list(path, text)
        case _:
            lines = text.split("\n")  # splitlines() would cut at U+2028 inside a text
            return [_line(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]


class _NotJson(Exception):
    """A text is no JSON: why, and what to do; and on which of its lines."""

    def __init__(self, why: str, remedy: str, line: int | None = None) -> None:
        super().__init__(why)
        self.remedy = remedy
        self.line = line


def _refuse_constant(name: str) -> None:
    """Python's JSON reader takes NaN and Infinity, which JSON does not have."""
    raise _NotJson(f"{name} is no JSON", "write a number, a text or null")


def _json(text: str, remedy: str = "") -> JsonValue:
    try:
        value: JsonValue = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _NotJson(f"no JSON ({error.msg} at column {error.colno})", remedy, error.lineno) from error
    except ValueError as error:
        raise _NotJson("no JSON (a number has too many digits)", "write it as a text") from error
    except RecursionError as error:
        raise _NotJson(*TOO_DEEP) from error
    if text.count("[") + text.count("{") > DEEPEST and too_deep(value):
        raise _NotJson(*TOO_DEEP)
    if "\\ud" in text.lower():
        _check_characters(value)
    return value


def _check_characters(value: JsonValue) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = "half of a surrogate pair (such as \\ud800), which is no character"
        raise _NotJson(f"it holds {half}", "write the whole character") from error


def _line(path: Path, number: int, line: str) -> Row:
    place = f"{path}:{number}"
    try:
        return Row(place, _json(line, "one object a line"))
    except _NotJson as error:
        raise SuiteError(f"{place}: {error}; {error.remedy}") from error


def _list(path: Path, text: str) -> list[Row]:
    try:
        value = _json(text, "one list of objects")
    except _NotJson as error:
        place = path if error.line is None else f"{path}:{error.line}"
        raise SuiteError(f"{place}: {error}; {error.remedy}") from error
    if not isinstance(value, list):
        raise SuiteError(f"{path} holds no list; write [ … ] around the objects, or name the file .jsonl")
    return [Row(f"{path}: entry {number}", one) for number, one in enumerate(value, 1)]


def _table(path: Path, text: str) -> Iterator[Row]:
    header = next((line for line in text.splitlines() if line.strip()), "")
    tab = path.suffix.lower() == ".tsv" or ("\t" in header and "," not in header)
    between = "\t" if tab else ";" if ";" in header and "," not in header else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=between, strict=True)
    names: list[str] | None = None
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise SuiteError(
                f"{path}:{number}: no CSV ({error}); mend the line, or save the table as JSON lines"
            ) from error
        if cells is None:
            return
        if not any(map(str.strip, cells)):
            continue
        if names is None:
            names = _header(path, number, cells)
        elif len(cells) != len(names):
            raise SuiteError(
                f"{path}:{number}: {len(cells)} cells under {len(names)} columns; a cell with a comma, a quote or a "
                'line end in it needs "double quotes" around it'
            )
        else:
            yield Row(f"{path}:{number}", _cells(names, cells))


def _header(path: Path, number: int, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    for name in names:
        if not name or names.count(name) > 1:
            what = f"the column `{name}` stands twice" if name else "a column has no name"
            raise SuiteError(f"{path}:{number}: {what}; the first line names the columns, each once")
    return names


def _cells(names: list[str], cells: list[str]) -> dict[str, JsonValue]:
    return {name: _cell(cell) for name, cell in zip(names, cells, strict=True)}


def _cell(cell: str) -> JsonValue:
    """A cell's value: nothing where it is empty, an object or a list where it is JSON of one, else its text."""
    if not cell:
        return None
    if cell.lstrip()[:1] not in ("{", "["):
        return cell
    try:
        return _json(cell)
    except _NotJson:
        return cell
