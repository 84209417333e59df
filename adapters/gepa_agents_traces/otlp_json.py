"""OTLP/JSON: what collectors, the file exporter and SDKs write; ids in hex, 64-bit integers as texts.

After the OTLP specification, "JSON Protobuf Encoding". Protobuf's own JSON parser takes the hex ids for base64.
"""

from collections.abc import Iterator

from gepa_agents.words import semconv
from gepa_agents.words.frozen import JsonValue
from gepa_agents_traces.plain import Object, identity, objects, said
from gepa_agents_traces.remarks import evaluation
from gepa_agents_traces.span import Record, Span, count

KEYS = ("resourceSpans", "resource_spans", "resourceLogs", "resource_logs", "resourceMetrics", "resource_metrics")
"""An object that has one of these is OTLP. Metrics are passed over."""


def records(document: Object) -> Iterator[Record]:
    """The spans of a `TracesData`, and the evaluation events among the records of a `LogsData`."""
    for resource in objects(_either(document, "resourceSpans")):
        for scoped in objects(_either(resource, "scopeSpans")):
            scope = _scope(scoped)
            yield from (_span(span, scope) for span in objects(scoped.get("spans")))
    for resource in objects(_either(document, "resourceLogs")):
        for scoped in objects(_either(resource, "scopeLogs")):
            for log in objects(_either(scoped, "logRecords")):
                remark = _remark(log)
                if remark is not None:
                    yield remark


def _span(span: Object, scope: str) -> Span:
    status = span.get("status")
    code = status.get("code") if isinstance(status, dict) else None
    return Span(
        trace=identity(_either(span, "traceId"), 16),
        id=identity(_either(span, "spanId"), 8),
        parent=identity(_either(span, "parentSpanId"), 8),
        name=said(span.get("name")),
        scope=scope,
        start=count(_either(span, "startTimeUnixNano")),
        end=count(_either(span, "endTimeUnixNano")),
        failed=code in (2, "STATUS_CODE_ERROR"),
        status=said(status.get("message")) if isinstance(status, dict) else "",
        attributes=_attributes(span.get("attributes")),
        events=tuple(
            (said(event.get("name")), count(_either(event, "timeUnixNano")), _attributes(event.get("attributes")))
            for event in objects(span.get("events"))
        ),
    )


def _remark(log: Object) -> Record | None:
    attributes = _attributes(log.get("attributes"))
    if semconv.EVALUATION_EVENT not in (_either(log, "eventName"), attributes.get("event.name")):
        return None
    return evaluation(identity(_either(log, "traceId"), 16), identity(_either(log, "spanId"), 8), attributes)


def _attributes(pairs: JsonValue) -> Object:
    return {said(pair.get("key")): _value(pair.get("value")) for pair in objects(pairs)}


def _value(value: JsonValue) -> JsonValue:
    """An `AnyValue` as the value it is."""
    if not isinstance(value, dict):
        return None
    for kind, held in value.items():
        match kind:
            case "stringValue" | "boolValue" | "doubleValue" | "string_value" | "bool_value" | "double_value":
                return held
            case "intValue" | "int_value":
                return _integer(held)
            case "arrayValue" | "array_value":
                return [_value(item) for item in objects(held.get("values"))] if isinstance(held, dict) else None
            case "kvlistValue" | "kvlist_value":
                return _attributes(held.get("values")) if isinstance(held, dict) else None
            case _:
                continue
    return None


def _integer(held: JsonValue) -> JsonValue:
    try:
        return int(held) if isinstance(held, str) else held
    except ValueError:
        return None


def _scope(scoped: Object) -> str:
    scope = scoped.get("scope")
    return said(scope.get("name")) if isinstance(scope, dict) else ""


def _either(holder: Object, camel: str) -> JsonValue:
    """A field by its JSON name, or by its protobuf name as some writers have it."""
    if camel in holder:
        return holder[camel]
    return holder.get("".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in camel))
