"""A run as one HTML page: a file to keep, or served on this machine while the run goes on."""

from pathlib import Path

from gepa_agents import History
from gepa_agents_report.gathering import gather
from gepa_agents_report.page import page
from gepa_agents_report.serving import Server, serve

__all__ = ["Server", "report", "serve"]


def report(run: str | Path) -> str:
    """The report of a run folder as one HTML page that opens offline; also of a run that is not finished.

    Raises `JournalError` where there is no run in the folder, or it can't be read.
    """
    with History.open(run) as history:
        return page(gather(history))
