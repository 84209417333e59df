"""Turns what goes wrong into one sentence on stderr and an exit code that means something.

What is not a `GepaError` is a bug of ours and keeps its traceback.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import IntEnum

import typer

from gepa_agents.words.errors import AgentError, BudgetError, GepaError, JournalError, ModelError
from gepa_agents_cli.documents import Failure, Fault
from gepa_agents_cli.screen import Output, alone, output, visible


class ExitCode(IntEnum):
    """What a command's exit code means; the docstrings are printed by `--help`."""

    OK = 0
    BUG = 1
    INPUT = 2
    AGENT = 3
    MODEL = 4
    BUDGET = 5
    RUN = 6
    WORSE = 7
    INTERRUPTED = 130


MEANING = {
    ExitCode.OK: "done",
    ExitCode.BUG: "a bug of gepa-agents; the traceback is for its authors",
    ExitCode.INPUT: "something you wrote can't be used: the command, gepa.toml, the tasks, the metric, a candidate",
    ExitCode.AGENT: "the agent can't be loaded, wrapped, run or tuned",
    ExitCode.MODEL: "a language model refused or is out of reach",
    ExitCode.BUDGET: "the budget is too small for the first step",
    ExitCode.RUN: "the run folder can't be used: in use, of another run or version, not writable",
    ExitCode.WORSE: "the candidate is worse than the baseline, and `--fail-if-worse` was given",
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
def reported(*, as_json: bool = False, quiet: bool = False) -> Iterator[Output]:
    """Run a command's body; an error in it ends the process with one sentence and its exit code.

    The body gets where to print. With JSON, stdout belongs to it alone: what the user's code prints goes to stderr,
    and so does the error, as JSON.
    """
    with ExitStack() as stack:
        out = output(stack.enter_context(alone()) if as_json else None, quiet=quiet)
        try:
            yield out
        except GepaError as error:
            # A user's exception may bring lines of its own; a sentence is one line.
            _tell(type(error).__name__, " ".join(str(error).split()), exit_code(error), as_json=as_json)
            if not as_json:
                for note in getattr(error, "__notes__", ()):
                    typer.echo(note, err=True)
            raise typer.Exit(exit_code(error)) from error
        except KeyboardInterrupt as error:
            if as_json:
                _tell("Interrupted", MEANING[ExitCode.INTERRUPTED], ExitCode.INTERRUPTED, as_json=True)
            raise typer.Exit(ExitCode.INTERRUPTED) from error
        except typer.Exit:
            raise
        except Exception as error:
            error.add_note("This is a bug of gepa-agents: please report it, with this traceback.")
            raise


def _tell(kind: str, message: str, code: ExitCode, *, as_json: bool) -> None:
    failure = Failure(error=Fault(kind=kind, message=message, code=code))
    said = visible(message) if sys.stderr.isatty() else message
    typer.echo(failure.model_dump_json() if as_json else f"error: {said}", err=True)
