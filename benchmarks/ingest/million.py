"""How fast stored traces are read, and in how much memory: spans a second and peak memory, for growing streams.

A stream is made of the recorded traces in `tests/traces`, over and over with ids of their own, a thousand of them mixed
at any moment, twenty spans a line. Each reading runs in a process of its own, which does what `gepa-agents ingest
--tasks` does, and with `--runs` what `--trajectories` does besides: mask the runs and write them. Making the file is
not counted.

    python benchmarks/ingest/million.py [--runs] [CONVENTION] [SPANS ...]
"""

import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TRACES = Path(__file__).parents[2] / "tests" / "traces"
OPEN = 1000
"""Traces under way at once."""
LINE = 20
"""Spans in a line, as a batching exporter sends them."""

Span = dict[str, Any]


def recorded(convention: str) -> tuple[list[list[Span]], str]:
    """The traces of a recording, each a list of spans in order of their end, and their scope."""
    (path,) = TRACES.glob(f"{convention}.jsonl*")
    content = path.read_bytes()
    lines = (gzip.decompress(content) if path.suffix == ".gz" else content).splitlines()
    traces: dict[str, list[Span]] = {}
    scope = ""
    for line in lines:
        for resourced in json.loads(line).get("resourceSpans", []):
            for scoped in resourced["scopeSpans"]:
                scope = scoped["scope"]["name"]
                for span in scoped["spans"]:
                    traces.setdefault(span["traceId"], []).append(span)
    return [sorted(spans, key=lambda span: int(span["endTimeUnixNano"])) for spans in traces.values()], scope


def stream(convention: str, count: int) -> Iterator[str]:
    """Lines of OTLP/JSON with so many spans in all."""
    templates, scope = recorded(convention)
    draw = random.Random(0)
    under_way: list[Iterator[Span]] = []
    line: list[Span] = []
    made = 0
    while made < count:
        while len(under_way) < OPEN:
            trace = f"{draw.getrandbits(128):032x}"
            under_way.append(iter([{**span, "traceId": trace} for span in draw.choice(templates)]))
        at = draw.randrange(OPEN)
        span = next(under_way[at], None)
        if span is None:
            under_way[at] = under_way[-1]
            under_way.pop()
            continue
        line.append(span)
        made += 1
        if len(line) == LINE or made == count:
            yield json.dumps({"resourceSpans": [{"scopeSpans": [{"scope": {"name": scope}, "spans": line}]}]}) + "\n"
            line = []


def measured(path: Path, runs: bool) -> None:
    """Read a file as the command does, and print what it took."""
    from gepa_agents_cli.ingest import Wanted, ingest
    from gepa_agents_cli.screen import output

    folder = path.parent
    began, used = time.perf_counter(), time.process_time()
    wanted = Wanted(tasks=folder / "tasks.jsonl", trajectories=folder / "runs.jsonl" if runs else None)
    ingest([path], None, "", wanted, output())
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak}))


def main(convention: str, counts: list[int], options: list[str]) -> None:
    """Measure streams of these sizes."""
    print(
        f"{convention}\n{'spans':>10} {'file MB':>9} {'seconds':>9} {'spans/s':>9} {'CPU µs/span':>12} {'peak MB':>9}"
    )
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "stream.jsonl"
            with path.open("w", encoding="utf-8") as file:
                file.writelines(stream(convention, count))
            done = subprocess.run(  # noqa: S603
                [sys.executable, __file__, "--read", str(path), *options], capture_output=True, text=True, check=True
            )
            size = path.stat().st_size / 2**20
        took = json.loads(done.stdout.splitlines()[-1])
        rate, cpu = count / took["wall"], took["cpu"] / count * 1e6
        print(f"{count:10,} {size:9.0f} {took['wall']:9.1f} {rate:9,.0f} {cpu:12.0f} {took['peak']:9.0f}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        measured(Path(sys.argv[2]), "--runs" in sys.argv)
    else:
        options = [word for word in sys.argv[1:] if word == "--runs"]
        names = [word for word in sys.argv[1:] if not word.isdecimal() and word not in options]
        sizes = [int(word) for word in sys.argv[1:] if word.isdecimal()]
        main(names[0] if names else "own", sizes or [10_000, 100_000, 1_000_000], options)
