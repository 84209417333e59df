"""Files of stored traces in every packing and shape; what can't be read is named by its line."""

import base64
import gzip
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from gepa_agents_traces import Tally, read
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, LogsData, ResourceLogs, ScopeLogs
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from gepa_agents import Case, ConfigError

FOLDER = Path(__file__).parents[1] / "traces"


def ran(*paths: Path) -> tuple[list[Case], Tally]:
    """Everything in some files."""
    reading = read(*paths)
    return list(reading), reading.tally


@pytest.fixture
def lines() -> list[Any]:
    """The documents of a recording."""
    return [json.loads(line) for line in (FOLDER / "genai.jsonl").read_text().splitlines()]


@pytest.fixture
def messages() -> list[bytes]:
    """The protobuf messages of a recording."""
    content, found = (FOLDER / "langfuse.binpb").read_bytes(), []
    while content:
        size = int.from_bytes(content[:4], "big")
        found.append(content[4 : 4 + size])
        content = content[4 + size :]
    return found


def test_json_is_read_in_every_layout(tmp_path: Path, lines: list[Any]):
    """Lines, a list of documents, one document over many lines, with a byte order mark, packed: the same runs."""
    expected, _ = ran(FOLDER / "genai.jsonl")
    whole = {
        "resourceSpans": [one for line in lines for one in line.get("resourceSpans", [])],
        "resourceLogs": [one for line in lines for one in line.get("resourceLogs", [])],
    }
    layouts = {
        "one line": json.dumps(whole),
        "list": json.dumps(lines),
        "laid out": json.dumps(whole, indent=2),
        "laid out list": json.dumps(lines, indent=2),
        "windows": "\ufeff" + "\r\n\r\n".join(map(json.dumps, lines)),
    }
    for name, text in layouts.items():
        path = tmp_path / name
        path.write_bytes(text.encode())
        assert ran(path)[0] == expected, name
        path.write_bytes(gzip.compress(text.encode()))
        assert ran(path)[0] == expected, f"{name}, packed"


def test_protobuf_is_read_in_every_framing(tmp_path: Path, messages: list[bytes]):
    """One message alone, as OTLP/HTTP posts it; a stream with sizes of four bytes, or with varints."""
    expected, _ = ran(FOLDER / "langfuse.binpb")
    joined = b"".join(messages)  # protobuf: joined messages are one message
    path = tmp_path / "traces"
    for content in (joined, gzip.compress(joined), b"".join(_varint(len(one)) + one for one in messages)):
        path.write_bytes(content)
        assert ran(path)[0] == expected


def _varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def test_a_broken_message_is_named_and_the_others_are_read(tmp_path: Path, messages: list[bytes]):
    """A damaged message in the middle of a stream is skipped by its number."""
    path = tmp_path / "traces.binpb"
    stream = [b"\x0a\x05\x0a\xff\xff", *messages]
    path.write_bytes(b"".join(len(one).to_bytes(4, "big") + one for one in stream))
    runs, tally = ran(path)
    assert len(runs) == 3
    assert tally.places == [(f"{path}, message 1", "it is no OTLP message")]


def test_evaluations_come_as_protobuf_logs_too(tmp_path: Path):
    """A stream of logs is told from one of spans, and its evaluation events are scores."""
    (first, *_), _ = ran(FOLDER / "genai.jsonl")
    log = LogRecord(trace_id=bytes.fromhex(str(first.task.metadata["trace"])), event_name="gen_ai.evaluation.result")
    for key, value in {"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.explanation": "curt"}.items():
        log.attributes.add(key=key).value.string_value = value
    log.attributes.add(key="gen_ai.evaluation.score.value").value.double_value = 0.75
    data = LogsData(resource_logs=[ResourceLogs(scope_logs=[ScopeLogs(log_records=[log])])])
    path = tmp_path / "logs.binpb"
    path.write_bytes(data.SerializeToString())
    runs, _ = ran(FOLDER / "genai.jsonl", path)
    assert runs[0].rollout.score is not None
    assert runs[0].rollout.score.objectives == {"helpful": 0.25, "tone": 0.75}
    assert "tone: 0.75: curt" in runs[0].rollout.score.feedback


def test_protobuf_and_json_of_the_same_spans_are_the_same(tmp_path: Path, messages: list[bytes]):
    """Ids in hex or in base64, integers as texts or as numbers: protobuf's own JSON is read as OTLP's."""
    from google.protobuf.json_format import MessageToJson

    expected, _ = ran(FOLDER / "langfuse.binpb")
    path = tmp_path / "traces.jsonl"
    written = [MessageToJson(TracesData.FromString(one), indent=None) for one in messages]
    assert base64.b64encode(bytes.fromhex(str(expected[0].task.metadata["trace"]))).decode() in written[0]
    path.write_text("\n".join(written))
    assert ran(path)[0] == expected


def test_skipped_lines_are_named(tmp_path: Path, lines: list[Any]):
    """Cut, foreign and empty lines: file, line number and reason; what is whole is read."""
    path = tmp_path / "traces.jsonl"
    cut = json.dumps(lines[0])[:500]
    texts = ["level=info msg=started", *map(json.dumps, lines), "", '{"a": 1}', "7", "[1, {}]", "\ud800", cut]
    path.write_bytes("\n".join(texts).encode("utf-8", "surrogatepass"))
    runs, tally = ran(path)
    assert len(runs) == 3
    number = len(lines)
    named = [(where.removeprefix(f"{path}:"), why) for where, why in tally.places]
    foreign = "it is no OTLP, and no run, observation, span or score that is known"
    assert named[:5] == [
        ("1", "no JSON: Expecting value at column 1"),
        (f"{number + 3}", foreign),
        (f"{number + 4}", "it is no JSON object"),
        (f"{number + 5}", "it is no JSON object"),
        (f"{number + 5}", foreign),
    ]
    assert [where for where, _ in named[5:]] == [f"{number + 6}", f"{number + 7}"]
    assert tally.skipped == len(named) == 7


def test_files_that_are_no_traces_are_named(tmp_path: Path):
    """A file in another packing, a text, a database, half a gzip: one sentence each, and no error."""
    contents = {
        "a.zst": b"\x28\xb5\x2f\xfd\x00",
        "b.db": b"SQLite format 3\x00" + bytes(100),
        "c.gz": gzip.compress(b'{"resourceSpans": []}\n' * 10_000)[:60],
        "d.json": b"{\n  nothing\n}\n",
        "e.bin": b"\x00\x00\x00\x05\x15\x00\x00\x00\x00",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    runs, tally = ran(*(tmp_path / name for name in contents))
    assert runs == []
    said = dict(tally.places)
    assert "unzstd a.zst" in said[f"{tmp_path}/a.zst"]
    assert "breaks off" in said[f"{tmp_path}/c.gz"]
    assert said[f"{tmp_path}/d.json:2"].startswith("no JSON")
    assert said[f"{tmp_path}/e.bin, message 1"] == "it is no OTLP message"
    assert any(where.startswith(f"{tmp_path}/b.db") for where in said)


def test_a_missing_file_is_the_users_error(tmp_path: Path):
    """It is named, with what to do."""
    with pytest.raises(ConfigError, match=r"nowhere\.jsonl can't be read \(No such file or directory\); name a file"):
        list(read(tmp_path / "nowhere.jsonl"))


def test_halves_of_a_run_are_put_together(tmp_path: Path):
    """LangSmith's client posts a run's start and its end apart, in any order."""
    runs = [
        json.loads(line) for line in gzip.decompress((FOLDER / "langsmith_runs.jsonl.gz").read_bytes()).splitlines()
    ]
    ends = ("end_time", "outputs", "error")
    common = ("id", "trace_id", "parent_run_id", "dotted_order")
    post = [{key: value for key, value in run.items() if key not in ends} for run in runs]
    patch = [{key: run[key] for key in (*common, *ends) if key in run} for run in runs]
    path = tmp_path / "batches.jsonl"
    path.write_text(json.dumps({"patch": patch[:40]}) + "\n" + json.dumps({"post": post, "patch": patch[40:]}) + "\n")
    found, tally = ran(path)
    assert found == ran(FOLDER / "langsmith_runs.jsonl.gz")[0]
    assert tally.doubled == len(runs)


def test_a_langfuse_trace_carries_its_observations_and_scores(tmp_path: Path):
    """A trace as the API returns it: its own input and output go first, its scores count."""
    lines = gzip.decompress((FOLDER / "langfuse_observations.jsonl.gz").read_bytes()).splitlines()
    observations = [json.loads(line) for line in lines]
    first = observations[0]["traceId"]
    trace = {
        "id": first,
        "timestamp": "2026-01-01T00:00:00Z",
        "name": "shop",
        "input": {"messages": [{"role": "user", "content": "How much?"}]},
        "output": "42",
        "observations": [one for one in observations if one["traceId"] == first],
        "scores": [{"name": "stars", "value": 4, "dataType": "NUMERIC", "comment": "nice"}],
    }
    path = tmp_path / "page.json"
    path.write_text(json.dumps({"data": [trace], "meta": {"page": 1}}, indent=1))
    ((run,), _) = ran(path)
    assert run.task.input == trace["input"]
    assert run.rollout.output == "42"
    assert run.rollout.score is not None
    assert (run.rollout.score.value, run.rollout.score.feedback) == (4, "stars: 4: nice")
    assert len(run.rollout.trajectory.steps) > 15


def test_langfuses_blob_export_is_read(tmp_path: Path):
    """The same observations and scores under the columns' names, with times without a zone."""

    def snake(name: str) -> str:
        return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)

    path = tmp_path / "rows.jsonl"
    lines = gzip.decompress((FOLDER / "langfuse_observations.jsonl.gz").read_bytes()).splitlines()
    lines += (FOLDER / "langfuse_scores.jsonl").read_bytes().splitlines()
    rows = [row for line in map(json.loads, lines) for row in (line if isinstance(line, list) else [line])]
    with path.open("w") as file:
        for row in rows:
            told = {snake(name): value for name, value in row.items()}
            if "start_time" in told:
                told |= {name: told[name].replace("T", " ").removesuffix("Z") for name in ("start_time", "end_time")}
            else:
                told.setdefault("data_type", "NUMERIC")
            file.write(json.dumps(told) + "\n")
    assert ran(path)[0] == ran(FOLDER / "langfuse_observations.jsonl.gz", FOLDER / "langfuse_scores.jsonl")[0]


def test_phoenix_spans_are_read_as_its_client_returns_them(tmp_path: Path):
    """The same spans in Phoenix's own JSON give the same steps, and its annotations their scores."""
    expected, _ = ran(FOLDER / "openinference.jsonl.gz")
    path = tmp_path / "spans.jsonl"
    path.write_text("".join(json.dumps(_phoenix(span)) + "\n" for span in _spans("openinference.jsonl.gz")))
    found, _ = ran(path, FOLDER / "phoenix_annotations.jsonl")
    assert [run.rollout.score.value for run in found if run.rollout.score] == [1, 0, 1]

    def told(runs: list[Case]) -> list[Any]:
        return [
            [step.model_dump(exclude={"started", "seconds"}) for step in run.rollout.trajectory.steps] for run in runs
        ]

    assert told(found) == told(expected)


def _spans(name: str) -> list[dict[str, Any]]:
    documents = map(json.loads, gzip.decompress((FOLDER / name).read_bytes()).splitlines())
    return [
        span
        for document in documents
        for resource in document["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def _phoenix(span: dict[str, Any]) -> dict[str, Any]:
    from datetime import UTC, datetime

    def flat(pairs: list[Any]) -> dict[str, Any]:
        told = {pair["key"]: next(iter(pair["value"].values())) for pair in pairs}
        return {key: int(value) if "token_count" in key else value for key, value in told.items()}

    def time(nanoseconds: str) -> str:
        return datetime.fromtimestamp(int(nanoseconds) / 1e9, UTC).isoformat()

    attributes = flat(span["attributes"])
    return {
        "name": span["name"],
        "context": {"trace_id": span["traceId"], "span_id": span["spanId"]},
        "parent_id": span.get("parentSpanId"),
        "span_kind": attributes.pop("openinference.span.kind"),
        "start_time": time(span["startTimeUnixNano"]),
        "end_time": time(span["endTimeUnixNano"]),
        "status_code": "ERROR" if span["status"].get("code") == 2 else "OK",
        "status_message": span["status"].get("message", ""),
        "attributes": attributes,
        "events": [
            {"name": event["name"], "timestamp": time(event["timeUnixNano"]), "attributes": flat(event["attributes"])}
            for event in span.get("events", [])
        ],
    }


def test_protobuf_without_its_package_is_the_users_error(monkeypatch: pytest.MonkeyPatch):
    """The extra to install is named; JSON needs none."""
    monkeypatch.setitem(sys.modules, "opentelemetry.proto.trace.v1.trace_pb2", None)
    with pytest.raises(ConfigError, match=r"install gepa-agents\[traces\], or have the collector write JSON"):
        list(read(FOLDER / "langfuse.binpb"))
    assert len(list(read(FOLDER / "genai.jsonl"))) == 3


CHAT = {"run_type": "llm", "inputs": {"messages": [["human", "hi"]]}, "outputs": {"generations": [[{"text": "x"}]]}}
NEVER = "9999-12-31T23:59:59Z"


@pytest.mark.parametrize(
    "row",
    [
        {"id": "r1", "trace_id": "t1", "name": "m", **CHAT, "start_time": NEVER, "end_time": NEVER},
        {"id": "o1", "traceId": "t1", "type": "GENERATION", "startTime": NEVER, "input": "hi", "output": "x"},
    ],
    ids=["langsmith", "langfuse"],
)
def test_a_time_beyond_64_bits_is_no_time(tmp_path: Path, row: Any):
    """A vendor's "never" (the year 9999) is not known, as a time that is no time; the run is read."""
    path = tmp_path / "never.jsonl"
    path.write_text(json.dumps(row))
    (run,), _ = ran(path)
    assert [(step.started, step.seconds) for step in run.rollout.trajectory.steps] == [(0.0, 0.0)]


def test_a_protobuf_time_beyond_64_bits_is_no_time(tmp_path: Path):
    """The highest number of a `fixed64` is not known as a time; nor is NaN a score or a number in an attribute."""
    data = TracesData()
    span = data.resource_spans.add().scope_spans.add().spans.add(trace_id=b"a" * 16, span_id=b"b" * 8)
    span.start_time_unix_nano = span.end_time_unix_nano = 2**64 - 1
    event = span.events.add(name="exception", time_unix_nano=2**64 - 1)
    event.attributes.add(key="exception.type").value.double_value = float("inf")
    for key, value in {"gen_ai.operation.name": "execute_tool", "gen_ai.evaluation.name": "q"}.items():
        span.attributes.add(key=key).value.string_value = value
    for key in ("gen_ai.evaluation.score.value", "gen_ai.tool.call.arguments"):
        span.attributes.add(key=key).value.double_value = float("nan")
    path = tmp_path / "never.binpb"
    path.write_bytes(data.SerializeToString())
    (run,), _ = ran(path)
    assert Case.model_validate_json(run.model_dump_json()) == run
    (tool,) = run.rollout.trajectory.steps
    assert (tool.started, tool.seconds) == (0.0, 0.0)
    assert run.rollout.score is None


@pytest.mark.parametrize(
    ("trace", "kept"),
    [
        ("507f1f77bcf86cd799439011", "507f1f77bcf86cd799439011"),
        ("Order-2024-11-23-00000001", "order-2024-11-23-00000001"),
        (base64.b64encode(bytes(range(16))).decode(), bytes(range(16)).hex()),
        (bytes(range(16)).hex().upper(), bytes(range(16)).hex()),
    ],
    ids=["24 hex digits", "words", "base64", "hex"],
)
def test_only_what_decodes_to_an_id_is_taken_for_base64(tmp_path: Path, trace: str, kept: str):
    """A trace is 16 bytes; 24 letters that make 18 of them are the name that somebody gave it."""
    path = tmp_path / "traces.jsonl"
    path.write_text(json.dumps({"id": "o1", "traceId": trace, "type": "GENERATION", "startTime": "", "output": "x"}))
    (run,), _ = ran(path)
    assert run.task.metadata["trace"] == kept


@pytest.mark.parametrize(
    "layout",
    ["\n{}", "\n\n  \n{}", " {}", "[{}\n]", "[\n{},\n{}\n]", "[{},\n{}]", "[\n\n{}]"],
    ids=["blank line", "blank lines", "blank", "[{", "list of lines", "list from line 1", "list after a gap"],
)
@pytest.mark.parametrize("indent", [None, 1], ids=["short", "laid out"])
def test_a_document_over_many_lines_may_begin_anyhow(tmp_path: Path, lines: list[Any], layout: str, indent: int | None):
    """Blank lines before it, the first brace or more on its first line, a list with an object a line: all are read."""
    expected, _ = ran(FOLDER / "genai.jsonl")
    whole = {
        "resourceSpans": [one for line in lines for one in line.get("resourceSpans", [])],
        "resourceLogs": [one for line in lines for one in line.get("resourceLogs", [])],
    }
    text = json.dumps(whole, indent=indent).replace('{\n "resourceSpans": [\n', '{ "resourceSpans": [\n', 1)
    path = tmp_path / "traces.json"
    path.write_text(layout.replace("{}", text))
    found, tally = ran(path)
    assert [run.rollout.trajectory for run in found] == [run.rollout.trajectory for run in expected]
    assert tally.skipped == 0


def test_a_broken_first_line_does_not_take_the_others_along(tmp_path: Path, lines: list[Any]):
    """A file whose first line is cut off is no document: that line is named, and the others are read."""
    expected, _ = ran(FOLDER / "genai.jsonl")
    path = tmp_path / "traces.jsonl"
    for cut in ("{", "[", '{"resourceSpans": [', json.dumps(lines[0])[:700], "{" * 100_000):
        path.write_text("\n".join([cut, *map(json.dumps, lines)]))
        found, tally = ran(path)
        assert [run.rollout.trajectory for run in found] == [run.rollout.trajectory for run in expected]
        assert [where for where, _ in tally.places] == [f"{path}:1"]


def test_a_broken_document_is_named_once_by_its_line(tmp_path: Path, lines: list[Any]):
    """A document over many lines that breaks off, or is damaged within, costs one sentence with the line."""
    path = tmp_path / "traces.json"
    text = json.dumps(lines, indent=1)
    broken = text.replace('"', "'", 2000).splitlines()
    for content, line in (("\n".join(text.splitlines()[:300]), 300), ("\n".join(broken), 3)):
        path.write_text(content)
        _, tally = ran(path)
        ((where, why),) = tally.places
        assert where == f"{path}:{line}"
        assert why.startswith("no JSON: ")
