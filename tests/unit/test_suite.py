"""Task suites: what is read, how it is split, and what is refused."""

import json
from pathlib import Path

import pytest

from gepa_agents.words.errors import SuiteError
from gepa_agents.words.suite import TaskSuite
from gepa_agents.words.task import Task


def tasks(n: int) -> list[Task]:
    return [Task(id=f"t{i}", input=f"do {i}") for i in range(n)]


def write(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_a_file_becomes_three_splits(tmp_path: Path):
    """Every task of the file is in exactly one split, and blank lines are nothing."""
    path = write(tmp_path / "tasks.jsonl", *[{"id": f"t{i}", "input": "x"} for i in range(60)], "", "")
    suite = TaskSuite.load(path)
    assert len(suite.train) + len(suite.val) + len(suite.test) == 60
    assert len({task.id for task in (*suite.train, *suite.val, *suite.test)}) == 60


def test_new_tasks_move_no_old_one():
    """A task stays in its split however many others join."""
    few, many = TaskSuite.of(tasks(40)), TaskSuite.of(tasks(400))
    for name in ("train", "val", "test"):
        assert {task.id for task in getattr(few, name)} <= {task.id for task in getattr(many, name)}


def test_shares_are_about_two_two_one():
    """Of many tasks 40 % are for training, 40 % for validation, 20 % for the test."""
    suite = TaskSuite.of(tasks(5000))
    assert [round(len(split) / 5000, 1) for split in (suite.train, suite.val, suite.test)] == [0.4, 0.4, 0.2]


def test_a_task_may_say_where_it_belongs():
    """An explicit split wins over the hash."""
    named = [
        task.model_copy(update={"split": split}) for task, split in zip(tasks(3), ("test", "val", "train"), strict=True)
    ]
    suite = TaskSuite.of(named)
    assert [suite.test[0].id, suite.val[0].id, suite.train[0].id] == ["t0", "t1", "t2"]


def test_the_fingerprint_tells_suites_apart():
    """The same tasks have the same fingerprint, a changed expectation another one."""
    suite = TaskSuite.of(tasks(40))
    changed = TaskSuite.of([*tasks(39), Task(id="t39", input="do 39", expected="else")])
    assert suite.fingerprint == TaskSuite.of(tasks(40)).fingerprint != changed.fingerprint


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (['{"id": "a", "input": 1}', "{broken"], r"tasks.jsonl:2: no JSON"),
        (['{"id": "a", "imput": 1}'], r"tasks.jsonl:1: `input`: Field required"),
        (['{"id": "a", "input": 1, "extra": 2}'], r"tasks.jsonl:1: `extra`: Extra inputs"),
        (["[1, 2]"], r"tasks.jsonl:1: `the line`"),
        (['{"id": "", "input": 1}'], r"tasks.jsonl:1: `id`"),
        (['{"id": "a", "input": 1}'] * 2, r"the id `a` stands twice"),
        (['{"id": "a", "input": 1, "split": "later"}'], r"tasks.jsonl:1: `split`"),
        (['{"id": "a", "input": 1, "split": "val"}'], r"no task falls into train or test \(1 tasks in all\)"),
        (['{"id": "a", "input": NaN}'], r"tasks.jsonl:1: NaN is no JSON"),
        (['{"id": "a", "input": "\\ud800"}'], r"tasks.jsonl:1: it holds half of a surrogate pair"),
        (['{"id": "a", "input": {"\\uD800": 1}}'], r"tasks.jsonl:1: it holds half of a surrogate pair"),
        (['{"id": "a", "input": ' + "[" * 100_000], r"tasks.jsonl:1: no JSON \(it is nested too deeply"),
        (['{"id": "a", "input": ' + "[" * 150 + "]" * 150 + "}"], r"tasks.jsonl:1: no JSON \(it is nested too deeply"),
        (["{}", '{"id": "a", "input": ' + "7" * 5000 + "}"], r"tasks.jsonl:2: no JSON \(a number has too many digits"),
        ([], r"no task falls into train or val or test"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, lines: list[str], sentence: str):
    """Each mistake gives one sentence with file and line."""
    with pytest.raises(SuiteError, match=sentence):
        TaskSuite.load(write(tmp_path / "tasks.jsonl", *lines))


def test_half_a_character_in_a_row_of_python_is_named():
    """What no file can hold is no task."""
    with pytest.raises(SuiteError, match="task `a` holds half of a surrogate pair"):
        TaskSuite.of_rows([{"id": "a", "input": {"\ud83d": 1}}])


def test_a_missing_file_is_named(tmp_path: Path):
    """No file, no traceback."""
    with pytest.raises(SuiteError, match="can't be read"):
        TaskSuite.load(tmp_path / "none.jsonl")


def test_a_path_that_no_file_can_have_is_named():
    """A null character in a path is said to be one."""
    with pytest.raises(SuiteError, match=r"'tasks\\x00.jsonl' can't be read \(embedded null byte\)"):
        TaskSuite.load("tasks\0.jsonl")


def test_another_encoding_is_named(tmp_path: Path):
    """A file that is not UTF-8 says so."""
    (tmp_path / "tasks.jsonl").write_bytes('{"id": "ä", "input": 1}'.encode("latin-1"))
    with pytest.raises(SuiteError, match="not UTF-8"):
        TaskSuite.load(tmp_path / "tasks.jsonl")


def test_a_byte_order_mark_is_not_part_of_a_task(tmp_path: Path):
    """Files saved as UTF-8 by Windows' editors are read."""
    lines = "\r\n".join(json.dumps({"id": f"t{i}", "input": "x"}) for i in range(40))
    (tmp_path / "tasks.jsonl").write_bytes(b"\xef\xbb\xbf" + lines.encode())
    assert TaskSuite.load(tmp_path / "tasks.jsonl").train


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_only_a_newline_ends_a_task(tmp_path: Path, separator: str):
    """Unicode's other line separators may stand inside a JSON text, and stay there."""
    lines = [json.dumps({"id": f"t{i}", "input": f"one{separator}two"}, ensure_ascii=False) for i in range(40)]
    suite = TaskSuite.load(write(tmp_path / "tasks.jsonl", *lines))
    assert all(task.input == f"one{separator}two" for task in suite.train)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"train": ()}, "no task falls into train"),
        ({"val": ()}, "no task falls into val"),
        ({"test": (), "val": ()}, "no task falls into val or test"),
        ({"val": tuple(tasks(3))}, r"the id `t0` stands twice, in train and in val; ids must be unique"),
        ({"val": (Task(id="v", input="x"), Task(id="v", input="y"))}, r"the id `v` stands twice; ids must be unique"),
        ({"test": (Task(id="w", input={"x": ["\ud800"]}),)}, "half of a surrogate pair"),
    ],
)
def test_splits_put_together_by_hand_are_checked_as_loaded_ones(changed: dict[str, tuple[Task, ...]], said: str):
    """A task that is in train and in val would be learned by heart, and an empty split fails only after it was paid."""
    own = {"train": tuple(tasks(2)), "val": (Task(id="v", input="x"),), "test": (Task(id="w", input="x"),)}
    assert TaskSuite(**own).train == own["train"]
    with pytest.raises(SuiteError, match=said):
        TaskSuite(**{**own, **changed})
