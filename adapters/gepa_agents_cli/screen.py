"""Where a command prints: what goes on, what it came to, and for scripts JSON.

Texts stand as they are, one line a line, styled only on a terminal.
"""

import sys
from dataclasses import dataclass
from typing import TextIO

from pydantic import BaseModel
from rich.console import Console
from rich.text import Text


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

    def text(self, text: str) -> None:
        """Print a document as it stands, to the last byte; nothing with `--json`."""
        if self.data is None:
            sys.stdout.write(text)

    def document(self, record: BaseModel) -> None:
        """With `--json`, write a record as one line; else nothing."""
        if self.data is not None:
            self.data.write(f"{record.model_dump_json()}\n")
            self.data.flush()


def output(*, as_json: bool = False, quiet: bool = False) -> Output:
    """The output on stdout, as `--json` and `--quiet` want it."""
    return Output(
        course=Console(highlight=False, quiet=quiet or as_json),
        end=Console(highlight=False, quiet=as_json),
        data=sys.stdout if as_json else None,
        quiet=quiet,
    )


def screen() -> Console:
    """The console on stdout, for a command without other forms."""
    return Console(highlight=False)


def say(console: Console, line: str, style: str = "") -> None:
    """Print one line, unwrapped however long it is; what looks like markup in it is text."""
    console.print(Text(line, style=style), soft_wrap=True)
