"""JSON that vendors' APIs and clients hand out: LangSmith runs, Langfuse observations and traces, Phoenix spans.

A run or an observation becomes the span that the same vendor would have sent over OTLP, so that one convention reads
both.
"""

from gepa_agents.words.frozen import JsonValue
from gepa_agents_traces.plain import Object, identity, inside, nanoseconds, said
from gepa_agents_traces.span import Span

LANGFUSE_TRACE = "trace"
"""Type of the span that stands for a whole Langfuse trace; observations without a parent are below it."""


def langsmith(run: Object) -> Span:
    """A LangSmith run, as `list_runs` returns it or as a client posts it (in two halves, start and end)."""
    extra = run.get("extra")
    metadata = inside(extra, "metadata")
    order = said(run.get("dotted_order"))
    first = order.partition(".")[0].partition("Z")[2]
    attributes: Object = {
        "langsmith.span.kind": run.get("run_type"),
        "gen_ai.prompt": run.get("inputs"),
        "gen_ai.completion": run.get("outputs"),
        "gen_ai.tool.definitions": inside(extra, "invocation_params", "tools"),
        "gen_ai.tool.call.id": inside(extra, "tool_call_id"),
        "gen_ai.request.model": inside(extra, "invocation_params", "model"),
        "gen_ai.usage.input_tokens": run.get("prompt_tokens"),
        "gen_ai.usage.output_tokens": run.get("completion_tokens"),
    }
    if isinstance(metadata, dict):
        attributes |= {f"langsmith.metadata.{name}": value for name, value in metadata.items()}
    return Span(
        trace=(said(run.get("trace_id")) or first or said(run.get("id"))).lower(),
        id=said(run.get("id")).lower(),
        parent=said(run.get("parent_run_id")).lower(),
        name=said(run.get("name")),
        scope="langsmith",
        start=nanoseconds(run.get("start_time")),
        end=nanoseconds(run.get("end_time")),
        failed=bool(run.get("error")),
        status=said(run.get("error")),
        attributes={name: value for name, value in attributes.items() if value is not None},
    )


def camel(row: Object) -> Object:
    """A row of Langfuse's blob export, with columns like `trace_id`, under the names that its API has: `traceId`."""
    parts = {name: name.split("_") for name in row}
    return {first + "".join(map(str.title, rest)): row[name] for name, (first, *rest) in parts.items()}


def langfuse(observation: Object) -> Span:
    """A Langfuse observation, as its API returns it."""
    trace = identity(observation.get("traceId"), 16)
    usage = observation.get("usageDetails") or observation.get("usage")
    return Span(
        trace=trace,
        id=identity(observation.get("id"), 8),
        parent=identity(observation.get("parentObservationId"), 8) or f"trace-{trace}",
        name=said(observation.get("name")),
        scope="langfuse-sdk",
        start=nanoseconds(observation.get("startTime")),
        end=nanoseconds(observation.get("endTime")),
        failed=observation.get("level") == "ERROR",
        status=said(observation.get("statusMessage")),
        attributes={
            "langfuse.observation.type": said(observation.get("type")).lower(),
            "langfuse.observation.model.name": observation.get("model") or observation.get("providedModelName"),
            "langfuse.observation.usage_details": usage,
            **_langfuse(observation),
        },
    )


def langfuse_trace(trace: Object) -> Span:
    """A Langfuse trace by itself: its input and output, not its observations."""
    name = identity(trace.get("id"), 16)
    start = nanoseconds(trace.get("timestamp"))
    return Span(
        trace=name,
        id=f"trace-{name}",
        parent="",
        name=said(trace.get("name")),
        scope="langfuse-sdk",
        start=start,
        end=start,
        attributes={"langfuse.observation.type": LANGFUSE_TRACE, **_langfuse(trace)},
    )


def _langfuse(holder: Object) -> Object:
    metadata = holder.get("metadata")
    if not isinstance(metadata, dict):
        metadata = {}
    ends = {f"langfuse.observation.{name}": holder.get(name) for name in ("input", "output")}
    return {
        **{name: value for name, value in ends.items() if value is not None},
        **{f"langfuse.observation.metadata.{name}": value for name, value in metadata.items()},
    }


def phoenix(span: Object) -> Span:
    """A Phoenix span, as its client's `get_spans` returns it."""
    events = span.get("events")
    return Span(
        trace=identity(inside(span, "context", "trace_id"), 16),
        id=identity(inside(span, "context", "span_id"), 8),
        parent=identity(span.get("parent_id"), 8),
        name=said(span.get("name")),
        scope="phoenix",
        start=nanoseconds(span.get("start_time")),
        end=nanoseconds(span.get("end_time")),
        failed=span.get("status_code") == "ERROR",
        status=said(span.get("status_message")),
        attributes={"openinference.span.kind": span.get("span_kind"), **_flat(span.get("attributes"))},
        events=tuple(
            (said(event.get("name")), nanoseconds(event.get("timestamp")), _flat(event.get("attributes")))
            for event in (events if isinstance(events, list) else ())
            if isinstance(event, dict)
        ),
    )


def _flat(attributes: JsonValue) -> Object:
    return dict(attributes) if isinstance(attributes, dict) else {}
