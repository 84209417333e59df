"""`report RUN`: a run as one HTML file."""

from pathlib import Path

from gepa_agents_report import report as page

from gepa_agents.words.errors import ConfigError
from gepa_agents_cli.documents import Reported
from gepa_agents_cli.screen import Output, say


def report(folder: Path, output: Path, out: Output) -> None:
    """Write the report of a run, finished or not.

    Raises `JournalError` when the folder holds no run, `ConfigError` when the file can't be written.
    """
    content = page(folder).encode()
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(content)
    except OSError as error:
        raise ConfigError(f"{output} can't be written ({error.strerror}); name another file with --output") from error
    say(out.end, f"wrote {output} ({len(content) / 1e6:.1f} MB); it opens in any browser, offline")
    out.document(Reported(folder=str(folder), file=str(output), size=len(content)))
