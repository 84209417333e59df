"""Where a command prints: what goes on, what it came to, and for scripts JSON.

Texts stand as they are, one line a line, styled only on a terminal.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from textwrap import wrap
from typing import TextIO

from pydantic import BaseModel
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

LABEL = re.compile(r" *\S+(?: \S+)?  +(?=\S)| +(?=\S)")
"""What stands before a line's text: a word or two and two spaces, or spaces."""
SIGNS = (
    {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\n"}
    | {127: "\u2421"}
    | {code: f"<U+{code:04X}>" for code in (*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
)
"""What is shown for a character that a terminal would obey."""


@dataclass(frozen=True)
class Output:
    """What a command says, and in which form."""

    course: Console
    """For what goes on meanwhile; silent with `--quiet` and `--json`."""
    end: Console
    """For what it came to; silent with `--json`."""
    data: TextIO | None = None
    """Where JSON goes; None without `--json`."""
    quiet: bool = False
    """Whether only the end is wanted, be it in words or in JSON."""

    def content(self, content: bytes) -> None:
        """Print a file as it stands, to the last byte; nothing with `--json`."""
        if self.data is None:
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()

    def document(self, record: BaseModel) -> None:
        """With `--json`, write a record as one line; else nothing."""
        if self.data is not None:
            self.data.write(f"{record.model_dump_json()}\n")
            self.data.flush()


def output(data: TextIO | None = None, *, quiet: bool = False) -> Output:
    """The output on stdout; with `data`, JSON that goes there."""
    silent = data is not None
    return Output(
        course=Console(highlight=False, quiet=quiet or silent),
        end=Console(highlight=False, quiet=silent),
        data=data,
        quiet=quiet,
    )


@contextmanager
def alone() -> Iterator[TextIO]:
    """Stdout for the caller alone. What anybody else prints there meanwhile, processes that are started included, goes
    to stderr."""
    stdout = sys.stdout
    with redirect_stdout(sys.stderr):
        try:
            number = stdout.fileno()
        except OSError:  # no file: somebody holds it in memory
            yield stdout
            return
        stdout.flush()
        with os.fdopen(os.dup(number), "w", encoding="utf-8") as data:
            os.dup2(sys.stderr.fileno(), number)
            try:
                yield data
            finally:
                os.dup2(data.fileno(), number)


def say(console: Console, line: str, style: str = "") -> None:
    """Print one line, however long it is; what looks like markup in it is text.

    On a terminal it goes on below itself, broken between words, and commands to the terminal that a prompt or a tool's
    output may hold are shown, not obeyed. In a file the line stays as it is.
    """
    if console.is_terminal:
        line = visible(line)
    for part in _fitted(line, console.width) if live(console) else [line]:
        console.print(Text(part, style=style), soft_wrap=True)


def visible(text: str) -> str:
    """The text with control characters, and those that turn the direction of writing, as signs that can be seen."""
    return text.translate(SIGNS)


def live(console: Console) -> bool:
    """Whether somebody sees it on a terminal that moves its cursor, whatever FORCE_COLOR says of a file."""
    return console.is_terminal and not console.is_dumb_terminal and console.file.isatty()


def _fitted(line: str, width: int) -> list[str]:
    """The line in parts of this width; what follows a label stays beside it."""
    if cell_len(line) <= width:
        return [line]
    label = LABEL.match(line)
    indent = " " * (label.end() if label is not None else 2)
    return wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [line]
