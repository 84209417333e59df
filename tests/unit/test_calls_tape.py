"""The file of a recording: durable, orderly, checked line by line."""

import errno
import json
import os
import threading
from pathlib import Path

import pytest

from gepa_agents.parts.calls.entries import FORMAT, Entry, header, key, line
from gepa_agents.parts.calls.tape import Tape
from gepa_agents.words.call import Call, Raised
from gepa_agents.words.errors import RecordingError


def entry(number: int = 0, task: str = "t1", answer: str = "yes", **more: object) -> Entry:
    """A call of a tool."""
    call = Call(kind="tool", name="ask", request={"number": number})
    given = {"task": task, "answer": answer, **more}
    return Entry.model_validate({**call.model_dump(exclude={"bound"}), "key": key(call), **given})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the recording goes; the folder is not there yet."""
    return tmp_path / "recorded" / "calls.jsonl"


def test_what_is_added_is_in_the_file_before_the_answer_is_used(file: Path):
    """A process that dies afterwards leaves the call."""
    tape = Tape(file, writes=True)
    tape.add(entry(1))

    assert file.read_text().splitlines() == [header(), line(entry(1))]
    tape.close()


def test_a_closed_file_is_the_same_whatever_the_order_of_calls(tmp_path: Path):
    """Its lines are sorted by run and place, so that a second recording shows in a diff only what changed."""
    entries = [entry(n, task, at=f"node@{n}") for task in ("b", "a") for n in (10, 9, 2)]
    texts = []
    for name, given in (("one", entries), ("other", entries[::-1])):
        tape = Tape(tmp_path / name, writes=True)
        for one in given:
            tape.add(one)
        tape.close()
        texts.append((tmp_path / name).read_bytes())

    assert texts[0] == texts[1]
    places = [(one["task"], one["at"]) for one in map(json.loads, texts[0].decode().splitlines()[1:])]
    assert places == [(task, f"node@{n}") for task in ("a", "b") for n in (2, 9, 10)]


def test_a_second_recording_of_a_call_supersedes_the_first(file: Path):
    """The last answer counts, and the tidy file holds it alone."""
    for answer in ("old", "new"):
        tape = Tape(file, writes=True)
        tape.add(entry(answer=answer))
        tape.close()

    assert [json.loads(text)["answer"] for text in file.read_text().splitlines()[1:]] == ["new"]


def test_nothing_is_left_beside_the_file(file: Path):
    """Neither the lock nor the new file that replaces the old one."""
    tape = Tape(file, writes=True)
    tape.add(entry())
    tape.close()

    assert [one.name for one in file.parent.iterdir()] == ["calls.jsonl"]


def test_threads_may_write_at_once(file: Path):
    """Every line is whole."""
    tape = Tape(file, writes=True)
    threads = [threading.Thread(target=tape.add, args=(entry(n, answer="x" * 5000),)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    before = file.read_text().splitlines()
    tape.close()

    assert len(before) == 41
    assert {json.loads(text)["request"]["number"] for text in before[1:]} == set(range(40))


def test_a_call_that_was_cut_off_is_left_out(file: Path, caplog: pytest.LogCaptureFixture):
    """After a crash the file is read up to the last whole line, and written on from there."""
    file.parent.mkdir()
    whole = f"{header()}\n{line(entry(1))}\n"
    file.write_text(whole + line(entry(2))[:40])

    assert [one.request for one in Tape(file, writes=False).shelf.entries()] == [{"number": 1}]
    assert f"{file}:3" in caplog.text
    tape = Tape(file, writes=True)
    tape.add(entry(3))
    assert file.read_text() == f"{whole}{line(entry(3))}\n"
    tape.close()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"format": "gepa-agents/calls/99"}\n', "of format gepa-agents/calls/99, and this version reads " + FORMAT),
        ("a diary\n", "no recording of calls"),
        ("[1]\n", "no recording of calls"),
        (f"{header()}\nnot json\n", ":2: the line can't be used: it is no JSON"),
        (f"{header()}\n[]\n", ":2: the line can't be used: it is no object"),
        (header() + "\n" + line(entry()).replace('"yes"', '"no"') + "\n", "delete its `check` if you changed it"),
        (f'{header()}\n{{"kind": "tool"}}\n', "name: Field required"),
        (header() + "\n" + line(entry()).replace('"ask"', '"tell"').partition(', "check"')[0] + "}\n", "its `key`"),
    ],
)
def test_what_cant_be_used_is_refused_with_its_line(file: Path, content: str, said: str):
    """Another version, another kind of file, a line that was changed."""
    file.parent.mkdir()
    file.write_text(content)

    with pytest.raises(RecordingError) as error:
        Tape(file, writes=False)
    assert said in str(error.value)
    assert str(file) in str(error.value)


def test_an_answer_may_be_edited_by_hand(file: Path):
    """Without its `check` a line is taken as it is."""
    file.parent.mkdir()
    fields = json.loads(line(entry())) | {"answer": "edited"}
    del fields["check"]
    file.write_text(f"{header()}\n{json.dumps(fields)}\n\n")

    assert [one.answer for one in Tape(file, writes=False).shelf.entries()] == ["edited"]


def test_a_file_that_is_not_there_cant_be_replayed(file: Path):
    """It says what to do."""
    with pytest.raises(RecordingError, match="record one first"):
        Tape(file, writes=False)


def test_one_process_records_at_a_time(file: Path):
    """A second one is refused, and may when the first is done; readers may at any time."""
    first = Tape(file, writes=True)
    with pytest.raises(RecordingError, match="another process is recording"):
        Tape(file, writes=True)
    Tape(file, writes=False)
    first.close()
    Tape(file, writes=True).close()


def test_a_closed_recording_takes_no_more(file: Path):
    """It does not write into the void."""
    tape = Tape(file, writes=True)
    tape.close()
    with pytest.raises(RecordingError, match="open it again"):
        tape.add(entry())


def test_errors_and_odd_characters_survive(file: Path):
    """A lone surrogate, a line separator and an exception come back as they were."""
    odd = entry(answer="\ud800 \u2028 \u0085 ü", error=Raised(types=("builtins:ValueError",), message="\ud800"))
    tape = Tape(file, writes=True)
    tape.add(odd)
    tape.close()

    assert list(Tape(file, writes=False).shelf.entries()) == [odd]


def test_a_folder_that_cant_be_made_is_said(tmp_path: Path):
    """In a sentence with the file's name, before any call is made."""
    (tmp_path / "plain").write_text("no folder")
    with pytest.raises(RecordingError, match=r"plain/calls.jsonl can't be written"):
        Tape(tmp_path / "plain" / "calls.jsonl", writes=True)


def test_half_a_line_does_not_spoil_the_next(file: Path, monkeypatch: pytest.MonkeyPatch):
    """A disk that is full for a moment takes part of a line; the rest of the recording stays readable."""
    tape, write = Tape(file, writes=True), os.write
    full = iter([True, True, False])

    def short(out: int, data: bytes) -> int:
        if not next(full, False):
            return write(out, data)
        if data.startswith(b"{"):
            return write(out, data[:9])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", short)
    with pytest.raises(RecordingError, match="free space"):
        tape.add(entry(1))
    tape.add(entry(2))
    assert [one.request for one in Tape(file, writes=False).shelf.entries()] == [{"number": 2}]
    tape.close()
