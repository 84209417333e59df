"""Laws of stored traces: nothing that a file can hold raises, the order of lines is nothing, memory is bounded."""

import gc
import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest
from gepa_agents_traces import Tally, read
from gepa_agents_traces import pile as piles
from gepa_agents_traces.files import records
from gepa_agents_traces.pile import Pile
from gepa_agents_traces.span import Span
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gepa_agents import Case

FOLDER = Path(__file__).parents[1] / "traces"
RECORDED = sorted(path for path in FOLDER.iterdir() if path.suffix in (".gz", ".jsonl", ".binpb"))

WORDS = """
resourceSpans scopeSpans spans traceId spanId parentSpanId name attributes key value stringValue intValue arrayValue
values status code events startTimeUnixNano endTimeUnixNano scope resourceLogs scopeLogs logRecords eventName id
run_type inputs outputs messages kwargs data content type role parts tool_calls function arguments generations message
error extra metadata trace_id span_id context result score post startTime input output timestamp observations scores
usageDetails dataType run_id correction gen_ai.operation.name openinference.span.kind user ai human system chat llm
execute_tool tool LLM TOOL generation gen_ai.evaluation.result
"""
NAMES = WORDS.split()
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(NAMES)
values: Any = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)

thorough = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def runs(path: Path) -> tuple[list[Case], Tally]:
    """Everything in a file; each run must survive being written down."""
    reading = read(path)
    found = list(reading)
    assert [Case.model_validate_json(run.model_dump_json()) for run in found] == found
    return found, reading.tally


@thorough
@given(content=st.binary(max_size=400))
def test_no_bytes_raise(tmp_path: Path, content: bytes):
    """Any bytes are read to some runs, or none, and what could not be understood is counted."""
    path = tmp_path / "bytes"
    path.write_bytes(content)
    runs(path)


@thorough
@given(lines=st.lists(values, max_size=4))
def test_no_json_raises(tmp_path: Path, lines: list[Any]):
    """Any JSON, be it made of the very names that formats use, is read or counted as skipped."""
    path = tmp_path / "lines.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    _, tally = runs(path)
    assert tally.lines == len(lines)


def mangled(value: Any, draw: random.Random, odds: float) -> Any:
    """The value with some of its parts replaced by something else."""
    if draw.random() < odds:
        return draw.choice([None, True, -1, 1e300, "", "\ud800", [], {}, [[]], {"type": "human"}, "{", "[1", "NaN"])
    if isinstance(value, dict):
        return {key: mangled(held, draw, odds) for key, held in value.items()}
    if isinstance(value, list):
        return [mangled(held, draw, odds) for held in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            inner = json.loads(value)
        except ValueError:
            return value
        return json.dumps(mangled(inner, draw, odds))
    return value


def text_of(path: Path) -> str:
    """A recorded file's lines of JSON."""
    return (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()


@pytest.mark.parametrize("path", [path for path in RECORDED if path.suffix != ".binpb"], ids=lambda path: path.name)
def test_no_damage_raises(tmp_path: Path, path: Path):
    """A real recording with parts of it replaced, at every depth and in the JSON inside attributes, is still read."""
    lines = [json.loads(line) for line in text_of(path).splitlines()]
    for seed in range(6):
        draw = random.Random(seed)
        damaged = tmp_path / f"damaged-{seed}.jsonl"
        odds = (0.001, 0.003, 0.02)[seed % 3]
        damaged.write_text("".join(json.dumps(mangled(line, draw, odds)) + "\n" for line in lines))
        runs(damaged)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_no_cut_raises(tmp_path: Path, path: Path):
    """A recording that breaks off anywhere gives what was whole before."""
    content = path.read_bytes()
    whole, _ = runs(path)
    for seed in range(4):
        broken = tmp_path / f"broken-{seed}"
        broken.write_bytes(content[: random.Random(seed).randrange(len(content))])
        found, _ = runs(broken)
        assert len(found) <= len(whole)


@pytest.mark.parametrize("name", ["openinference.jsonl.gz", "langsmith_runs.jsonl.gz", "genai.jsonl", "own.jsonl"])
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_the_order_of_lines_is_nothing(tmp_path: Path, name: str, seed: int):
    """Spans one a line, from several traces mixed and in any order, make the same runs."""
    lines = []
    for line in text_of(FOLDER / name).splitlines():
        document = json.loads(line)
        split = [
            {"resourceSpans": [{"scopeSpans": [{"scope": scoped["scope"], "spans": [span]}]}]}
            for resource in document.get("resourceSpans", [])
            for scoped in resource["scopeSpans"]
            for span in scoped["spans"]
        ]
        lines += split or [document]
    random.Random(seed).shuffle(lines)
    path = tmp_path / "mixed.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert runs(path)[0] == runs(FOLDER / name)[0]


@pytest.mark.parametrize("traces", [100, 1000])
def test_only_two_batches_or_one_trace_are_held(tmp_path: Path, traces: int):
    """However many traces are open at once, what lives in memory are the spans of two batches, or of one trace."""
    path = tmp_path / "many.jsonl"
    with path.open("w") as file:
        for number in range(5):  # all traces are begun before any of them ends
            for trace in range(traces):
                span = {"traceId": f"{trace + 1:032x}", "spanId": f"{number + 1:016x}", "startTimeUnixNano": "5"}
                file.write(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}) + "\n")

    def alive() -> int:
        return sum(isinstance(one, Span) for one in gc.get_objects())

    most = 0
    tally = Tally()
    with Pile(tally) as pile:

        def watched():  # type: ignore[no-untyped-def]
            nonlocal most
            for number, record in enumerate(records([path], tally)):
                if number % 250 == 0:
                    most = max(most, alive())
                yield record

        pile.take(watched())
        for number, (spans, _) in enumerate(pile.traces()):
            assert len(spans) == 5
            if number % 100 == 0:
                most = max(most, alive())
    assert most <= 2 * piles.BATCH + 10
    assert tally.spans == traces * 5
    assert tally.traces == traces


def test_a_trace_without_end_is_cut(tmp_path: Path):
    """Of one trace only the first spans are kept, by their start; the others are counted."""
    spans = [Span("t", f"{number:04}", "", "", "", start=number + 1, end=number + 2) for number in range(50)]
    random.Random(0).shuffle(spans)
    tally = Tally()
    with Pile(tally, most=20) as pile:
        pile.take(spans)
        ((kept, _),) = pile.traces()
    assert [span.start for span in kept] == list(range(1, 21))
    assert tally.cut == 30
