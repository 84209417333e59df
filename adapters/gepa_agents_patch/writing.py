"""Writes a string literal anew with another text: in the old one's style, with the old source wherever it still holds.

Knows Python's notation, nothing of files.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from gepa_agents_patch.literals import Atom, Literal, Piece
from gepa_agents_patch.shapes import split

WIDTH = 96
"""Characters of a piece of a text that stands in several; a longer word stays whole."""
NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Unwritable(Exception):
    """The literal can't hold the text without a loss; the message says why."""


@dataclass(frozen=True)
class Style:
    """What the file around it asks for."""

    newline: str = "\n"
    encodes: Callable[[str], bool] = lambda _character: True
    """Whether the file's encoding has the character."""


def rewrite(literal: Literal, value: str, style: Style) -> str:
    """The literal's source with another value, fields marked. Raises `Unwritable`."""
    if len(literal.pieces) == 1:
        return _single(literal.pieces[0], value, literal.fields, style)
    return _several(literal, value, style)


def _single(piece: Piece, value: str, fields: Sequence[str], style: Style) -> str:
    quote = piece.quote if len(piece.quote) == 3 or "\n" not in value else piece.quote * 3
    if piece.raw:
        if all(_raw(line, quote, style) for line in _lines_of(value)) and not value.endswith((quote[0], "\\")):
            return _body(piece, value, quote, fields, style)
        # What a raw string can't say is said without the prefix, every line anew.
        piece = Piece(re.sub("[rR]", "", piece.prefix), piece.quote, ())
    return _body(piece, value, quote, fields, style)


def _body(piece: Piece, value: str, quote: str, fields: Sequence[str], style: Style) -> str:
    """The whole piece: lines that it had already keep their source, if the quotes stay."""
    head, old = _lines(piece.atoms) if quote == piece.quote else ("", [])
    new = _lines_of(value)
    matcher = SequenceMatcher(None, [line for line, _ in old], new, autojunk=False)
    sources: list[str] = []
    for kind, start, end, at, upto in matcher.get_opcodes():
        if kind == "equal":
            sources += [source for _, source in old[start:end]]
        else:
            last = len(new) - 1
            sources += [
                _source(line, piece, quote, fields, style, ends=number == last)
                for number, line in enumerate(new[at:upto], at)
            ]
    return f"{piece.prefix}{quote}{head}{''.join(sources)}{quote}"


def _lines(atoms: Sequence[Atom]) -> tuple[str, list[tuple[str, str]]]:
    """A backslash and line end that the literal begins with, and its lines: value and source of each."""
    head = atoms[0].source if atoms and not atoms[0].value else ""
    lines = [["", ""]]
    for atom in atoms[1:] if head else atoms:
        lines[-1][0] += atom.value
        lines[-1][1] += atom.source
        if atom.value == "\n":
            lines.append(["", ""])
    return head, [(value, source) for value, source in lines]


def _lines_of(value: str) -> list[str]:
    """The lines with their ends; the last has none, and may be empty."""
    return [f"{line}\n" for line in value.split("\n")[:-1]] + [value.split("\n")[-1]]


def _source(line: str, piece: Piece, quote: str, fields: Sequence[str], style: Style, *, ends: bool) -> str:
    """One new line as source; `ends` for the last one, before the closing quote."""
    parts = split(line)
    for at in range(0, len(parts), 2):
        text = parts[at].replace("\n", style.newline) if piece.raw else _escaped(parts[at], quote, style)
        parts[at] = text.replace("{", "{{").replace("}", "}}") if piece.formatted else text
    for at in range(1, len(parts), 2):
        parts[at] = fields[int(parts[at])]
    source = "".join(parts)
    if not piece.raw and ends and len(quote) == 3 and _bare(source, quote[0]):
        source = f"{source[:-1]}\\{quote[0]}"
    return source


def _bare(source: str, quote: str) -> bool:
    """Whether the source ends with the quote, and no backslash makes it a character."""
    rest = source.removesuffix(quote)
    return rest != source and (len(rest) - len(rest.rstrip("\\"))) % 2 == 0


def _escaped(text: str, quote: str, style: Style) -> str:
    """A text between quotes, not raw: what is not printable, or not in the file's encoding, as an escape."""
    multiline = len(quote) == 3
    text = text.replace("\\", "\\\\")
    text = text.replace(quote, "\\" + "\\".join(quote)) if multiline else text.replace(quote, f"\\{quote}")
    return "".join(_character(one, multiline, style) for one in text)


def _character(one: str, multiline: bool, style: Style) -> str:
    if one == "\n" and multiline:
        return style.newline
    if (one.isprintable() and style.encodes(one)) or (one == "\t" and multiline):
        return one
    code = ord(one)
    return NAMED.get(one) or (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )


def _raw(line: str, quote: str, style: Style) -> bool:
    """Whether a raw literal can hold the line."""
    text = "".join(split(line)[::2])
    body = text.rstrip("\n")
    plain = all((one.isprintable() or one == "\t") and style.encodes(one) for one in body)
    return plain and quote not in text and (len(quote) == 3 or "\n" not in text) and not body.endswith("\\")


def _several(literal: Literal, value: str, style: Style) -> str:
    """Pieces at both ends that the new text still begins and ends with stay; what is between them is written anew."""
    pieces, gaps, count = literal.pieces, literal.gaps, len(literal.pieces)
    first = _kept(pieces, value, str.startswith)
    rest = value[sum(len(piece.value) for piece in pieces[:first]) :]
    last = _kept(pieces[first:][::-1], rest, str.endswith)
    tail = pieces[count - last :]
    middle = rest[: len(rest) - sum(len(piece.value) for piece in tail)]
    if any("#" in gap for gap in gaps[first : count - last - 1]):
        raise Unwritable("comments stand between its pieces, and would be lost")
    usual = _plain(next((one for one in gaps if "\n" in one), gaps[0]), style)
    new = _pieces(middle, literal, style, apart="\n" in usual)
    sources = [*(piece.source for piece in pieces[:first]), *new, *(piece.source for piece in tail)]
    if not sources:
        return pieces[0].quote[0] * 2
    spaces = list(gaps[:first])
    if last:
        spaces += [usual] * (first + len(new) - len(spaces))
        if new and count - last - 1 >= first:
            spaces[-1] = gaps[count - last - 1]
        spaces += gaps[count - last :]
    spaces = [*spaces, *[usual] * len(new)][: len(sources) - 1]
    return "".join(map("".join, zip(sources, [*spaces, ""], strict=True)))


def _kept(pieces: Sequence[Piece], value: str, fits: Callable[[str, str], bool]) -> int:
    """How many pieces the text begins (or, with the pieces reversed, ends) with."""
    kept = 0
    for piece in pieces:
        if not piece.value or not fits(value, piece.value):
            break
        value = value[len(piece.value) :] if fits is str.startswith else value[: len(value) - len(piece.value)]
        kept += 1
    return kept


def _plain(gap: str, style: Style) -> str:
    """A gap like this one, without its comments."""
    if "\n" not in gap:
        return gap
    before = " \\" if re.search(r"\\\r?\n", gap) else ""
    return before + style.newline + gap[gap.rindex("\n") + 1 :]


def _pieces(text: str, literal: Literal, style: Style, *, apart: bool) -> list[str]:
    """New pieces, a line each and no longer than may be, where pieces stand on lines of their own."""
    quote = literal.pieces[0].quote[0]
    lines = [line for line in _lines_of(text) if line]
    parts = [part for line in lines for part in _wrapped(line)] if apart else [text] if text else []
    made = []
    for part in parts:
        prefix = "f" if len(split(part)) > 1 else ""
        piece = Piece(prefix, quote, ())
        made.append(f"{prefix}{quote}{_source(part, piece, quote, literal.fields, style, ends=True)}{quote}")
    return made


def _wrapped(line: str) -> list[str]:
    """A line in parts, each of which but the last ends with a space."""
    words = re.findall(r"[^ ]* *", line)
    parts = [""]
    for word in words:
        if parts[-1] and len(parts[-1]) + len(word) > WIDTH:
            parts.append("")
        parts[-1] += word
    return parts
