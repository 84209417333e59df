"""Turns what goes wrong into one sentence on stderr and an exit code that means something.

What is not a `GepaError` is a bug of ours and keeps its traceback.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import typer

from gepa_agents.words.errors import AgentError, BudgetError, GepaError, JournalError, ModelError


class ExitCode(IntEnum):
    """What a command's exit code means; the docstrings are printed by `--help`."""

    OK = 0
    BUG = 1
    INPUT = 2
    AGENT = 3
    MODEL = 4
    BUDGET = 5
    RUN = 6
    INTERRUPTED = 130


MEANING = {
    ExitCode.OK: "done",
    ExitCode.BUG: "a bug of gepa-agents; the traceback is for its authors",
    ExitCode.INPUT: "something you wrote can't be used: the command, gepa.toml, the tasks, the metric, a candidate",
    ExitCode.AGENT: "the agent can't be loaded, wrapped, run or tuned",
    ExitCode.MODEL: "a language model refused or is out of reach",
    ExitCode.BUDGET: "the budget is too small for the first step",
    ExitCode.RUN: "the run folder can't be used: in use, of another run or version, not writable",
    ExitCode.INTERRUPTED: "interrupted; everything that was paid for is kept, the same command goes on",
}

_CODES: tuple[tuple[type[GepaError], ExitCode], ...] = (
    (AgentError, ExitCode.AGENT),
    (ModelError, ExitCode.MODEL),
    (BudgetError, ExitCode.BUDGET),
    (JournalError, ExitCode.RUN),
)


def exit_code(error: GepaError) -> ExitCode:
    """The exit code for an error; what the user wrote is to blame unless its class says otherwise."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.INPUT)


@contextmanager
def reported() -> Iterator[None]:
    """Run a command's body; an error in it ends the process with one sentence and its exit code."""
    try:
        yield
    except GepaError as error:
        # A user's exception may bring lines of its own; a sentence is one line.
        typer.echo(f"error: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(exit_code(error)) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(ExitCode.INTERRUPTED) from error
    except typer.Exit:
        raise
    except Exception as error:
        error.add_note("This is a bug of gepa-agents: please report it, with this traceback.")
        raise
