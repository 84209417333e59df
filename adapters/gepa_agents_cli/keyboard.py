"""Waits for a person at the terminal without holding up the run: for a line, a text of many lines, an editor."""

import asyncio
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from gepa_agents.words.errors import ConfigError

END = "."
"""A line that ends a pasted text."""


class Keyboard:
    """Lines as they are typed; whoever waits for one can be called off."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """`environment` names the editor."""
        self._environment = environment
        self._typed = b""

    async def line(self) -> str:
        """The next line, without its end. Raises `ConfigError` when the terminal is closed, or Ctrl-D pressed."""
        while b"\n" not in self._typed:
            part = await _read()
            if not part:
                raise ConfigError("the terminal was closed before the answer; the same command asks again")
            self._typed += part
        line, _, self._typed = self._typed.partition(b"\n")
        return line.decode(errors="replace").rstrip("\r")

    async def text(self) -> str:
        """A pasted text: lines, up to one that holds only a dot."""
        lines: list[str] = []
        while (line := await self.line()) != END:
            lines.append(line)
        return "\n".join(lines)

    @property
    def editor(self) -> str | None:
        """The person's editor; None when the environment names none."""
        return self._environment.get("VISUAL") or self._environment.get("EDITOR") or None

    async def edited(self, text: str, editor: str) -> str:
        """What a person makes of a text in their editor; raises `ConfigError` when it can't be run, or fails."""
        with TemporaryDirectory() as folder:
            file = Path(folder) / "text.md"
            file.write_text(f"{text}\n", encoding="utf-8")
            try:
                process = await asyncio.create_subprocess_exec(*shlex.split(editor), str(file))
                code = await process.wait()
                if code:
                    raise ConfigError(f"the editor `{editor}` ended with {code}; the text is as it was")
                written = file.read_text(encoding="utf-8")
            except (OSError, ValueError) as error:
                raise ConfigError(f"the editor `{editor}` can't be run ({error}); set EDITOR to another one") from error
        # Editors end the last line, prompts mostly don't.
        return written if text.endswith("\n") else written.removesuffix("\n")


async def _read() -> bytes:
    """What is typed next, a line in most cases; empty at the end."""
    loop, file = asyncio.get_running_loop(), sys.stdin.fileno()
    ready = asyncio.Event()
    try:
        loop.add_reader(file, ready.set)
    except NotImplementedError:  # Windows: a thread waits, and Ctrl-C with it until Enter is pressed
        line: str = await asyncio.to_thread(sys.stdin.readline)
        return line.encode()
    try:
        await ready.wait()
    finally:
        loop.remove_reader(file)
    try:
        return os.read(file, 65536)
    except OSError:  # the terminal is gone
        return b""
