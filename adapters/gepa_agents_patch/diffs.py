"""A unified diff that `git apply` takes, to the byte."""

import difflib
import re
from collections.abc import Iterator

PLAIN = re.compile(rb"[^\x00-\x1f\"\\\x7f-\xff]+")
NAMED = {b"\t": b"\\t", b"\n": b"\\n", b"\r": b"\\r", b'"': b'\\"', b"\\": b"\\\\"}
NO_NEWLINE = b"\n\\ No newline at end of file\n"


def unified(path: str, old: bytes, new: bytes) -> bytes:
    """The diff of one file, in git's form; empty when nothing differs."""
    if old == new:
        return b""
    before, after = (_quoted(f"{side}/{path}".encode("utf-8", "surrogateescape")) for side in "ab")
    lines = difflib.diff_bytes(difflib.unified_diff, _lines(old), _lines(new), before, after)
    head = b"diff --git %s %s\n" % (before, after)
    # git ends a name that holds a space with a tab, or takes what follows the space for a date.
    ended = (_ended(line) if number < 2 else line for number, line in enumerate(lines))
    return head + b"".join(line if line.endswith(b"\n") else line + NO_NEWLINE for line in ended)


def _lines(content: bytes) -> list[bytes]:
    return [line for line in re.findall(rb"[^\n]*\n|[^\n]+", content) if line]


def _ended(line: bytes) -> bytes:
    return line.rstrip(b"\n") + b"\t\n" if b" " in line[4:] and line[4:5] != b'"' else line


def _quoted(name: bytes) -> bytes:
    """A file's name as git writes it: what is unusual in it as C does."""
    if PLAIN.fullmatch(name):
        return name
    return b'"' + b"".join(_parts(name)) + b'"'


def _parts(name: bytes) -> Iterator[bytes]:
    for code in name:
        one = bytes([code])
        yield NAMED.get(one) or (one if PLAIN.fullmatch(one) else b"\\%03o" % code)
