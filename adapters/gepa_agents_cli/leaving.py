"""Runs the command line as a process, and leaves it when it is told to, even while threads are at work."""

import os
import sys
import threading

from gepa_agents_cli.app import app
from gepa_agents_cli.errors import ExitCode


def run() -> None:
    """Run the command line; after a second Ctrl-C, leave without waiting for threads that can't be stopped."""
    try:
        app()
    except SystemExit as error:
        if error.code == ExitCode.INTERRUPTED and _busy():
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(ExitCode.INTERRUPTED)
        raise


def _busy() -> bool:
    main = threading.main_thread()
    return any(thread is not main and not thread.daemon for thread in threading.enumerate())
