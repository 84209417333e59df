"""A Python string literal, taken apart to the single escape: pieces, their characters with their source, f-fields.

Knows Python's notation, nothing of files. Written for Python 3.11 to 3.13, whose tokens of f-strings differ.
"""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from gepa_agents_patch.shapes import MARK, mark, split

OPENING = re.compile(r"(?P<prefix>[rRbBuUfF]{0,2})(?P<quote>\"\"\"|'''|\"|')")
GAP = re.compile(r"(?:[ \t\f\r\n]|\\\r?\n|#[^\r\n]*)*")
"""What may stand between two pieces."""
ESCAPE = re.compile(r"\\(?:\r\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]+\}|.)", re.DOTALL)
NEWLINE = re.compile(r"\r\n|\r|\n")


class Unreadable(Exception):
    """A literal that can't be taken apart; the message says why."""


class Atom(NamedTuple):
    """A character, an escape or a field of a literal."""

    source: str
    value: str


@dataclass(frozen=True)
class Piece:
    """One of the strings that stand beside each other."""

    prefix: str
    quote: str
    atoms: tuple[Atom, ...]

    @property
    def raw(self) -> bool:
        """Whether a backslash is a backslash."""
        return "r" in self.prefix.lower()

    @property
    def formatted(self) -> bool:
        """Whether it is an f-string."""
        return "f" in self.prefix.lower()

    @property
    def value(self) -> str:
        """Its text, fields marked."""
        return "".join(atom.value for atom in self.atoms)

    @property
    def source(self) -> str:
        """As it stands in the file."""
        return f"{self.prefix}{self.quote}{''.join(atom.source for atom in self.atoms)}{self.quote}"


@dataclass(frozen=True)
class Literal:
    """One or more strings that Python reads as one."""

    pieces: tuple[Piece, ...]
    gaps: tuple[str, ...]
    """What stands between them, one fewer."""
    fields: tuple[str, ...]
    """Source of the f-fields, by number; equal ones are one."""

    @property
    def value(self) -> str:
        """The text, fields marked."""
        return "".join(piece.value for piece in self.pieces)


def parse(source: str) -> Literal:
    """Take a literal apart; `Unreadable` says why it can't be."""
    fields: list[str] = []
    found, gaps, at = list[Piece](), list[str](), 0
    while at < len(source):
        piece, at = _piece(source, at, fields)
        found.append(piece)
        if at < len(source):
            end = next(GAP.finditer(source, at)).end()  # it matches nothing at least
            gaps.append(source[at:end])
            at = end
    literal = Literal(tuple(found), tuple(gaps), tuple(fields))
    if shape(source) != [part if at % 2 == 0 else None for at, part in enumerate(split(literal.value))]:
        raise Unreadable("it is written in a way that can't be taken apart")
    return literal


def shape(source: str) -> list[str | None]:
    """What Python reads: fixed parts, and None for each field; beginning and ending with a fixed part."""
    node = _read(f"({source}\n)")
    parts: list[str | None] = [""]
    for value in node.values if isinstance(node, ast.JoinedStr) else [node]:
        if isinstance(value, ast.Constant):
            parts[-1] = (parts[-1] or "") + str(value.value)
        else:
            parts += [None, ""]
    if any(part and MARK in part for part in parts):
        raise Unreadable("it holds a null character")
    return parts


def _piece(source: str, at: int, fields: list[str]) -> tuple[Piece, int]:
    opening = OPENING.match(source, at)
    if opening is None:
        raise Unreadable("it is no plain string literal")
    prefix, quote = opening["prefix"], opening["quote"]
    start = opening.end()
    for end in _ends(source, start, quote):
        if "f" not in prefix.lower() or _read(source[at : end + len(quote)]) is not None:
            body = source[start:end]
            return Piece(prefix, quote, tuple(_atoms(body, prefix, quote, fields))), end + len(quote)
    raise Unreadable("it does not end where it should")


def _ends(source: str, at: int, quote: str) -> Iterator[int]:
    """Where the quote stands that may be the closing one; a backslash hides what follows it, also in raw strings."""
    while at < len(source):
        if source[at] == "\\":
            at += 2
        elif source.startswith(quote, at):
            yield at
            at += 1
        else:
            at += 1


def _atoms(body: str, prefix: str, quote: str, fields: list[str]) -> Iterator[Atom]:
    raw, formatted = "r" in prefix.lower(), "f" in prefix.lower()
    at = 0
    while at < len(body):
        atom = _atom(body, at, raw=raw)
        if formatted and body[at] in "{}":
            if body[at : at + 2] in ("{{", "}}"):
                atom = Atom(body[at : at + 2], body[at])
            else:
                source = _field(body, at, prefix, quote)
                if source not in fields:
                    fields.append(source)
                atom = Atom(source, mark(fields.index(source)))
        yield atom
        at += len(atom.source)


def _atom(body: str, at: int, *, raw: bool) -> Atom:
    if (newline := NEWLINE.match(body, at)) is not None:
        return Atom(newline.group(), "\n")
    if raw or body[at] != "\\":
        return Atom(body[at], body[at])
    escape = ESCAPE.match(body, at)
    if escape is None:
        raise Unreadable("it ends in a backslash")
    source = escape.group()
    if source[1] in "\r\n":
        return Atom(source, "")
    quoted = _read(f'"{source}"')
    if not isinstance(quoted, ast.Constant):
        raise Unreadable(f"the escape {source} can't be read")
    return Atom(source, str(quoted.value))


def _field(body: str, at: int, prefix: str, quote: str) -> str:
    """The source of the f-field that begins there: up to the first brace with which it is one."""
    for found in re.finditer(r"\}", body[at:]):
        source = body[at : at + found.end()]
        alone = f"{prefix}{quote}{source}{quote}"
        if (node := _read(alone)) is not None:
            if not isinstance(node, ast.JoinedStr) or len(node.values) != 1:
                raise Unreadable(f"the field {source} writes its own expression, too")
            return source
    raise Unreadable("a field in it does not end")


def _read(source: str) -> ast.expr | None:
    """The expression that `source` is; None when it is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes that Python does not know
        try:
            return ast.parse(source, mode="eval").body
        except (SyntaxError, ValueError):
            return None
