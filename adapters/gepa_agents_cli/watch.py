"""`watch RUN`: the report on this machine, up to date while the run goes on."""

from pathlib import Path

from gepa_agents_report import serve

from gepa_agents.words.errors import ConfigError
from gepa_agents_cli.documents import Watching
from gepa_agents_cli.screen import Output, say


def watch(folder: Path, port: int, out: Output) -> None:
    """Serve until Ctrl-C, which is no error here. Raises `ConfigError` when the port can't be had."""
    try:
        server = serve(folder, port)
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"port {port} can't be had ({error}); choose another with --port, 0 takes a free one"
        ) from error
    with server:
        out.document(Watching(folder=str(folder), url=server.url))
        say(out.end, f"{folder} is shown at {server.url} on this machine; Ctrl-C ends it")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say(out.course, "no longer shown; the run itself goes on")
