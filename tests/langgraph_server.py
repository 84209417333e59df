"""A real LangGraph server in a process of its own, in memory, as `langgraph dev` starts it; and a client for it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

QUIET = {"LANGGRAPH_CLI_NO_ANALYTICS": "1", "LANGSMITH_TRACING": "false", "LANGCHAIN_TRACING_V2": "false"}
PATIENCE = 60.0
"""Seconds that the server may take to start."""


class Server:
    """Its API, as far as tests need it."""

    def __init__(self, url: str) -> None:
        self._url = url

    def call(self, method: str, path: str, body: object = None) -> Any:
        """What the server answers, as plain data; `HTTPError` for what it refuses."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self._url + path, data, headers={"content-type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def run(self, assistant: str, **further: object) -> str:
        """The last message of a run on a thread of its own; `further` goes into the request."""
        state = {"messages": [{"role": "user", "content": "Hello?"}]}
        thread = self.call("POST", "/threads", {})["thread_id"]
        outcome = self.call(
            "POST", f"/threads/{thread}/runs/wait", {"assistant_id": assistant, "input": state, **further}
        )
        return str(outcome["messages"][-1]["content"] if "messages" in outcome else outcome)


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server of the graphs that `langgraph.json` in the folder names, while the block runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["dev", "--no-browser", "--no-reload", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "langgraph_cli", *command],
            cwd=folder,
            env={**{name: value for name, value in os.environ.items() if "API_KEY" not in name}, **QUIET},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            server = Server(f"http://127.0.0.1:{port}")
            _wait(server, process, folder / "server.log")
            yield server
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait(server: Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            server.call("GET", "/ok")
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"the server did not start:\n{log.read_text()}")
