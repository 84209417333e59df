"""A language model behind a command of yours: it reads the prompt on stdin and writes the answer to stdout."""

import asyncio
import contextlib
import os
import shlex
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence

from gepa_agents.ports.language_model import Completion
from gepa_agents.words.errors import ConfigError, ModelRefused, ModelUnavailable
from gepa_agents.words.usage import Usage


class CommandModel:
    """Starts the command anew for each prompt, without a shell. Text is UTF-8 both ways.

    Nothing is retried: a command knows best what is worth another try.
    """

    def __init__(self, argv: Sequence[str], timeout: float = 300.0) -> None:
        """`timeout` is in seconds; then the command is killed, with every process that it started in its group."""
        if isinstance(argv, str) or not argv:
            raise ConfigError(f"a command is a list of words such as ['llm', '-m', 'gpt-5'], not {argv!r}")
        self._argv = tuple(argv)
        self._timeout = timeout

    @property
    def name(self) -> str:
        """The command line."""
        return shlex.join(self._argv)

    async def complete(self, prompt: str) -> Completion:
        """What the command writes to stdout, without the white space around it.

        Raises `ModelRefused` when it can't be started, `ModelUnavailable` when it fails, is too slow or says nothing.
        """
        process = await self._start()
        try:
            async with asyncio.timeout(self._timeout):
                out, err = await process.communicate(prompt.encode())
        except TimeoutError as error:
            raise ModelUnavailable(
                f"the command `{self.name}` gave no answer within {self._timeout:g} s and was killed; "
                "give it more time or mend it"
            ) from error
        finally:
            # Also when the caller gives up: no process stays behind.
            await _end(process)
        answer = out.decode(errors="replace").strip()
        if process.returncode:
            raise ModelUnavailable(
                f"the command `{self.name}` ended with {_status(process.returncode)}: {_last_line(err)}; "
                "try it by hand with a prompt on stdin"
            )
        if not answer:
            raise ModelUnavailable(f"the command `{self.name}` wrote nothing to stdout; the answer is read from there")
        return Completion(text=answer, usage=Usage(calls=1, unpriced_calls=1))

    async def _start(self) -> Process:
        try:
            return await asyncio.create_subprocess_exec(
                *self._argv, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True
            )
        except OSError as error:
            raise ModelRefused(
                f"the command `{self.name}` can't be started ({error.strerror}); "
                f"see that `{self._argv[0]}` is installed, on the PATH and executable"
            ) from error


async def _end(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            # Its own group, by `start_new_session`: what the command left running goes with it.
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _status(code: int) -> str:
    return f"exit status {code}" if code > 0 else f"signal {signal.Signals(-code).name}"


def _last_line(err: bytes) -> str:
    lines = err.decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "it wrote nothing to stderr"
