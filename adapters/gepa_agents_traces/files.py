"""Reads files of any of the formats, line by line or message by message, and says which lines it had to skip.

A file is opened once and read forwards; `.gz` is told by its first bytes. Only a JSON document that is laid out over
many lines is read whole.
"""

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

from gepa_agents.words.errors import ConfigError
from gepa_agents.words.frozen import JsonValue
from gepa_agents_traces import otlp_protobuf, shapes
from gepa_agents_traces.otlp_protobuf import NotProtobuf
from gepa_agents_traces.plain import NotJson, parsed
from gepa_agents_traces.span import Record
from gepa_agents_traces.tally import Tally

LONGEST = 256 * 2**20
"""Bytes of the longest line, message or laid-out document that is read."""
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
BLANK = b" \t\r\n\xef\xbb\xbf"
"""Blanks, and the mark that Windows puts before UTF-8."""


def records(paths: Iterable[Path], tally: Tally) -> Iterator[Record]:
    """The spans and remarks of all files, in order. What can't be read is counted in `tally`.

    Raises `ConfigError` for a file that can't be opened.
    """
    for path in paths:
        try:
            with path.open("rb") as file:
                tally.files += 1
                yield from _file(path, file, tally)
        except OSError as error:
            raise ConfigError(f"{path} can't be read ({error.strerror or error}); name a file of traces") from error


def _file(path: Path, file: BinaryIO, tally: Tally) -> Iterator[Record]:
    head = _head(file)
    if head.startswith(ZSTD):
        tally.skip(str(path), f"it is packed with zstd; unpack it first, for instance with `unzstd {path.name}`")
    elif not head.startswith(GZIP):
        yield from _read(path, file, tally)
    else:
        with gzip.open(file) as unpacked:
            try:
                yield from _read(path, cast(BinaryIO, unpacked), tally)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                tally.skip(str(path), f"the packed file breaks off: {error}")


def _read(path: Path, stream: BinaryIO, tally: Tally) -> Iterator[Record]:
    is_text = all(byte >= 0x20 or byte in BLANK for byte in _head(stream))
    yield from (_lines if is_text else _messages)(path, stream, tally)


def _head(stream: BinaryIO) -> bytes:
    return cast(io.BufferedReader, stream).peek(512)[:512]


def _lines(path: Path, stream: BinaryIO, tally: Tally) -> Iterator[Record]:
    """A value a line, or one document over many lines: which of them, the first line tells that is not blank."""
    lines = enumerate(_split(stream), 1)
    number, line = next(((number, line) for number, line in lines if line.strip(BLANK)), (0, b""))
    if len(line) >= LONGEST or line.lstrip(BLANK)[:1] not in (b"{", b"["):
        yield from _each(path, chain([(number, line)], lines), tally)
        return
    try:
        value = parsed(line.strip(BLANK))
    except NotJson:
        yield from _many(path, (number, line), stream, tally)
    else:
        tally.lines += 1
        yield from _known(value, f"{path}:{number}", tally)
        yield from _each(path, lines, tally)


def _many(path: Path, first: tuple[int, bytes], stream: BinaryIO, tally: Tally) -> Iterator[Record]:
    """A document whose first line is no JSON by itself; or lines, where that line is broken and others are whole."""
    number, line = first
    rest = stream.read(LONGEST)
    rest += stream.readline(LONGEST)
    try:
        value = _document(line + rest)
    except NotJson as error:
        if any(_is_json(one) for one in io.BytesIO(rest) if one.startswith(b"{")):
            again = enumerate(chain([line], io.BytesIO(rest), _split(stream)), number)
            yield from _each(path, again, tally)
            return
        tally.lines += 1
        tally.skip(f"{path}:{number + error.line - 1}", f"no JSON: {error}")
    else:
        tally.lines += 1
        yield from _known(value, str(path), tally)


def _split(stream: BinaryIO) -> Iterator[bytes]:
    """The lines; of a line that is too long, as much as may be read."""
    while line := stream.readline(LONGEST):
        yield line
        while len(line) == LONGEST and not line.endswith(b"\n"):
            line = stream.readline(LONGEST)


def _is_json(line: bytes) -> bool:
    try:
        parsed(line.strip(BLANK))
    except NotJson:
        return False
    return True


def _document(text: bytes) -> JsonValue:
    if len(text) > LONGEST:
        raise NotJson(f"it is one document of more than {LONGEST >> 20} MiB; write one object a line")
    return parsed(text.strip(BLANK))


def _each(path: Path, lines: Iterable[tuple[int, bytes]], tally: Tally) -> Iterator[Record]:
    """The records of lines that stand for themselves."""
    for number, line in lines:
        where = f"{path}:{number}"
        text = line.strip(BLANK)
        if len(line) >= LONGEST:
            tally.skip(where, f"the line is longer than {LONGEST >> 20} MiB")
        elif text:
            tally.lines += 1
            try:
                value = parsed(text)
            except NotJson as error:
                tally.skip(where, f"no JSON: {error}")
                continue
            yield from _known(value, where, tally)


def _known(value: JsonValue, where: str, tally: Tally) -> Iterator[Record]:
    yield from shapes.records(value, lambda why: tally.skip(where, why))


def _messages(path: Path, stream: BinaryIO, tally: Tally) -> Iterator[Record]:
    for number, message in enumerate(_framed(path, stream, tally), 1):
        where = f"{path}, message {number}"
        tally.lines += 1
        try:
            found = otlp_protobuf.records(message)
        except NotProtobuf as error:
            tally.skip(where, str(error))
            continue
        yield from found


def _framed(path: Path, stream: BinaryIO, tally: Tally) -> Iterator[bytes]:
    """The messages of a stream: one alone, or each after its size (four bytes, the high one first, as the collector's
    file exporter writes; or a varint, as protobuf's own libraries do).

    A message of OTLP starts with the byte 0x0A, and a size of less than 16 MiB with 0x00.
    """
    first = _head(stream)[:1]
    if first == b"\x0a":
        message = stream.read(LONGEST + 1)
        if len(message) > LONGEST:
            tally.skip(str(path), f"it is one message of more than {LONGEST >> 20} MiB")
            return
        yield message
        return
    number = 0
    while (size := _size(stream, fixed=first < b"\x08")) is not None:
        number += 1
        message = stream.read(size) if size <= LONGEST else b""
        if size > LONGEST or len(message) < size:
            tally.skip(f"{path}, message {number}", "the file breaks off in the message, or it is no OTLP protobuf")
            return
        yield message


def _size(stream: BinaryIO, fixed: bool) -> int | None:
    """The size before a message; None at the end of the file."""
    if fixed:
        four = stream.read(4)
        return int.from_bytes(four, "big") if len(four) == 4 else None
    size = shift = 0
    while shift < 64 and (one := stream.read(1)):
        size |= (one[0] & 0x7F) << shift
        if one[0] < 0x80:
            return size
        shift += 7
    return None if not shift else LONGEST + 1
