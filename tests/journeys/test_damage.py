"""A run folder that was damaged, filled up or locked: one clear sentence, or a run that is exactly right."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from gepa_agents import JournalError
from gepa_agents.parts.runs.journal import FILE, Journal, read
from tests.crashes import Death, Nursery, World, counted, outcome, paid, recorded, said, written

WORLD = World({"concurrency": 4})
CLEAR = ("put a good copy back", "use another", "free the disk", "free or mend the disk", "run again", "move it away")
"""What a sentence about a run folder ends in: something to do."""


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """The process that forks each life."""
    with Nursery() as nursery:
        yield nursery


@pytest.fixture(scope="module")
def finished(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing happened to."""
    folder = tmp_path_factory.mktemp("finished")
    assert nursery.live(folder, WORLD) == 0
    return folder


@pytest.fixture(scope="module")
def killed(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was killed in the middle: all that it wrote is in the write-ahead log still."""
    folder = tmp_path_factory.mktemp("killed")
    assert nursery.live(folder, WORLD, Death(write=60)) == -9
    assert (folder / f"{FILE}-wal").stat().st_size > 0
    return folder


def clear(sentence: str) -> bool:
    """Whether it is one sentence of the journal's that says where and what to do."""
    return "\n" not in sentence and FILE in sentence and any(remedy in sentence for remedy in CLEAR)


def kept(folder: Path) -> tuple | None:
    """What a journal holds, or the sentence that refuses it."""
    try:
        return written(folder)
    except JournalError as error:
        sentence = str(error)
    assert clear(sentence), sentence
    return None


def copied(folder: Path, target: Path) -> Path:
    """The run folder again, as it lies on the disk."""
    shutil.copytree(folder, target)
    return target


def flipped(file: Path, bit: int) -> None:
    """Turn one bit over."""
    content = bytearray(file.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    file.write_bytes(content)


def test_a_flipped_bit_is_refused_or_does_no_harm(finished: Path, tmp_path: Path):
    """At 400 random places of a finished journal: either a sentence, or everything reads as it was written."""
    random, whole, refused = Random(7), written(finished), 0
    copy = copied(finished, tmp_path / "copy")
    content = (finished / FILE).read_bytes()
    for _ in range(400):
        (copy / FILE).write_bytes(content)
        flipped(copy / FILE, random.randrange(8 * len(content)))
        found = kept(copy)
        assert found in (None, whole)
        refused += found is None
        for beside in ("-wal", "-shm"):
            (copy / f"{FILE}{beside}").unlink(missing_ok=True)
    assert refused > 200


def test_a_flipped_bit_inside_a_score_is_named(finished: Path, tmp_path: Path):
    """A score that reads as another valid score is found, by the entry and its key, before anything is decided."""
    copy = copied(finished, tmp_path / "copy")
    content = (copy / FILE).read_bytes()
    place = content.find(b'"score":{"value":0.0')
    assert place > 0
    flipped(copy / FILE, 8 * (place + len(b'"score":{"value":')))  # 0.0 becomes 1.0
    assert b'"score":{"value":1.0' in (copy / FILE).read_bytes()
    with pytest.raises(JournalError, match=r"damaged: entry \d+ \(`rollout/.*`\) is not as it was written; put a good"):
        Journal(copy, {})
    with pytest.raises(JournalError, match="is not as it was written"):
        read(copy)


def test_a_flipped_bit_in_the_log_goes_back_to_an_earlier_moment(killed: Path, tmp_path: Path):
    """What SQLite can't trust it leaves out with all that came later: nothing is read that was not written."""
    random, whole = Random(8), recorded(killed)
    size = (killed / f"{FILE}-wal").stat().st_size
    for number in range(60):
        copy = copied(killed, tmp_path / str(number))
        flipped(copy / f"{FILE}-wal", random.randrange(8 * size))
        assert kept(copy) is None or earlier(copy, whole)


def test_a_log_cut_short_is_an_earlier_moment(killed: Path, tmp_path: Path):
    """At 60 lengths, the ends of frames and random ones: what was written before the cut is there, and nothing else."""
    random, whole = Random(9), recorded(killed)
    size = (killed / f"{FILE}-wal").stat().st_size
    ends = [32 + frame * (24 + 4096) for frame in range(0, 120, 4)]  # SQLite's file format, section 4: the WAL
    for number, length in enumerate([*ends, *(random.randrange(size) for _ in range(30))]):
        copy = copied(killed, tmp_path / str(number))
        os.truncate(copy / f"{FILE}-wal", min(length, size))
        assert kept(copy) is None or earlier(copy, whole)


def test_a_journal_cut_short_is_refused(finished: Path, tmp_path: Path):
    """At every page and at 60 random lengths; a file of no bytes is a journal that has yet to begin."""
    random, whole = Random(10), recorded(finished)
    size = (finished / FILE).stat().st_size
    copy = copied(finished, tmp_path / "copy")
    for length in [*range(4096, size, 4096), *(random.randrange(1, size) for _ in range(60))]:
        shutil.copy(finished / FILE, copy / FILE)
        os.truncate(copy / FILE, length)
        with pytest.raises(JournalError) as refused:
            Journal(copy, {})
        assert clear(str(refused.value))
    assert whole == recorded(finished)


def earlier(folder: Path, whole: dict) -> bool:
    """Whether all that is recorded in `folder` stands in `whole` too, though some of it may not be scored yet."""
    return all(
        body == whole[key] or body == {**whole[key], "score": None} or body is None
        for key, body in recorded(folder).items()
    )


@pytest.mark.parametrize(
    "harm", ["log deleted", "log cut", "log emptied", "index deleted", "file emptied", "file deleted"]
)
def test_after_harm_the_run_ends_as_ever_or_says_why_not(
    nursery: Nursery, finished: Path, killed: Path, tmp_path: Path, harm: str
):
    """What can be gone on from is, to the same end; what can't is said in one sentence."""
    copy = copied(killed, tmp_path / "copy")
    log, index, file = (copy / f"{FILE}{end}" for end in ("-wal", "-shm", ""))
    match harm:
        case "log deleted":
            log.unlink()
        case "log cut":
            os.truncate(log, log.stat().st_size * 2 // 3)
        case "log emptied":
            os.truncate(log, 0)
        case "index deleted":
            index.unlink()
        case "file emptied":
            os.truncate(file, 0)
        case "file deleted":
            file.unlink()
    if nursery.live(copy, WORLD) == 0:
        assert outcome(copy) == outcome(finished)
    else:
        assert clear(said(copy))


def test_a_log_lost_after_it_was_half_put_away_is_noticed(tmp_path: Path):
    """The file then holds pages of different moments. What opens is whole; what is not is refused."""
    body = "0123456789" * 500
    script = (
        "import os, signal, sys; from pathlib import Path; from gepa_agents.parts.runs.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]), {})\n"
        "journal._entries._connection.execute('pragma wal_autocheckpoint = 3')\n"
        f"for n in range(40): journal.record(f'k{{n % 25}}', f'{{n}} {body}')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", script, tmp_path], check=False).returncode == -9
    content = (tmp_path / FILE).read_bytes()
    (tmp_path / f"{FILE}-wal").unlink()
    for page in range(0, len(content), 4096):
        # A page that never came: its place holds what stood in another.
        mixed = content[:page] + content[page - 4096 : page] + content[page + 4096 :] if page else content
        (tmp_path / FILE).write_bytes(mixed)
        found = kept(tmp_path)
        assert found is None or all(value.endswith(body) for _, value in found[0])
        for beside in ("-wal", "-shm"):
            (tmp_path / f"{FILE}{beside}").unlink(missing_ok=True)


def test_a_database_of_somebody_else_is_left_alone(tmp_path: Path):
    """It is named, and not a byte of it changes."""
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("create table recipes (name text)")
    connection.close()
    before = (tmp_path / FILE).read_bytes()
    for look in (lambda: Journal(tmp_path, {}), lambda: read(tmp_path)):
        with pytest.raises(JournalError, match="is a database, but no journal of a run; use another run folder"):
            look()
    assert (tmp_path / FILE).read_bytes() == before


def test_a_folder_in_place_of_the_journal_is_named(tmp_path: Path):
    """It can't be opened, and stays."""
    (tmp_path / FILE).mkdir()
    with pytest.raises(JournalError, match=f"{FILE} is no file; move it away, or use another run folder"):
        Journal(tmp_path, {})
    with pytest.raises(JournalError, match="holds no run"):
        read(tmp_path)


@pytest.mark.parametrize("size", [1, 10, 40, 100, 300])
def test_a_full_disk_stops_the_run_and_costs_nothing_that_is_recorded(
    nursery: Nursery, finished: Path, tmp_path: Path, size: int
):
    """No file may grow beyond so many KiB: one sentence, and with room again the run ends as ever."""
    assert nursery.live(tmp_path, WORLD, FSIZE=size * 1024) == 1
    assert said(tmp_path).startswith("JournalError: ")
    assert "run again, what is recorded is kept" in said(tmp_path)
    assert counted(paid(tmp_path)) - len(recorded(tmp_path)) <= WORLD.in_flight
    assert nursery.live(tmp_path, WORLD) == 0
    assert outcome(tmp_path) == outcome(finished)


def test_a_program_that_holds_the_file_is_waited_for_and_named(tmp_path: Path):
    """Somebody's database browser, say."""
    Journal(tmp_path, {}).close()
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("pragma locking_mode = exclusive")
    other.execute("begin exclusive")
    with pytest.raises(JournalError, match="database is locked; close the program that holds it, and run again"):
        Journal(tmp_path, {})
    other.close()
    Journal(tmp_path, {}).close()


def test_a_folder_that_cant_be_written_is_named_and_can_be_read(finished: Path, killed: Path, tmp_path: Path):
    """A run in an archive: no run can go on there, and its results and decisions are there to be read."""
    script = (
        "import sys; from pathlib import Path; from tests.crashes import *\n"
        "from gepa_agents.parts.runs.journal import Journal, read\n"
        "folder = Path(sys.argv[1])\n"
        "with read(folder) as journal: print(len(list(journal.calls())), len(list(journal.decisions())))\n"
        "try: Journal(folder, {})\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    for run in (finished, killed):
        copy = copied(run, tmp_path / run.name)
        for path in (*copy.iterdir(), copy):
            path.chmod(0o555 if path.is_dir() else 0o444)
        lines = subprocess.run(
            [*powerless(), sys.executable, "-c", script, copy], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        with read(run) as journal:
            assert lines[0] == f"{len(list(journal.calls()))} {len(list(journal.decisions()))}"
        assert lines[1].startswith(f"JournalError {copy} can't be written (Permission denied); use another run folder")
        copy.chmod(stat.S_IRWXU)


def powerless() -> list[str]:
    """What a command must stand behind so that permissions hold for it, though it is root's."""
    if os.geteuid() != 0:
        return []
    if (setpriv := shutil.which("setpriv")) is None:
        pytest.skip("root may write anywhere, and there is no `setpriv` to give that up")
    return [setpriv, "--bounding-set=-all", "--inh-caps=-all"]
