"""Serves the report of a run on this machine only, and its news while the run goes on.

Requests that name another host are refused, so that no page from elsewhere can read it through a name that it controls
(DNS rebinding).
"""

import json
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gepa_agents_report.page import packed, page
from gepa_agents_report.watching import Watched

LOOPBACK = "127.0.0.1"


class Server(ThreadingHTTPServer):
    """The server of one run folder. `serve_forever` serves, `server_close` ends it."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, folder: Path, port: int) -> None:
        """Binds at once; port 0 takes a free one. Raises `OSError` when the port is taken."""
        super().__init__((LOOPBACK, port), partial(_Handler, self))
        self.watched = Watched(folder)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    @property
    def hosts(self) -> tuple[str, ...]:
        """How a browser on this machine may name it."""
        return tuple(f"{name}:{self.server_port}" for name in (LOOPBACK, "localhost"))


class _Handler(BaseHTTPRequestHandler):
    server_version = "gepa-agents"
    sys_version = ""

    def __init__(self, served: Server, *request: Any) -> None:
        self._served = served
        super().__init__(*request)

    def do_GET(self) -> None:
        """The page, or news of the run."""
        if self.headers.get("Host", "") not in self._served.hosts:
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", b"this page is for this machine only\n")
            return
        asked = urlsplit(self.path)
        if asked.path not in ("/", "/data"):
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"there is only /\n")
            return
        version, content = self._served.watched.now()
        if asked.path == "/":
            self._answer(HTTPStatus.OK, "text/html", page(content, version).encode())
        elif parse_qs(asked.query).get("since") == [version]:
            self._answer(HTTPStatus.NO_CONTENT, "application/json", b"")
        else:
            news = {"version": version, "data": packed(content)}
            self._answer(HTTPStatus.OK, "application/json", json.dumps(news).encode())

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        headers = {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Frame-Options": "DENY",
        }
        for name, value in headers.items():
            if status != HTTPStatus.NO_CONTENT or not name.startswith("Content-"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of requests."""


def serve(folder: str | Path, port: int = 0) -> Server:
    """A server for the report of a run folder, there or not; it serves once `serve_forever` is called."""
    return Server(Path(folder), port)
