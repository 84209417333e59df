"""The report as it is served: on loopback, for those who name this machine, and up to date."""

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from gepa_agents_cli.app import app
from gepa_agents_report import Server, serve
from gepa_agents_report.watching import Watched
from typer.testing import CliRunner

from tests.report_run import written


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server for a folder that is not there yet."""
    server = serve(tmp_path / "run")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def asked(
    server: Server, path: str = "/", host: str | None = None, method: str = "GET"
) -> tuple[int, str, dict[str, str]]:
    """Status, body and head of an answer to a request that names a host."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, headers={"Host": host or f"127.0.0.1:{server.server_port}"})
    answer = connection.getresponse()
    told = answer.status, answer.read().decode(), dict(answer.getheaders())
    connection.close()
    return told


def test_it_is_on_loopback_only(server: Server) -> None:
    """It listens where no other machine gets to."""
    assert server.server_address[0] == "127.0.0.1"
    assert server.url == f"http://127.0.0.1:{server.server_port}/"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example:{port}"]
)
def test_other_names_are_refused(server: Server, host: str) -> None:
    """A page that came under another name, as DNS rebinding has it, gets nothing of the run."""
    for path in ("/", "/data"):
        status, body, _ = asked(server, path, host.format(port=server.server_port))
        assert status == 403
        assert "this machine only" in body


def test_it_serves_one_page_and_its_news(server: Server) -> None:
    """There are the page and its data, to be read and nothing else; neither is kept by the browser."""
    assert asked(server, host=f"localhost:{server.server_port}")[0] == 200
    assert asked(server, "/../../etc/passwd")[0] == 404
    assert asked(server, "/data", method="POST")[0] == 501
    status, page, head = asked(server)
    assert status == 200
    assert "connect-src 'self'" in page
    assert head["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in head


def test_there_is_news_when_the_run_has_gone_on(server: Server, tmp_path: Path) -> None:
    """Without a run the page says how to start one; data come once, until there is something new."""
    version = json.loads(asked(server, "/data")[1])["version"]
    assert "No run yet" in asked(server)[1]
    assert "gepa-agents optimize gepa.toml --run" in asked(server)[1]
    assert asked(server, f"/data?since={version}")[0] == 204
    written(tmp_path / "run", finished=False)
    status, body, _ = asked(server, f"/data?since={version}")
    assert status == 200
    assert json.loads(body)["version"] != version
    assert "Not finished" in asked(server)[1]


def test_a_folder_is_read_again_only_when_it_has_changed(tmp_path: Path) -> None:
    """Content and version stay the same objects until the run writes something."""
    folder = written(tmp_path)
    watched = Watched(folder)
    first, again = watched.now(), watched.now()
    assert again == first
    assert again[1] is first[1]
    assert first[1].finished


def test_what_is_no_run_is_told_as_such(tmp_path: Path) -> None:
    """A journal that can't be read is no crash: the page says what is wrong with it."""
    (tmp_path / "journal.sqlite").write_bytes(b"no database")
    _, content = Watched(tmp_path).now()
    assert content.verdict.headline == "No run yet"
    assert "journal.sqlite" in content.verdict.sentence


def test_a_port_that_is_taken_is_a_sentence(server: Server, tmp_path: Path) -> None:
    """`watch` on a port that another program has says so, and what to do."""
    outcome = CliRunner().invoke(app, ["watch", str(tmp_path), "--port", str(server.server_port)])
    assert outcome.exit_code == 2
    assert "choose another with --port" in outcome.stderr
