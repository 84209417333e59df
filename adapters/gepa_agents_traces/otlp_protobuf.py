"""OTLP protobuf: what OTLP/HTTP posts, and streams of it. Needs `opentelemetry-proto` (`gepa-agents[traces]`)."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from gepa_agents.words import semconv
from gepa_agents.words.errors import ConfigError
from gepa_agents.words.frozen import JsonValue
from gepa_agents_traces.plain import Object, bounded, number
from gepa_agents_traces.remarks import evaluation
from gepa_agents_traces.span import Record, Span

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
    from opentelemetry.proto.trace.v1 import trace_pb2


class NotProtobuf(Exception):
    """The bytes are no OTLP message; the message says why."""


def records(message: bytes) -> Iterator[Record]:
    """The spans of an `ExportTraceServiceRequest`, or the evaluation events of an `ExportLogsServiceRequest`.

    Both have nearly the same shape on the wire; logs are told by spans that have no ids. Raises `NotProtobuf` before
    the first record, and `ConfigError` when `opentelemetry-proto` is not installed.
    """
    try:
        import opentelemetry.proto.trace.v1.trace_pb2  # noqa: F401  (that it is there)
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise ConfigError(
            "reading OTLP protobuf needs the package opentelemetry-proto; install gepa-agents[traces], "
            "or have the collector write JSON"
        ) from error
    for kind in (_spans, _remarks):
        try:
            return kind(message)
        except (DecodeError, _OtherKind):
            continue
    raise NotProtobuf("it is no OTLP message")


class _OtherKind(Exception):
    """The message is of another kind."""


def _spans(message: bytes) -> Iterator[Record]:
    from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

    resources = TracesData.FromString(message).resource_spans
    if message and not resources:  # bytes that happen to be some other message
        raise _OtherKind
    spans = [
        (span, scoped.scope.name) for resource in resources for scoped in resource.scope_spans for span in scoped.spans
    ]
    if spans and not any(span.trace_id for span, _ in spans):
        raise _OtherKind
    return (_span(span, scope) for span, scope in spans)


def _remarks(message: bytes) -> Iterator[Record]:
    from opentelemetry.proto.logs.v1.logs_pb2 import LogsData

    resources = LogsData.FromString(message).resource_logs
    if not resources:
        raise _OtherKind
    logs = (
        log
        for resource in resources
        for scoped in resource.scope_logs
        for log in scoped.log_records
        if log.event_name == semconv.EVALUATION_EVENT
    )
    found = (evaluation(log.trace_id.hex(), log.span_id.hex(), _attributes(log.attributes)) for log in logs)
    return (remark for remark in found if remark is not None)


def _span(span: "trace_pb2.Span", scope: str) -> Span:
    return Span(
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        name=span.name,
        scope=scope,
        start=bounded(span.start_time_unix_nano),
        end=bounded(span.end_time_unix_nano),
        failed=span.status.code == span.status.STATUS_CODE_ERROR,
        status=span.status.message,
        attributes=_attributes(span.attributes),
        events=tuple(
            (event.name, bounded(event.time_unix_nano), _attributes(event.attributes)) for event in span.events
        ),
    )


def _attributes(pairs: "Iterable[KeyValue]") -> Object:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: "AnyValue") -> JsonValue:
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "int_value":
            return value.int_value
        case "double_value":
            return number(value.double_value)  # NaN and infinities are no JSON
        case "array_value":
            return [_value(item) for item in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case _:
            return None
