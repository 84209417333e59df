"""Tasks from what people have: CSV, TSV, JSON, LangSmith's exports, rows of Python, with columns under other names."""

import csv
import json
from pathlib import Path

import pytest

from gepa_agents import Columns, SuiteError, Task, TaskSuite

SPLITS = ("train", "val", "test")


def every(suite: TaskSuite) -> list[Task]:
    """All tasks, in the order of their ids."""
    return sorted((*suite.train, *suite.val, *suite.test), key=lambda task: task.id)


def table(path: Path, *rows: list[str], between: str = ",") -> Path:
    """A CSV file as a spreadsheet writes it."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=between).writerows(rows)
    return path


def lines(path: Path, *entries: object) -> Path:
    """A JSON-lines file."""
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return path


def test_a_table_with_a_tasks_own_columns_needs_no_mapping(tmp_path: Path) -> None:
    """`id`, `input`, `expected`, `split` and `metadata` are found by name; a cell that is JSON is data."""
    rows = [[f"t{n}", f"question, number {n}", '["a", "b"]', SPLITS[n % 3], '{"kind": "easy"}'] for n in range(6)]
    suite = TaskSuite.load(table(tmp_path / "tasks.csv", ["id", "input", "expected", "split", "metadata"], *rows))
    assert [task.id for task in suite.val] == ["t1", "t4"]
    assert suite.val[0] == Task(
        id="t1", input="question, number 1", expected=["a", "b"], metadata={"kind": "easy"}, split="val"
    )


def test_columns_are_mapped_by_name(tmp_path: Path) -> None:
    """One column, several as an object, and reaching into an object; what is not named is left out."""
    rows = [[f"q{n}", f"doc {n}", f"answer {n}", json.dumps({"level": n}), "x"] for n in range(40)]
    path = table(tmp_path / "faq.csv", ["question", "doc", "answer", "info", "unused"], *rows)
    columns = Columns(id="question", input=("question", "doc"), expected="answer", metadata=("info.level",))
    task = every(TaskSuite.load(path, columns))[0]
    assert task == Task(id="q0", input={"question": "q0", "doc": "doc 0"}, expected="answer 0", metadata={"level": 0})
    renamed = Columns(id="question", input={"ask": "question"})
    assert every(TaskSuite.load(path, renamed))[0].input == {"ask": "q0"}


@pytest.mark.parametrize(("name", "between"), [("tasks.csv", ";"), ("tasks.csv", "\t"), ("tasks.tsv", "\t")])
def test_spreadsheets_of_other_countries_are_read(tmp_path: Path, name: str, between: str) -> None:
    """Semicolons and tabs between the cells are noticed in the first line, a byte order mark is passed over."""
    path = table(tmp_path / name, ["id", "input"], *[[f"t{n}", "one, two"] for n in range(40)], between=between)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert every(TaskSuite.load(path))[0].input == "one, two"


def test_a_cell_may_hold_several_lines(tmp_path: Path) -> None:
    """What is quoted is one cell, and the line that an error names is the one where its row begins."""
    good = [[f"t{n}", 'two\nlines, and "quotes"'] for n in range(40)]
    assert every(TaskSuite.load(table(tmp_path / "tasks.csv", ["id", "input"], *good)))[3].input == good[3][1]
    bad = table(tmp_path / "bad.csv", ["id", "input"], good[0], ["t1", "x", "y"])
    with pytest.raises(SuiteError, match=r"bad\.csv:4: 3 cells under 2 columns"):
        TaskSuite.load(bad)


def test_a_json_list_is_read(tmp_path: Path) -> None:
    """A file that ends in .json is one list; an entry that is no task is named by its number."""
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps([{"id": f"t{n}", "input": {"n": n}} for n in range(40)], indent=1))
    assert len(every(TaskSuite.load(path))) == 40
    path.write_text(json.dumps([{"id": "a", "input": 1}, {"id": "b"}]))
    with pytest.raises(SuiteError, match=r"tasks\.json: entry 2: `input`: Field required"):
        TaskSuite.load(path)


def test_a_langsmith_export_is_recognised(tmp_path: Path) -> None:
    """Inputs, outputs, metadata and the split in it, from JSON lines, a JSON list and a table alike."""
    examples = [
        {
            "id": f"6d0c-{n}",
            "inputs": {"question": f"q{n}"},
            "outputs": {"answer": "a"},
            "metadata": {"dataset_split": ["base", "test"] if n % 5 == 0 else ["base"], "source": "prod"},
        }
        for n in range(60)
    ]
    (tmp_path / "export.json").write_text(json.dumps(examples))
    cells = [[one["id"], *(json.dumps(one[key]) for key in ("inputs", "outputs", "metadata"))] for one in examples]
    suites = [
        TaskSuite.load(lines(tmp_path / "export.jsonl", *examples)),
        TaskSuite.load(tmp_path / "export.json"),
        TaskSuite.load(table(tmp_path / "export.csv", ["id", "inputs", "outputs", "metadata"], *cells)),
    ]
    assert suites[0] == suites[1] == suites[2]
    task = every(suites[0])[0]
    assert (task.input, task.expected, task.split) == ({"question": "q0"}, {"answer": "a"}, "test")
    assert task.metadata["source"] == "prod"
    assert {task.id for task in suites[0].test} >= {f"6d0c-{n}" for n in range(0, 60, 5)}


def test_without_ids_the_input_is_the_identity(tmp_path: Path) -> None:
    """The same input has the same id, and so the same split, in whatever order and file it stands."""
    rows = [[f"question {n}", "x"] for n in range(60)]
    one = TaskSuite.load(table(tmp_path / "one.csv", ["input", "expected"], *rows))
    other = TaskSuite.load(lines(tmp_path / "two.jsonl", *[{"input": row[0], "expected": "x"} for row in rows[::-1]]))
    assert every(one) == every(other)
    assert {task.id for task in one.test} == {task.id for task in other.test}


def test_splits_have_the_names_that_others_give_them(tmp_path: Path) -> None:
    """`validation` and `dev` are val; where there is none, half of train becomes it, the same tasks each time."""
    names = ("train", "validation", "TEST", "dev")
    rows = [{"q": f"{n}", "part": names[n % 4]} for n in range(8)]
    suite = TaskSuite.of_rows(rows, Columns(input="q", split="part"))
    assert (len(suite.train), len(suite.val), len(suite.test)) == (2, 4, 2)
    two = [{"q": f"{n}", "part": "test" if n % 4 == 0 else "train"} for n in range(200)]
    halved = TaskSuite.of_rows(two, Columns(input="q", split="part"))
    assert len(halved.test) == 50
    assert 50 < len(halved.val) < 100
    assert halved == TaskSuite.of_rows(two, Columns(input="q", split="part"))
    assert TaskSuite.of_rows(two, Columns(input="q", split="")).test != halved.test
    own = lines(tmp_path / "own.jsonl", *({"input": f"{n}", "split": names[n % 4]} for n in range(8)))
    assert len(TaskSuite.load(own).val) == 4


def test_lines_without_words_before_a_table_are_passed_over(tmp_path: Path) -> None:
    """The separator is that of the line that names the columns."""
    text = "\n  \nid;input;split\na;x, y;train\nb;z;val\nc;w;test\n"
    (tmp_path / "t.csv").write_text(text)
    assert [task.input for task in every(TaskSuite.load(tmp_path / "t.csv"))] == ["x, y", "z", "w"]


@pytest.mark.parametrize(
    ("name", "text", "columns", "said"),
    [
        ("t.csv", "id,input\na,b,c\n", None, r"t.csv:2: 3 cells under 2 columns"),
        ("t.csv", "id,id\na,b\n", None, r"t.csv:1: the column `id` stands twice"),
        ("t.csv", "id,,input\na,b,c\n", None, r"t.csv:1: a column has no name"),
        ("t.csv", 'id,input\na,"b\n', None, r"t.csv:2: no CSV \(unexpected end of data\)"),
        ("t.csv", "id,input,extra\na,b,c\n", None, r"t.csv:2: `extra`: Extra inputs.*say so in `columns`"),
        ("t.csv", "id,question\na,b\n", Columns(input="questoin"), r"t.csv:2: .*`questoin`; did you mean `question`\?"),
        ("t.csv", "id,question\na,b\n", Columns(), r"t.csv:2: there is no column `input`; there are `id`, `question`"),
        ("t.csv", "id,q\na,\n", Columns(input="q"), r"t.csv:2: the input \(column `q`\) is empty"),
        ("t.csv", "q,s\na,nowhere\n", Columns(input="q", split="s"), r"t.csv:2: `s` is 'nowhere'; it should be train"),
        ("t.csv", "id,q\na,b\na,c\n", Columns(input="q"), r"t.csv:3: the id `a` stands in .*t.csv:2 already"),
        (
            "t.json",
            '[{"id": 0, "q": 1}, {"id": 0, "q": 2}]',
            Columns(input="q"),
            r"entry 2: the id `0` stands in .*entry 1",
        ),
        ("t.csv", "q\nb\nb\n", Columns(input="q"), r"t.csv:3: the input stands in .*t.csv:2 already"),
        ("t.jsonl", '{"q": 1}\n{"q": {"a": 2}}', Columns(input="q.a"), r"t.jsonl:1: there is no column `q.a`"),
        ("t.jsonl", "3", Columns(input="q"), r"t.jsonl:1: no object"),
        ("t.json", '{"id": "a"}', None, r"t.json holds no list"),
        ("t.json", "[1,\n{", None, r"t.json:2: no JSON"),
        ("t.json", "[NaN]", None, r"t.json: NaN is no JSON"),
        ("t.json", "[" * 100_000, None, r"t.json: no JSON \(it is nested too deeply"),
        ("t.json", "[" + "7" * 5000 + "]", None, r"t.json: no JSON \(a number has too many digits"),
    ],
)
def test_what_is_wrong_is_named_with_line_and_column(
    tmp_path: Path, name: str, text: str, columns: Columns | None, said: str
) -> None:
    """Each mistake gives one sentence with the file, the line and the column."""
    (tmp_path / name).write_text(text)
    with pytest.raises(SuiteError, match=said):
        TaskSuite.load(tmp_path / name, columns)


@pytest.mark.parametrize("cell", ["[" * 100_000, "[" * 150 + "]" * 150, "[" + "7" * 5000 + "]", "[NaN]", "{a"])
def test_a_cell_that_is_no_json_is_a_text(tmp_path: Path, cell: str) -> None:
    """A cell may begin like JSON and be anything; then it is what it says."""
    lines = [f"q{number},{split},{cell}" for number, split in enumerate(("train", "val", "test"))]
    (tmp_path / "t.csv").write_text("\n".join(["input,split,expected", *lines]))
    suite = TaskSuite.load(tmp_path / "t.csv")
    assert {task.expected for task in every(suite)} == {cell}


def test_rows_of_python_that_are_nested_without_end_are_named() -> None:
    """A row of Python that holds itself can't be kept, and the row says so."""
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(SuiteError, match=r"the rows: row 1: it is nested too deeply"):
        TaskSuite.of_rows([{"q": circle}], Columns(input="q", id=""))  # type: ignore[dict-item]


def test_rows_of_python_that_are_no_plain_data_are_named() -> None:
    """An object in a row can't be kept, and the row says so."""
    with pytest.raises(SuiteError, match=r"the rows: row 2: `input"):
        TaskSuite.of_rows([{"q": "a"}, {"q": object()}], Columns(input="q", id=""))  # type: ignore[dict-item]


def test_examples_of_langsmiths_client_are_rows() -> None:
    """Its records as dictionaries: ids, inputs, outputs and the split among its metadata."""
    from uuid import UUID

    from langsmith.schemas import Example

    examples = [
        Example(
            id=UUID(int=number),
            inputs={"question": f"q{number}"},
            outputs={"answer": "a"},
            metadata={"dataset_split": ["base"]},
        )
        for number in range(40)
    ]
    suite = TaskSuite.of_rows(example.model_dump(mode="json") for example in examples)
    assert [task.id for task in every(suite)] == [str(example.id) for example in examples]
    assert every(suite)[0].expected == {"answer": "a"}
