"""Our spans leave through the user's own OpenTelemetry exporter, over OTLP/HTTP, and are read back unchanged."""

import asyncio
import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from gepa_agents_langgraph import wrap
from gepa_agents_traces import read
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from gepa_agents import Case, GraphConfig, Rollout, Score, Settings, Task
from gepa_agents.loop.evaluate import aevaluate
from gepa_agents.parts.tracing import recorder
from gepa_agents.parts.tracing.recorder import Recorder, Recording
from tests.langgraph_zoo import ZOO, Log, Specimen
from tests.traces import shop


@dataclass
class Receiver:
    """A collector: keeps what is posted, each message after its size."""

    file: Path
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    def __enter__(self) -> "Receiver":
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
                with receiver.lock, receiver.file.open("ab") as file:
                    file.write(len(body).to_bytes(4, "big") + body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    """A collector on this machine."""
    with Receiver(tmp_path / "received.binpb") as running:
        yield running


@pytest.fixture
def provider(receiver: Receiver) -> Iterator[TracerProvider]:
    """A user's tracer provider that sends to the collector."""
    made = TracerProvider()
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{receiver.url}/v1/traces")))
    yield made
    made.shutdown()


def received(receiver: Receiver) -> dict[str, Case]:
    """The runs that arrived, by their task."""
    return {stored.task.id: stored for stored in read(receiver.file)}


def recorded(provider: TracerProvider, agent: Any, task: Task) -> Recording:
    """A run of the agent, traced through the user's provider."""
    with Recorder(provider).rollout("run", {"gepa.task.id": task.id}) as recording:
        recording.restart()  # as every attempt of a rollout begins
        asyncio.run(agent.run(task, GraphConfig(), recording.tracer))
    return recording


def test_what_arrives_is_what_was_seen(receiver: Receiver, provider: TracerProvider):
    """The trajectory that the optimizer read in its process, and the one that is read from what the collector got, are
    equal: every step, message, argument, error, token and time."""
    agent = wrap(shop.build())
    seen = {}
    for number, (question, customer, _) in enumerate(shop.RUNS):
        state = {"messages": [{"role": "user", "content": question}], "customer": customer}
        seen[f"shop-{number}"] = recorded(provider, agent, Task(id=f"shop-{number}", input=state))
    provider.force_flush()
    arrived = received(receiver)
    assert set(arrived) == set(seen)
    for name, recording in seen.items():
        assert arrived[name].rollout.trajectory == recording.trajectory()


@pytest.mark.parametrize("specimen", ZOO, ids=lambda specimen: specimen.build.__name__)
def test_every_kind_of_graph_survives_the_journey(receiver: Receiver, provider: TracerProvider, specimen: Specimen):
    """Templates, subgraphs, parallel branches, interrupts, several prompts a node: equal too."""
    agent = wrap(specimen.build(Log()), answers=specimen.answers)
    recording = recorded(provider, agent, Task(id="zoo", input=specimen.inputs[0]))
    provider.force_flush()
    (arrived,) = received(receiver).values()
    assert arrived.rollout.trajectory == recording.trajectory()


def test_an_attempt_that_was_given_up_is_not_read(receiver: Receiver, provider: TracerProvider):
    """A rollout that began anew, as after a model's outage: the first attempt's spans arrive, and are passed over."""
    agent = wrap(shop.build())
    question, customer, _ = shop.RUNS[0]
    task = Task(id="again", input={"messages": [{"role": "user", "content": question}], "customer": customer})
    with Recorder(provider).rollout("run", {"gepa.task.id": task.id}) as recording:
        for _ in range(2):
            recording.restart()
            asyncio.run(agent.run(task, GraphConfig(), recording.tracer))
    provider.force_flush()
    reading = read(receiver.file)
    (case,) = reading
    arrived = case.rollout.trajectory
    assert arrived == recording.trajectory()
    assert reading.tally.given_up == 22  # every step of the first attempt
    assert len(list(arrived.models())) == 7


async def test_an_evaluation_reaches_the_users_backend(
    receiver: Receiver, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
):
    """With a tracer provider set, as everybody sets one, rollouts of an evaluation arrive with candidate, task and
    score, the score as an event too; nothing of ours has to be configured."""
    logs = LoggerProvider()
    logs.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter(f"{receiver.url}/v1/logs")))
    monkeypatch.setattr(recorder.trace, "get_tracer_provider", lambda: provider)
    monkeypatch.setattr(recorder, "get_logger", logs.get_logger)
    tasks = [
        Task(id=f"t{number}", input={"messages": [{"role": "user", "content": asked}], "customer": customer})
        for number, (asked, customer, _) in enumerate(shop.RUNS)
    ]

    def metric(task: Task, rollout: Rollout) -> Score:
        return Score(value=int(task.id[1:]) / 2, feedback=f"about {task.id}")

    evaluation = await aevaluate(wrap(shop.build()), tasks, metric=metric, settings=Settings(concurrency=3))
    await asyncio.to_thread(provider.force_flush)
    await asyncio.to_thread(logs.shutdown)
    arrived = received(receiver)
    assert set(arrived) == {"t0", "t1", "t2"}
    for rollout in evaluation.rollouts:
        stored = arrived[rollout.task].rollout
        assert (stored.candidate, stored.repeat) == (rollout.candidate, rollout.repeat)
        assert stored.trajectory.steps == rollout.trajectory.steps
        assert rollout.score is not None
        assert stored.score is not None
        assert stored.score.value == rollout.score.value
        assert stored.score.feedback == f"metric: {rollout.score.value:g}: {rollout.score.feedback}"
