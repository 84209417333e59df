"""The run folder: what it refuses, and in which words."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from gepa_agents.parts.runs.journal import FILE, Journal, read
from gepa_agents.words.errors import JournalError, JournalInUse, JournalMismatch

IDENTITY = {"tasks": "abc", "settings": "{}"}


def test_a_second_process_is_refused(tmp_path: Path):
    """While one process holds the run folder, another is told so and changes nothing."""
    script = (
        "from pathlib import Path; from gepa_agents.parts.runs.journal import Journal; "
        f"Journal(Path({str(tmp_path)!r}), {{}})"
    )
    with Journal(tmp_path, IDENTITY):
        other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "JournalInUse" in other.stderr
    assert "in use by another process" in other.stderr
    with Journal(tmp_path, IDENTITY):
        pass


def test_one_process_can_not_open_it_twice(tmp_path: Path):
    """Two runs in one process would mix their decisions."""
    with Journal(tmp_path, IDENTITY), pytest.raises(JournalInUse):
        Journal(tmp_path, IDENTITY)


@pytest.mark.parametrize("name", ["tasks", "settings"])
def test_another_identity_is_refused_by_name(tmp_path: Path, name: str):
    """A run folder does not continue with other tasks or settings, and the message says which differ."""
    with Journal(tmp_path, IDENTITY):
        pass
    with pytest.raises(JournalMismatch, match=f"with other {name}"):
        Journal(tmp_path, {**IDENTITY, name: "different"})


def test_another_version_is_refused(tmp_path: Path):
    """A folder of another format version is not guessed at."""
    with Journal(tmp_path, IDENTITY):
        pass
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(JournalMismatch, match="another format"):
        Journal(tmp_path, IDENTITY)


def test_only_the_settings_that_differ_are_named(tmp_path: Path):
    """Of two sets of settings the sentence shows what is not the same in both, and nothing else."""
    Journal(tmp_path, {"settings": '{"seed":0,"minibatch":3}'}).close()
    with pytest.raises(JournalMismatch, match=r"\(recorded: seed = 0; now: seed = 1\)"):
        Journal(tmp_path, {"settings": '{"seed":1,"minibatch":3}'})


def test_what_is_refused_is_closed(tmp_path: Path):
    """A journal that is refused leaves its file closed: SQLite has put its write-ahead log away."""
    with Journal(tmp_path, IDENTITY):
        pass
    with pytest.raises(JournalMismatch) as refused:
        Journal(tmp_path, {**IDENTITY, "tasks": "different"})
    assert not (tmp_path / f"{FILE}-wal").exists(), refused.value


def test_a_damaged_file_is_named(tmp_path: Path):
    """Bytes that are no database give one sentence, and the file stays as it is."""
    (tmp_path / FILE).write_bytes(b"not a database, but long enough to be read as one" * 100)
    with pytest.raises(JournalError, match=f"{FILE}: file is not a database; put a good copy back, or use another"):
        Journal(tmp_path, IDENTITY)
    assert (tmp_path / FILE).read_bytes().startswith(b"not a database")


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path):
    """A run folder that is a file can't be used."""
    (tmp_path / "run").write_text("")
    with pytest.raises(JournalError, match="can't be written"):
        Journal(tmp_path / "run", IDENTITY)


def test_reading_needs_a_run(tmp_path: Path):
    """A folder without a journal is not made into one by looking."""
    with pytest.raises(JournalError, match="holds no run"):
        read(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_decision_is_taken_once(tmp_path: Path):
    """The same decision again is fine; another one under its number is a mismatch."""
    with Journal(tmp_path, IDENTITY) as journal:
        journal.decide(1, "this")
        journal.decide(1, "this")
        assert journal.decision(1) is not None
        assert journal.decision(2) is None
        with pytest.raises(JournalMismatch, match="decision 1 came out differently"):
            journal.decide(1, "that")
        assert list(journal.decisions()) == ["this"]


def test_what_is_forgotten_is_paid_for_again(tmp_path: Path):
    """Forgotten calls are gone, the others stay."""
    with Journal(tmp_path, IDENTITY) as journal:
        journal.record("a", "1")
        journal.record("b", "2")
        journal.forget(["a"])
        assert journal.recall("a") is None
        assert journal.recall("b") == "2"


def test_killing_the_process_loses_no_record(tmp_path: Path):
    """What `record` returned from survives a kill that leaves no time for anything."""
    script = (
        "import os, signal; from pathlib import Path; from gepa_agents.parts.runs.journal import Journal\n"
        f"journal = Journal(Path({str(tmp_path)!r}), {IDENTITY!r})\n"
        "for n in range(50): journal.record(f'k{n}', 'body')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", script], check=False)
    assert killed.returncode == -9
    with Journal(tmp_path, IDENTITY) as journal:
        assert len(dict(journal.calls())) == 50
