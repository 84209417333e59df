"""Reading a run folder while its run goes on: what is there is seen, and the run does not notice."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gepa_agents.parts.runs.journal import FILE, Journal, read
from gepa_agents.words.errors import JournalError

WRITER = """
import sys
from pathlib import Path
from gepa_agents.parts.runs.journal import Journal
with Journal(Path(sys.argv[1]), {"tasks": "t"}) as journal:
    print("open", flush=True)
    for line in sys.stdin:
        number = int(line)
        journal.record(f"rollout/{number}", f"body {number} " * 200)
        journal.decide(number, f"decision {number}")
        print(number, flush=True)
    journal.conclude("result", "done")
"""


class Writer:
    """A run in another process that writes when it is told to."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdin is not None
        assert process.stdout is not None
        self.orders, self.answers = process.stdin, process.stdout
        self.answers.readline()

    def write(self, number: int) -> None:
        self.orders.write(f"{number}\n")
        self.orders.flush()
        assert self.answers.readline() == f"{number}\n"


@contextmanager
def writing(folder: Path) -> Iterator[Writer]:
    command = [sys.executable, "-c", WRITER, folder]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Writer(process)
        process.communicate()
    assert process.returncode == 0


def test_a_reader_sees_each_write_of_a_run_in_another_process(tmp_path: Path):
    """It is opened once, in the middle, and what was written since is there at each look."""
    with writing(tmp_path) as writer:
        writer.write(0)
        with read(tmp_path) as journal:
            for number in range(1, 6):
                writer.write(number)
                assert list(journal.decisions()) == [f"decision {n}" for n in range(number + 1)]
                assert len(list(journal.calls("rollout/"))) == number + 1
                assert journal.outcome("result") is None
    with read(tmp_path) as journal:
        assert journal.outcome("result") == "done"


def test_a_reader_in_the_middle_of_a_look_holds_nothing_up(tmp_path: Path):
    """The run writes, more than SQLite puts away at once, and ends, while somebody is halfway through its calls."""
    with writing(tmp_path) as writer:
        for number in range(3):
            writer.write(number)
        with read(tmp_path) as journal:
            calls = journal.calls()
            first, _ = next(calls)
            for number in range(3, 400):
                writer.write(number)
            assert [first, *(key for key, _ in calls)] == [f"rollout/{number}" for number in range(3)]
            assert len(list(journal.calls())) == 400
    with Journal(tmp_path, {"tasks": "t"}) as journal:
        assert len(list(journal.decisions())) == 400


def test_a_reader_takes_no_lock_and_changes_no_byte(tmp_path: Path):
    """A run may begin and go on while the folder is read; reading leaves the file as it is."""
    with Journal(tmp_path, {}) as journal:
        journal.record("a", "1")
    before = (tmp_path / FILE).read_bytes()
    with read(tmp_path) as reader:
        assert reader.recall("a") == "1"
        assert (tmp_path / FILE).read_bytes() == before
        with Journal(tmp_path, {}) as journal:
            journal.record("b", "2")
            assert reader.recall("b") == "2"
        with read(tmp_path) as another:
            assert another.recall("b") == "2"
    with Journal(tmp_path, {}):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILE, "lock"]


def test_a_reader_has_no_way_to_write(tmp_path: Path):
    """What reads has no verbs that write."""
    Journal(tmp_path, {}).close()
    with read(tmp_path) as reader:
        assert not isinstance(reader, Journal)
        assert not {"record", "forget", "decide", "conclude"} & set(dir(reader))
        with pytest.raises(JournalError, match="attempt to write a readonly database"):
            reader._entries.put("call", "a", "1", 0.0)


def test_a_run_that_has_not_begun_is_said(tmp_path: Path):
    """The file is there and empty, as in the first moment of a run."""
    (tmp_path / FILE).touch()
    with pytest.raises(JournalError, match=f"{FILE} holds no run yet; wait until one has begun"):
        read(tmp_path)


def test_a_run_that_was_killed_can_be_read(tmp_path: Path):
    """Its last writes are in the log beside the file; they are read from there."""
    with writing(tmp_path / "run") as writer:
        for number in range(4):
            writer.write(number)
        copy = tmp_path / "copy"
        copy.mkdir()
        for name in (FILE, f"{FILE}-wal"):
            (copy / name).write_bytes((tmp_path / "run" / name).read_bytes())
    with read(copy) as journal:
        assert len(list(journal.decisions())) == 4


def test_a_name_with_odd_characters_can_be_read(tmp_path: Path):
    """Marks that mean something in an address are part of the name here."""
    folder = tmp_path / "50% ?mode=rw #1 ünï"
    with Journal(folder, {}) as journal:
        journal.record("a", "1")
    with read(folder) as reader:
        assert reader.recall("a") == "1"
