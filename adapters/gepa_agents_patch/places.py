"""The places in a file where a prompt may stand: each string literal of a Python file, and a text file as a whole.

A place knows its text and how to write another one there; it does not know which prompt it is.
"""

import ast
import re
import tokenize
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from io import BytesIO

from gepa_agents_patch.literals import NEWLINE, Literal, Unreadable, parse
from gepa_agents_patch.shapes import MARK, fill
from gepa_agents_patch.writing import Style, rewrite


@dataclass(frozen=True)
class SourceFile:
    """A file of the repository, decoded."""

    path: str
    """From the top of the repository, with slashes."""
    text: str
    """With its own line ends."""
    encoding: str

    @classmethod
    def of(cls, path: str, raw: bytes) -> "SourceFile | None":
        """Decode a file as Python does; None for what is not text, or would not be the same again."""
        try:
            encoding = tokenize.detect_encoding(BytesIO(raw).readline)[0] if path.endswith(".py") else "utf-8"
            if raw.startswith(b"\xef\xbb\xbf"):
                encoding = "utf-8-sig"
            file = cls(path, raw.decode(encoding), encoding)
            return file if file.encoded(file.text) == raw and "\x00" not in file.text else None
        except (UnicodeError, SyntaxError, LookupError):
            return None

    def encoded(self, text: str) -> bytes:
        """Another text as this file's bytes."""
        return text.encode(self.encoding)

    def encodes(self, character: str) -> bool:
        """Whether the encoding has the character."""
        try:
            character.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True

    @property
    def newline(self) -> str:
        """The line end that most lines have."""
        windows = self.text.count("\r\n")
        return "\r\n" if windows * 2 > self.text.count("\n") else "\n"


@dataclass(frozen=True)
class Place:
    """A text in a file."""

    file: SourceFile
    start: int
    end: int
    """Where it stands in the file's text."""
    value: str = field(repr=False)
    """What Python, or a reader of the file, makes of it; the fields of an f-string are marked (see `shapes`)."""
    margin: str | None = None
    """Indentation of a docstring; None for what is none."""
    literal: Literal | None = field(default=None, repr=False)
    """How it is written; None for a text file."""

    @property
    def line(self) -> int:
        """Its first line, from 1."""
        return len(NEWLINE.findall(self.file.text, 0, self.start)) + 1

    def __str__(self) -> str:
        return f"{self.file.path}:{self.line}" if self.literal else self.file.path

    @property
    def formatted(self) -> bool:
        """Whether it is an f-string."""
        return self.literal is not None and any(piece.formatted for piece in self.literal.pieces)

    def told(self, value: str) -> str:
        """A value with the sources of its fields instead of their numbers, which belong to one literal."""
        return fill(value, [f"{MARK}{one}{MARK}" for one in self.literal.fields]) if self.literal else value

    def write(self, value: str) -> str:
        """The source of another value there. Raises `Unwritable`."""
        if self.literal is not None:
            return rewrite(self.literal, value, Style(self.file.newline, self.file.encodes))
        return _merged(self.file.text, value, self.file.newline)


def of_text(file: SourceFile) -> Place:
    """A text file as one place; line ends are read as Python reads them."""
    return Place(file, 0, len(file.text), NEWLINE.sub("\n", file.text))


def of_python(file: SourceFile, wanted: Callable[[str], bool] = lambda _fixed: True) -> Iterator[Place]:
    """The string literals of a module that can be taken apart; none when Python can't read the module.

    `wanted` is asked about the fixed parts of each first: to take a literal apart takes its time.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(file.text)
    except (SyntaxError, ValueError, RecursionError):  # the last one of a long generated sum
        return
    docstrings = {id(node): _margin(parent) for parent, node in _docstrings(tree)}
    starts = [0, *(found.end() for found in NEWLINE.finditer(file.text))]
    lines = [file.text[start:end] for start, end in zip(starts, [*starts[1:], len(file.text)], strict=True)]

    def offset(line: int, column: int) -> int:
        # Columns count the bytes of UTF-8, whatever the file's encoding.
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    for node in _texts(tree):
        if not wanted(_fixed(node)):
            continue
        start = offset(node.lineno, node.col_offset)
        end = offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        try:
            literal = parse(file.text[start:end])
        except Unreadable:
            continue
        yield Place(file, start, end, literal.value, docstrings.get(id(node)), literal)


def _texts(tree: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    waiting = [tree]  # no recursion: a text may be a sum of thousands
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.JoinedStr):
            yield node  # what stands in its fields has no place of its own before Python 3.12
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                yield node
        else:
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _fixed(node: ast.Constant | ast.JoinedStr) -> str:
    values = node.values if isinstance(node, ast.JoinedStr) else [node]
    return MARK.join(str(value.value) for value in values if isinstance(value, ast.Constant))


Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _docstrings(tree: ast.Module) -> Iterator[tuple[Documented, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, Documented) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield node, first.value


def _margin(parent: Documented) -> str:
    return " " * parent.body[0].col_offset


def _merged(old: str, value: str, newline: str) -> str:
    """Another text for a file: lines that it had already keep their own ends."""
    before = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", old)
    after = [line for line in re.findall(r"[^\n]*\n|[^\n]+$", value) if line]
    matcher = SequenceMatcher(None, [NEWLINE.sub("\n", line) for line in before], after, autojunk=False)
    parts: list[str] = []
    for kind, start, end, at, upto in matcher.get_opcodes():
        parts += before[start:end] if kind == "equal" else [line.replace("\n", newline) for line in after[at:upto]]
    return "".join(parts)
