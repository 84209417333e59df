"""Records the traces in this folder: the real instrumentation packages over a real graph with a scripted model.

    python -m venv env
    env/bin/pip install langgraph langchain openinference-instrumentation-langchain arize-phoenix-client \
        opentelemetry-instrumentation-langchain langfuse langsmith opentelemetry-exporter-otlp-proto-http
    env/bin/pip install --pre opentelemetry-exporter-otlp-json-file opentelemetry-instrumentation-genai-langchain
    env/bin/pip install --no-deps -e .            # gepa-agents itself, for its own spans
    env/bin/python tests/traces/record.py

Each convention is recorded in a process of its own. What needs a vendor's server is pointed at a server of this script
that keeps what is posted. Names and paths of the machine are taken out. The tests read the files; they never run this.
"""

import gzip
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
EVALUATION = {
    "gen_ai.evaluation.name": "helpful",
    "gen_ai.evaluation.score.value": 0.25,
    "gen_ai.evaluation.score.label": "poor",
    "gen_ai.evaluation.explanation": "It does not name the price.",
}


def run(callbacks: Any = (), pause: float = 0) -> None:
    """Run the graph on its three questions, with so many seconds between them."""
    import shop

    graph = shop.build()
    for question, customer, _ in shop.RUNS:
        config = {"callbacks": list(callbacks), "metadata": {"release": "7"}}
        graph.invoke({"messages": [("user", question)], "customer": customer}, config)
        time.sleep(pause)


def provider(file: str) -> Any:
    """A tracer provider that writes OTLP/JSON lines, made the global one."""
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.json.file.trace_exporter import FileSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    made = TracerProvider(resource=Resource({"service.name": "shop"}))
    made.add_span_processor(BatchSpanProcessor(FileSpanExporter(HERE / file), max_export_batch_size=20))
    trace.set_tracer_provider(made)
    return made


def evaluated(file: str, traces: dict[str, str]) -> None:
    """Append an evaluation event (GenAI conventions) about a trace: `{trace id: span id}`, both in hex."""
    from opentelemetry._logs import LogRecord
    from opentelemetry.exporter.otlp.json.file._log_exporter import FileLogExporter
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

    logs = LoggerProvider(resource=Resource({"service.name": "shop"}))
    logs.add_log_record_processor(SimpleLogRecordProcessor(FileLogExporter(HERE / file)))
    for trace_id, span_id in traces.items():
        context = SpanContext(int(trace_id, 16), int(span_id, 16), False, TraceFlags(1))
        logs.get_logger("judge").emit(
            LogRecord(
                timestamp=time.time_ns(),
                context=set_span_in_context(NonRecordingSpan(context)),
                event_name="gen_ai.evaluation.result",
                attributes=EVALUATION,
            )
        )
    logs.shutdown()


def spans(file: str) -> list[dict[str, Any]]:
    """The spans of a file of OTLP/JSON lines, in order of their start."""
    found = [
        span
        for line in (HERE / file).read_text().splitlines()
        for resource in json.loads(line).get("resourceSpans", [])
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]
    return sorted(found, key=lambda span: int(span["startTimeUnixNano"]))


class Server:
    """Keeps what is posted: `(path, body)`, unpacked."""

    def __init__(self, answer: Callable[[str], Any]) -> None:
        posted: list[tuple[str, bytes]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                posted.append((self.path, gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body))
                self.do_GET()

            do_PATCH = do_POST  # noqa: N815

            def do_GET(self) -> None:
                text = json.dumps(answer(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                pass

        self.posted = posted
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


def openinference() -> None:
    """Phoenix: spans as OTLP/JSON, and what its client posts as annotations of the root spans."""
    from openinference.instrumentation.langchain import LangChainInstrumentor
    from phoenix.client import Client

    made = provider("openinference.jsonl")
    LangChainInstrumentor().instrument(tracer_provider=made)
    run()
    made.shutdown()
    server = Server(lambda path: {"data": []})
    client = Client(base_url=server.url)
    roots = [span for span in spans("openinference.jsonl") if not span.get("parentSpanId")]
    labels = (("good", 1.0, "names the price"), ("bad", 0.0, "no price"), ("good", 1.0, None))
    for span, (label, score, why) in zip(roots, labels, strict=True):
        annotation = {
            "name": "price",
            "annotator_kind": "HUMAN",
            "span_id": span["spanId"],
            "result": {"label": label, "score": score, **({"explanation": why} if why else {})},
        }
        client.spans.log_span_annotations(span_annotations=[annotation])
    write("phoenix_annotations.jsonl", [body.decode() for path, body in server.posted if "annotations" in path])


def traceloop() -> None:
    """Traceloop's OpenLLMetry."""
    from opentelemetry.instrumentation.langchain import LangchainInstrumentor

    made = provider("traceloop.jsonl")
    LangchainInstrumentor().instrument(tracer_provider=made)
    run()
    made.shutdown()


def genai() -> None:
    """OpenTelemetry's own instrumentation, with evaluation events about two of the three runs."""
    os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "SPAN_ONLY"
    from opentelemetry.instrumentation.genai.langchain import LangChainInstrumentor

    made = provider("genai.jsonl")
    LangChainInstrumentor().instrument(tracer_provider=made)
    run()
    made.shutdown()
    roots = [span for span in spans("genai.jsonl") if not span.get("parentSpanId")]
    evaluated("genai.jsonl", {span["traceId"]: span["spanId"] for span in roots[:2]})


def langsmith_otel() -> None:
    """LangSmith's tracer in its OpenTelemetry mode."""
    os.environ |= {"LANGSMITH_TRACING": "true", "LANGSMITH_TRACING_MODE": "otel", "LANGSMITH_API_KEY": "none"}
    os.environ["LANGSMITH_ENDPOINT"] = Server(lambda path: {}).url
    from langchain_core.tracers.langchain import wait_for_all_tracers

    made = provider("langsmith_otel.jsonl")
    # Its exporter has a queue of its own that can't be flushed, and loses what ends while a batch of it is sent.
    run(pause=2)
    wait_for_all_tracers()
    made.shutdown()


def langsmith() -> None:
    """LangSmith's runs as its client posts them (a run's start and end put together, as `list_runs` gives them)."""
    threads = {"scale_up_nthreads_limit": 1, "scale_up_qsize_trigger": 1000, "scale_down_nempty_trigger": 4}
    batches = {"use_multipart_endpoint": False, "size_limit": 100, "size_limit_bytes": 20_000_000, **threads}
    info = {"version": "0.10.0", "batch_ingest_config": batches}
    server = Server(lambda path: info if path.endswith("/info") else {})
    os.environ |= {"LANGSMITH_TRACING": "true", "LANGSMITH_API_KEY": "none", "LANGSMITH_ENDPOINT": server.url}
    from langchain_core.tracers.langchain import wait_for_all_tracers
    from langsmith import Client

    run(pause=2)
    wait_for_all_tracers()
    runs: dict[str, dict[str, Any]] = {}
    for path, body in server.posted:
        if path.endswith("/runs/batch"):
            for one in [run for kind in ("post", "patch") for run in json.loads(body).get(kind) or []]:
                runs.setdefault(one["id"], {}).update({key: value for key, value in one.items() if value is not None})
    write("langsmith_runs.jsonl", [json.dumps(one) for one in runs.values()])
    roots = [one for one in runs.values() if not one.get("parent_run_id")]
    client = Client(auto_batch_tracing=False)
    server.posted.clear()
    client.create_feedback(roots[0]["id"], "correctness", score=0.5, comment="The price is missing.")
    client.create_feedback(roots[1]["id"], "correctness", score=0, correction={"answer": "We have no unicorns."})
    write("langsmith_feedback.jsonl", [body.decode() for path, body in server.posted if path.endswith("/feedback")])


def langfuse() -> None:
    """Langfuse: the OTLP protobuf that its client posts (each message after its size), and its scores."""
    server = Server(lambda path: {"successes": [], "errors": []})
    from langfuse import Langfuse
    from langfuse.langchain import CallbackHandler
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    client = Langfuse(public_key="pk", secret_key="sk", host=server.url)
    run([CallbackHandler()])
    client.flush()
    bodies = [body for path, body in server.posted if path.endswith("/v1/traces")]
    requests = [ExportTraceServiceRequest.FromString(body) for body in bodies]
    for request in requests:
        for resource in request.resource_spans:
            del resource.resource.attributes[:]
    written = [request.SerializeToString() for request in requests]
    (HERE / "langfuse.binpb").write_bytes(b"".join(len(one).to_bytes(4, "big") + one for one in written))
    every = [
        span
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    write("langfuse_observations.jsonl", [json.dumps(observation(span)) for span in every])
    roots = {span.trace_id.hex(): span.span_id.hex() for span in every if not span.parent_span_id}
    first, second, third = roots
    client.create_score(name="helpful", value=0.5, trace_id=first, comment="It takes long.")
    client.create_score(name="answer", value="We have no unicorns.", trace_id=second, data_type="CORRECTION")
    client.create_score(name="polite", value=1, trace_id=third, observation_id=roots[third], data_type="BOOLEAN")
    client.flush()
    client.shutdown()
    scores = [json.loads(body) for path, body in server.posted if path.endswith("/scores")]
    write("langfuse_scores.jsonl", [json.dumps(one) for one in scores])


def observation(span: Any) -> dict[str, Any]:
    """A span as Langfuse's API would return it: put together here, and checked by the model in Langfuse's client."""
    from langfuse.api.commons.types.observation_v2 import ObservationV2
    from langfuse.api.core.pydantic_utilities import parse_obj_as

    def time(nanoseconds: int) -> str:
        return datetime.fromtimestamp(nanoseconds / 1e9, UTC).isoformat().replace("+00:00", "Z")

    def loaded(text: str) -> Any:
        try:
            return json.loads(text)
        except ValueError:
            return text

    prefix = "langfuse.observation."
    told = {pair.key.removeprefix(prefix): loaded(pair.value.string_value) for pair in span.attributes}
    made = {
        "id": span.span_id.hex(),
        "traceId": span.trace_id.hex(),
        "parentObservationId": span.parent_span_id.hex() or None,
        "projectId": "shop",
        "type": told["type"].upper(),
        "name": span.name,
        "startTime": time(span.start_time_unix_nano),
        "endTime": time(span.end_time_unix_nano),
        "level": told.get("level", "DEFAULT"),
        "statusMessage": told.get("status_message"),
        "input": told.get("input"),
        "output": told.get("output"),
        "metadata": {name[9:]: value for name, value in told.items() if name.startswith("metadata.")},
        "model": told.get("model.name"),
        "usageDetails": told.get("usage_details"),
    }
    parse_obj_as(ObservationV2, made)
    return made


def own() -> None:
    """Our own spans and evaluation events."""
    import asyncio

    import shop
    from gepa_agents_langgraph import wrap

    from gepa_agents import Candidate, GraphConfig, Score, Task
    from gepa_agents.parts.tracing.recorder import Recorder

    made = provider("own.jsonl")
    agent = wrap(shop.build())
    for number, (question, customer, _) in enumerate(shop.RUNS):
        state = {"messages": [{"role": "user", "content": question}], "customer": customer}
        attributes = {"gen_ai.agent.version": Candidate().id, "gepa.task.id": f"shop-{number}"}
        with Recorder(made).rollout(f"rollout shop-{number}", attributes) as recording:
            asyncio.run(agent.run(Task(id=f"shop-{number}", input=state), GraphConfig(), recording.tracer))
            recording.scored(Score(value=0.25, feedback="It does not name the price."))
    made.shutdown()


MACHINE = (
    (re.compile(r"/[\w./-]*/(site-packages|python3\.\d+|tests/traces)/"), r"\1/"),
    (re.compile(re.escape(str(HERE.parents[1])) + r"/"), ""),
    (re.compile(r"127\.0\.0\.1:\d+"), "localhost"),
    (re.compile(r'(\\*"platform\\*": ?\\*")[^"\\]*'), r"\1"),
)


def write(file: str, lines: list[str]) -> None:
    """Write lines of JSON."""
    (HERE / file).write_text("".join(line + "\n" for line in lines), encoding="utf-8")


PACKED = 200_000
"""Characters from which on a file is packed."""


def finish(file: Path) -> None:
    """Take out names and paths of the machine; pack what is long."""
    text = file.read_text(encoding="utf-8")
    for pattern, put in MACHINE:
        text = pattern.sub(put, text)
    if len(text) < PACKED:
        file.write_text(text, encoding="utf-8")
        return
    file.with_suffix(".jsonl.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    file.unlink()


MODES = (openinference, traceloop, genai, langsmith_otel, langsmith, langfuse, own)

if __name__ == "__main__":
    for mode in MODES:
        if sys.argv[1:] == ["--only", mode.__name__]:
            mode()
        elif sys.argv[1:2] != ["--only"] and (not sys.argv[1:] or mode.__name__ in sys.argv[1:]):
            for old in HERE.glob(f"{mode.__name__}.*"):
                old.unlink()
            subprocess.run([sys.executable, __file__, "--only", mode.__name__], check=True, cwd=HERE)
            for made in HERE.glob(f"{mode.__name__}*.jsonl"):
                finish(made)
