"""Hugging Face datasets as tasks, with the real package (extra `datasets`)."""

from pathlib import Path
from typing import Any

import pytest
from gepa_agents_datasets import load, readable

from gepa_agents import Columns, SuiteError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

COLUMNS = Columns(id="uid", input="question", expected=("answer", "topic"))


def rows(count: int, offset: int = 0) -> list[dict[str, Any]]:
    """Rows of a quiz."""
    return [
        {"uid": f"q{n}", "question": f"what is {n}?", "answer": str(n), "topic": n % 2}
        for n in range(offset, offset + count)
    ]


def quiz(count: int, offset: int = 0) -> Any:
    """A dataset whose topics are labels."""
    datasets = pytest.importorskip("datasets", reason="needs the extra `datasets`")
    text = datasets.Value("string")
    topic = datasets.ClassLabel(names=["numbers", "words"])
    features = datasets.Features({"uid": text, "question": text, "answer": text, "topic": topic})
    return datasets.Dataset.from_list(rows(count, offset), features=features)


def test_a_dataset_at_hand_is_a_suite() -> None:
    """Columns are mapped, labels have their names, and the ids decide the splits."""
    suite = load(quiz(60), COLUMNS)
    assert len(suite.train) + len(suite.val) + len(suite.test) == 60
    task = next(task for task in (*suite.train, *suite.val, *suite.test) if task.id == "q3")
    assert (task.input, task.expected) == ("what is 3?", {"answer": "3", "topic": "words"})


def test_splits_of_a_dataset_are_kept() -> None:
    """`validation` is val; without it half of train becomes it, and the test split is left as it is."""
    datasets = pytest.importorskip("datasets", reason="needs the extra `datasets`")
    three = datasets.DatasetDict(train=quiz(10), validation=quiz(5, 100), test=quiz(4, 200))
    suite = load(three, COLUMNS)
    assert [len(part) for part in (suite.train, suite.val, suite.test)] == [10, 5, 4]
    two = load(datasets.DatasetDict(train=quiz(40), test=quiz(4, 200)), COLUMNS)
    assert len(two.test) == 4
    assert 10 < len(two.val) < 30
    with pytest.raises(SuiteError, match="`split` is 'extra'"):
        load(datasets.DatasetDict(extra=quiz(3)), COLUMNS)


def test_a_folder_written_by_save_to_disk_is_read(tmp_path: Path) -> None:
    """Of one dataset and of several splits; both are folders, which the command line hands to this package."""
    datasets = pytest.importorskip("datasets", reason="needs the extra `datasets`")
    quiz(60).save_to_disk(tmp_path / "one")
    datasets.DatasetDict(train=quiz(10), validation=quiz(5, 100), test=quiz(4, 200)).save_to_disk(tmp_path / "three")
    assert readable(tmp_path / "one")
    assert load(tmp_path / "one", COLUMNS) == load(quiz(60), COLUMNS)
    assert len(load(tmp_path / "three", COLUMNS).val) == 5


def test_a_folder_of_parquet_is_read_as_on_the_hub_and_not_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`data/train-….parquet` and the like; the package keeps no copy of it."""
    datasets = pytest.importorskip("datasets", reason="needs the extra `datasets`")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    folder = tmp_path / "hub" / "data"
    folder.mkdir(parents=True)
    quiz(10).to_parquet(folder / "train-00000-of-00001.parquet")
    quiz(5, 100).to_parquet(folder / "validation-00000-of-00001.parquet")
    quiz(4, 200).to_parquet(folder / "test-00000-of-00001.parquet")
    suite = load(folder.parent, COLUMNS)
    assert [len(part) for part in (suite.train, suite.val, suite.test)] == [10, 5, 4]
    quiz(60).to_parquet(tmp_path / "quiz.parquet")
    assert load(tmp_path / "quiz.parquet", COLUMNS) == load(quiz(60), COLUMNS)
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.stat().st_size]


def test_what_is_no_dataset_is_said_in_a_sentence(tmp_path: Path) -> None:
    """A folder without data, and one that is not there."""
    with pytest.raises(SuiteError, match=r"none does not exist; a dataset on the Hub"):
        load(tmp_path / "none")
    with pytest.raises(SuiteError, match="int is no dataset"):
        load(3)
    pytest.importorskip("datasets", reason="needs the extra `datasets`")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SuiteError, match="empty can't be read as a dataset"):
        load(tmp_path / "empty")


def test_rows_need_no_package() -> None:
    """A mapping of splits to rows is a dataset too; a column that can't be found is named with its row."""
    suite = load({"train": rows(10), "dev": rows(5, 100), "test": rows(4, 200)}, COLUMNS)
    assert [len(part) for part in (suite.train, suite.val, suite.test)] == [10, 5, 4]
    with pytest.raises(SuiteError, match=r"the dataset: row 1: there is no column `quest`; did you mean `question`\?"):
        load(rows(10), Columns(input="quest"))


def test_without_the_package_the_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder and no `datasets`: one line to type."""
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    with pytest.raises(SuiteError, match=r"pip install 'gepa-agents\[datasets\]'"):
        load(tmp_path)


def test_gepa_toml_names_a_folder_or_a_parquet_file(tmp_path: Path) -> None:
    """With its columns; what is there is the same suite as from Python."""
    pytest.importorskip("datasets", reason="needs the extra `datasets`")
    from gepa_agents_cli import project
    from gepa_agents_cli.config import load as load_toml

    quiz(60).save_to_disk(tmp_path / "quiz")
    quiz(60).to_parquet(tmp_path / "quiz.parquet")
    for file in ("quiz", "quiz.parquet"):
        toml = tmp_path / "gepa.toml"
        toml.write_text(
            f'[agent]\ngraph = "a:b"\n[metric]\nfunction = "m:s"\n[tasks]\nfile = "{file}"\n'
            '[tasks.columns]\nid = "uid"\ninput = "question"\nexpected = ["answer", "topic"]\n'
        )
        assert project.suite(load_toml(toml)) == load(quiz(60), COLUMNS)
