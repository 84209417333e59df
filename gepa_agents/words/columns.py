"""Which columns of a table, or keys of an object, make a task. Knows rows, not where they come from."""

import difflib
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field, ValidationError

from gepa_agents.words.errors import SuiteError
from gepa_agents.words.frozen import Frozen, JsonValue
from gepa_agents.words.nesting import DEEPEST, too_deep
from gepa_agents.words.rows import Row
from gepa_agents.words.task import Split, Task

__all__ = ["Columns", "tasks"]

Source = str | Annotated[tuple[str, ...], Field(min_length=1)] | Annotated[dict[str, str], Field(min_length=1)]
"""One column; several, which become an object with their names as keys; or keys and the columns for them."""

SPLITS: Mapping[str, Split] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}
"""What others call the splits."""


class Columns(Frozen):
    """Where a task's parts stand in a row. A name with dots (`metadata.kind`) reaches into objects.

    A part that is None is the column of its own name, if there is one; an empty text is none at all.
    """

    id: str | None = None
    """Without a column, the id is a hash of the input: the same task has the same id wherever it stands."""
    input: Source | None = None
    """What the agent is given."""
    expected: Source | None = None
    """What the metric needs to judge the outcome."""
    split: str | None = None
    """`train`, `val` or `test`, or what others call them (`validation`, `dev`). Where nothing is said, the id decides.
    Where the column knows no `val`, half of `train` becomes it, by the hash of the ids."""
    metadata: tuple[str, ...] | None = None
    """Columns to keep beside it; of a column named `metadata`, the keys of the object in it."""


LANGSMITH = Columns(input="inputs", expected="outputs", split="")
"""How LangSmith names the parts of an example."""


def tasks(rows: Iterable[Row], columns: Columns | None, source: str) -> list[Task]:
    """A task for each row. Without `columns`, keys are a task's own, or those of a LangSmith example.

    Raises `SuiteError` that names the place and the column; `source` names the whole.
    """
    found = list(rows)
    for row in found:
        if too_deep(row.value):
            raise SuiteError(f"{row.place}: it is nested too deeply; a task is plain data, of at most {DEEPEST} levels")
    if columns is None:
        first = found[0].value if found else None
        foreign = isinstance(first, Mapping) and "inputs" in first and "input" not in first
        if not foreign:
            return [_own(row) for row in found]
        columns = LANGSMITH
    made, places = list[Task](), dict[str, str]()
    for row in found:
        task = _mapped(row, columns)
        if task.id in places:
            what = "the input" if _anonymous(row, columns) else f"the id `{task.id}`"
            raise SuiteError(f"{row.place}: {what} stands in {places[task.id]} already; ids must be unique")
        places[task.id] = row.place
        made.append(task)
    return _with_val(made)


def _own(row: Row) -> Task:
    """A row that is a task as it stands."""
    value = row.value
    if isinstance(value, Mapping):  # an empty cell of a table is no value
        value = {key: part for key, part in value.items() if part is not None or key in ("input", "expected")}
        if "id" not in value and "input" in value:
            value["id"] = _digest(value["input"])
        if isinstance(said := value.get("split"), str):
            value["split"] = SPLITS.get(said.strip().lower(), said)
    try:
        return Task.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the line"
        raise SuiteError(
            f"{row.place}: `{where}`: {first['msg']}; a task has `id`, `input`, and `expected`; where they have other "
            "names, say so in `columns`"
        ) from error


def _mapped(row: Row, columns: Columns) -> Task:
    if not isinstance(row.value, Mapping):
        raise SuiteError(f"{row.place}: no object; a row is an object with its columns as keys")
    here = _Row(row.place, row.value)
    content = here.part("input", columns.input)
    if content is None:
        raise SuiteError(
            f"{row.place}: the input (column `{_named(columns.input or 'input')}`) is empty; give the task one"
        )
    name = here.one("id", columns.id)
    identity = _digest(content) if name is None or name == "" else str(name)
    try:
        return Task(
            id=identity,
            input=content,
            expected=here.part("expected", columns.expected),
            metadata=here.metadata(columns.metadata),
            split=here.split(columns),
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SuiteError(f"{row.place}: `{where}`: {first['msg']}; a task is plain data, as in JSON") from error


class _Row:
    """A row that is asked for parts of a task."""

    def __init__(self, place: str, value: Mapping[str, JsonValue]) -> None:
        self._place, self._value = place, value

    def part(self, own: str, source: Source | None) -> JsonValue:
        """The value of one column, or an object of several."""
        if source is None or isinstance(source, str):
            return self.one(own, source)
        named = source if isinstance(source, dict) else {column.rsplit(".", 1)[-1]: column for column in source}
        return {key: self._at(column) for key, column in named.items()}

    def one(self, own: str, column: str | None) -> JsonValue:
        """The value of a column; None where there is none by default."""
        if column is None:
            return self._value.get(own) if own != "input" else self._at(own)
        return self._at(column) if column else None

    def metadata(self, columns: tuple[str, ...] | None) -> dict[str, JsonValue]:
        """What is kept beside the task."""
        if columns is None:
            columns = ("metadata",) if self._value.get("metadata") is not None else ()
        kept: dict[str, JsonValue] = {}
        for column in columns:
            value = self._at(column)
            if column == "metadata" and isinstance(value, Mapping):
                kept |= value
            else:
                kept[column.rsplit(".", 1)[-1]] = value
        return kept

    def split(self, columns: Columns) -> Split | None:
        """Where the row says that it belongs, in our words."""
        said = self.one("split", columns.split)
        if columns is LANGSMITH:  # every example is in `base`, and may be in further splits
            kinds = self.metadata(None).get("dataset_split")
            listed = kinds if isinstance(kinds, list) else []
            known: set[Split] = {SPLITS[str(kind)] for kind in listed if str(kind) in SPLITS}
            return known.pop() if len(known) == 1 else None
        if said is None:
            return None
        split = SPLITS.get(str(said).strip().lower())
        if split is None:
            raise SuiteError(
                f"{self._place}: `{columns.split or 'split'}` is {said!r}; it should be train, val or test, "
                "or empty for a split by the id"
            )
        return split

    def _at(self, column: str) -> JsonValue:
        if column in self._value:
            return self._value[column]
        value: JsonValue = dict(self._value)
        for key in column.split("."):
            if not isinstance(value, Mapping) or key not in value:
                raise SuiteError(f"{self._place}: there is no column `{column}`; {_nearest(column, self._value)}")
            value = value[key]
        return value


def _nearest(column: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(column, names, n=1)
    return f"did you mean `{close[0]}`?" if close else f"there are {', '.join(f'`{name}`' for name in names)}"


def _named(source: Source) -> str:
    return source if isinstance(source, str) else ", ".join(source)


def _anonymous(row: Row, columns: Columns) -> bool:
    given = row.value.get("id") if isinstance(row.value, Mapping) else None
    return columns.id == "" or (columns.id is None and given in (None, ""))


def _digest(content: JsonValue) -> str:
    written = json.dumps(content, sort_keys=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(written.encode()).hexdigest()[:12]


def _with_val(made: list[Task]) -> list[Task]:
    """Half of train as val, where the source knows its splits and has no val."""
    named = {task.split for task in made}
    if "train" not in named or "val" in named or None in named:
        return made
    return [
        task.model_copy(update={"split": "val"}) if task.split == "train" and _second_half(task.id) else task
        for task in made
    ]


def _second_half(task_id: str) -> bool:
    return hashlib.sha256(f"val/{task_id}".encode()).digest()[0] >= 128
