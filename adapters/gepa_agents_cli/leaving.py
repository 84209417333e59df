"""Runs the command line as a process, and leaves it when it is told to, even while threads are at work."""

import errno
import os
import sys
import threading

from gepa_agents_cli.app import app
from gepa_agents_cli.errors import ExitCode

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""What a full disk answers."""


def run() -> None:
    """Run the command line; after a second Ctrl-C, leave without waiting for threads that can't be stopped."""
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.errno not in FULL:
            raise
        sys.stderr.write(f"error: the output can't be written: {error.strerror}; make room, or send it elsewhere\n")
        # What could not be written must not be tried again when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.INPUT)
    except SystemExit as error:
        if error.code == ExitCode.INTERRUPTED and _busy():
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(ExitCode.INTERRUPTED)
        raise


def _busy() -> bool:
    main = threading.main_thread()
    return any(thread is not main and not thread.daemon for thread in threading.enumerate())
