"""Laws of `ingest`: whatever a file of traces holds, it ends well, says what it passed over, and reads what it wrote.

`FUZZ=5000` in the environment tries so many files for each law instead of a few.
"""

import gzip
import json
import os
import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from gepa_agents_cli.app import app
from gepa_agents_traces import Tally, read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData
from typer.testing import CliRunner

from gepa_agents import Case, Settings, Task
from gepa_agents.parts.masking.mask import detectors
from gepa_agents.parts.masking.records import Mask
from gepa_agents.words import rows
from tests.odd_values import replaced, texts, values

FOLDER = Path(__file__).parents[1] / "traces"
thorough = settings(
    max_examples=int(os.environ.get("FUZZ", "15")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
odds = st.lists(st.tuples(st.integers(0, 2**32), values), max_size=6)

ATTRIBUTES = """gen_ai.operation.name gen_ai.tool.name gen_ai.tool.call.result gen_ai.tool.call.arguments gen_ai.prompt
gen_ai.evaluation.name gen_ai.evaluation.score.value gen_ai.input.messages gen_ai.output.messages input.value
gen_ai.usage.input_tokens openinference.span.kind langsmith.span.kind traceloop.span.kind traceloop.entity.input"""
PHOENIX = {
    "name": "search",
    "context": {"trace_id": "a" * 32, "span_id": "b" * 16},
    "span_kind": "TOOL",
    "parent_id": None,
    "start_time": "2024-01-01T00:00:00+00:00",
    "end_time": "2024-01-01T00:00:01+00:00",
    "status_code": "ERROR",
    "status_message": "ValueError('no')",
    "attributes": {"input.value": '{"query": "lamp"}', "output.value": "none", "metadata": '{"langgraph_node": "n"}'},
    "events": [{"name": "exception", "timestamp": "2024-01-01T00:00:00+00:00", "attributes": {"exception.type": "V"}}],
}
LANGFUSE = {
    "id": "t1",
    "timestamp": "2024-01-01T00:00:00Z",
    "name": "run",
    "input": {"messages": [{"role": "user", "content": "hi"}]},
    "output": "yes",
    "metadata": {"a": 1},
    "scores": [{"name": "helpful", "value": 1, "dataType": "NUMERIC"}, {"name": "fix", "dataType": "CORRECTION"}],
    "observations": [
        {"id": "o1", "type": "GENERATION", "startTime": "2024-01-01T00:00:00Z", "input": "hi", "output": "yes"},
        {
            "id": "o2",
            "type": "TOOL",
            "startTime": "2024-01-01T00:00:00Z",
            "name": "f",
            "input": {"a": 1},
            "output": "b",
        },
    ],
}
BLOB = {
    "id": "o1",
    "trace_id": "t1",
    "project_id": "p",
    "type": "GENERATION",
    "start_time": "2024-01-01 00:00:00",
    "end_time": "2024-01-01 00:00:01",
    "usage_details": {"input": 3, "output": "4"},
    "input": "[]",
    "output": '{"role": "assistant", "content": "yes"}',
}
SMALL = {"phoenix": [PHOENIX], "langfuse_trace": [LANGFUSE], "langfuse_blob": [BLOB]}
RECORDED = {
    "genai": ("genai.jsonl",),
    "own": ("own.jsonl",),
    "langfuse": ("langfuse_observations.jsonl.gz", "langfuse_scores.jsonl"),
    "langsmith_otel": ("langsmith_otel.jsonl.gz",),
    "langsmith_runs": ("langsmith_runs.jsonl.gz", "langsmith_feedback.jsonl"),
    "openinference": ("openinference.jsonl.gz", "phoenix_annotations.jsonl"),
    "traceloop": ("traceloop.jsonl.gz",),
}


@cache
def records(name: str) -> list[Any]:
    """Some lines of one trace in a convention, one span a line, and what was said of traces."""
    if name in SMALL:
        return SMALL[name]
    spans, remarks = list[Any](), list[Any]()
    for file in RECORDED[name]:
        content = (FOLDER / file).read_bytes()
        for text in (gzip.decompress(content) if file.endswith(".gz") else content).decode().splitlines():
            line = json.loads(text)
            if "resourceSpans" in line:
                spans += [
                    {"resourceSpans": [{"scopeSpans": [{"scope": scoped["scope"], "spans": [span]}]}]}
                    for resource in line["resourceSpans"]
                    for scoped in resource["scopeSpans"]
                    for span in scoped["spans"]
                ]
            else:
                (spans if "dotted_order" in line or "startTime" in line else remarks).append(line)
    ids = [re.findall(r'"(?:traceId|trace_id)": "(.+?)"', json.dumps(span))[0] for span in spans]
    trace = next((one for one in ids if one in json.dumps(remarks)), ids[0])
    return [span for span, one in zip(spans, ids, strict=True) if one == trace][:12] + remarks


def told(path: Path) -> tuple[list[Case], Tally]:
    """What is in a file, as `ingest` is to write it."""
    reading = read(path)
    mask = Mask(detectors(Settings().mask, {}), by_key=True)
    cases = list(reading)
    return [Case(task=mask.task(case.task), rollout=mask.rollout(case.task, case.rollout)) for case in cases], (
        reading.tally
    )


def ingested(path: Path) -> Tally:
    """Ingest a file and hold every law of it."""
    tasks, runs = path.with_name("tasks.jsonl"), path.with_name("runs.jsonl")
    outcome = CliRunner().invoke(
        app, ["ingest", str(path), "--tasks", str(tasks), "--trajectories", str(runs)], catch_exceptions=False
    )
    assert outcome.exit_code == 0, outcome.output
    cases, tally = told(path)
    assert [Case.model_validate_json(line) for line in runs.read_text("utf-8").split("\n") if line] == cases
    wanted: dict[str, Task] = {}
    for case in read(path):
        known = wanted.get(case.task.id)
        if case.task.input is not None and (
            known is None or (known.expected is None and case.task.expected is not None)
        ):
            wanted[case.task.id] = case.task
    assert [Task.model_validate(row.value) for row in rows.read(tasks)] == [wanted[name] for name in sorted(wanted)]
    assert len(tally.places) == min(tally.skipped, 100)
    return tally


@pytest.mark.parametrize("name", [*RECORDED, *SMALL])
@thorough
@given(odds=odds, layout=st.sampled_from(["lines", "list", "laid out"]))
def test_any_value_in_any_field_is_read_or_named(name: str, odds: list[tuple[int, Any]], layout: str) -> None:
    """A real record of each convention with some of its fields replaced by anything: nothing raises, each line that is
    passed over is named, and what is written of the others is read again as it was."""
    found = replaced(records(name), odds)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "traces.json"
        if layout == "lines" and isinstance(found, list):
            path.write_text("".join(json.dumps(one) + "\n" for one in found))
            tally = ingested(path)
            assert tally.lines == len(found)
            lines = [int(where.removeprefix(f"{path}:")) for where, _ in tally.places]
            assert all(1 <= line <= len(found) for line in lines)
        else:
            path.write_text(json.dumps(found, indent=1 if layout == "laid out" else None))
            ingested(path)


@thorough
@given(
    content=st.binary(max_size=300)
    | st.text(max_size=300).map(str.encode)
    | st.lists(st.sampled_from([b"{", b"}", b"[", b"]", b'"a":', b'"', b",", b"\n", b" ", b"1", b"{}"])).map(b"".join),
    packed=st.booleans(),
    before=st.sampled_from([b"", b"\n", b"\xef\xbb\xbf", b"{\n", b"[", b"\x0a", b"\x00\x00\x00\x05", b"\x1f\x8b"]),
)
def test_any_bytes_are_read_or_named(content: bytes, packed: bool, before: bytes) -> None:
    """Whatever a file is, it is passed over with a sentence that names it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "traces"
        path.write_bytes(gzip.compress(before + content) if packed else before + content)
        tally = ingested(path)
        assert all(where.startswith(str(path)) for where, _ in tally.places)
        if not packed and _is_foreign(before + content):
            assert tally.skipped


def _is_foreign(content: bytes) -> bool:
    """Whether it is a text without any JSON: neither a line of it nor the whole."""
    text = content.decode("utf-8-sig", "replace")
    if not content.strip(b" \t\r\n\xef\xbb\xbf") or any(
        character < " " and character not in "\t\r\n" for character in text
    ):
        return False
    for part in (text, *text.split("\n")):
        try:
            json.loads(part)
        except ValueError:
            continue
        return False
    return True


@thorough
@given(cuts=st.lists(st.tuples(st.integers(0, 2**32), st.integers(0, 40), st.binary(max_size=40)), max_size=6))
def test_a_damaged_protobuf_stream_is_read_or_named(cuts: list[tuple[int, int, bytes]]) -> None:
    """A real stream with bytes taken out and put in: what is still whole is read."""
    content = (FOLDER / "langfuse.binpb").read_bytes()
    size = 4 + int.from_bytes(content[:4], "big")
    content = content[:size]
    for start, length, new in cuts:
        at = start % (len(content) + 1)
        content = content[:at] + new + content[at + length :]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "traces.binpb"
        path.write_bytes(content)
        ingested(path)


@thorough
@given(
    fields=st.dictionaries(
        st.sampled_from(["start_time_unix_nano", "end_time_unix_nano"]), st.integers(0, 2**64 - 1), max_size=2
    ),
    attributes=st.dictionaries(
        st.sampled_from(ATTRIBUTES.split()),
        st.floats() | st.integers(-(2**63), 2**63 - 1) | st.booleans() | texts | st.binary(max_size=5),
    ),
    operation=st.sampled_from(["chat", "execute_tool", "invoke_node", "invoke_agent"]),
    scope=st.sampled_from(["gepa_agents", "x", ""]),
)
def test_any_field_of_protobuf_is_read_or_named(
    fields: dict[str, int], attributes: dict[str, Any], operation: str, scope: str
) -> None:
    """Numbers at their bounds, NaN, bytes, texts: whatever a message can hold."""
    data = TracesData()
    scoped = data.resource_spans.add().scope_spans.add()
    scoped.scope.name = scope
    span: Span = scoped.spans.add(trace_id=b"a" * 16, span_id=b"b" * 8, **fields)
    kinds = {float: "double_value", int: "int_value", bool: "bool_value", str: "string_value", bytes: "bytes_value"}
    for key, value in {"gen_ai.operation.name": operation, **attributes}.items():
        sound = value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        setattr(span.attributes.add(key=key).value, kinds[type(sound)], sound)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "traces.binpb"
        path.write_bytes(data.SerializeToString())
        tally = ingested(path)
        assert tally.spans == 1
