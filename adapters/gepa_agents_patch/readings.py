"""What may happen to a text between the place where it stands and the prompt: its edges and its margin are cut.

A reading knows both ways: from what stands there to the prompt, and what must stand there for another prompt.
"""

import inspect
import re
import textwrap
from typing import Protocol


class Reading(Protocol):
    """One thing that may happen to a text."""

    def read(self, value: str) -> str:
        """The prompt that the value becomes."""
        ...

    def write(self, old: str, text: str) -> str:
        """The value that becomes `text`, laid out as the old one."""
        ...


class AsItIs:
    """Nothing happens to it."""

    def read(self, value: str) -> str:
        return value

    def write(self, old: str, text: str) -> str:
        return text


class Stripped:
    """White space is cut from its edges."""

    def read(self, value: str) -> str:
        return value.strip()

    def write(self, old: str, text: str) -> str:
        kept = len(old) - len(old.lstrip())
        return old[:kept] + text + old[len(old.rstrip()) :]


class Dedented:
    """Its margin is cut off (`textwrap.dedent`), and white space from its edges, if `strip` says so."""

    def __init__(self, *, strip: bool) -> None:
        self._strip = strip

    def read(self, value: str) -> str:
        plain = textwrap.dedent(value)
        return plain.strip() if self._strip else plain

    def write(self, old: str, text: str) -> str:
        lines = [line for line in old.splitlines() if line.strip()]
        inner = textwrap.dedent("\n".join(lines)).splitlines()
        margin = lines[0][: len(lines[0]) - len(inner[0])] if lines else ""
        new = textwrap.indent(text, margin)
        if not self._strip:
            return new
        head = old[: len(old) - len(old.lstrip())]
        # Of the white space before the first line, its margin is in `new` already.
        return head.removesuffix(margin) + new + old[len(old.rstrip()) :]


class Cleaned:
    """It is a docstring (`inspect.cleandoc`): the first line begins at the quotes, the others have a margin."""

    def __init__(self, margin: str) -> None:
        """`margin` is that of the code around it, for a docstring of one line that gets a second."""
        self._margin = margin

    def read(self, value: str) -> str:
        return inspect.cleandoc(value)

    def write(self, old: str, text: str) -> str:
        rest = [line for line in old.split("\n")[1:] if line.strip()]
        margin = min((re.match(r"[ \t]*", line)[0] for line in rest), key=len, default=self._margin)  # type: ignore[index]
        head = old[: len(old) - len(old.lstrip())]
        tail = old[len(old.rstrip()) :]
        if "\n" in text and "\n" not in old:
            tail = f"\n{self._margin}"
        first, *others = text.split("\n")
        return "\n".join([head + first, *(margin + line if line.strip() else line for line in others)]) + tail
