"""Where commands print: texts as they are, one line a line, styled only on a terminal."""

from rich.console import Console
from rich.text import Text


def screen() -> Console:
    """The console on stdout."""
    return Console(highlight=False)


def say(console: Console, line: str, style: str = "") -> None:
    """Print one line, unwrapped however long it is; what looks like markup in it is text."""
    console.print(Text(line, style=style), soft_wrap=True)
