"""Tells by its shape what a JSON value is: OTLP, a vendor's run, observation, span or score; or foreign."""

from collections.abc import Callable, Iterator

from gepa_agents.words.frozen import JsonValue
from gepa_agents_traces import exports, otlp_json, remarks
from gepa_agents_traces.plain import Object
from gepa_agents_traces.span import Record, Remark

DEEPEST = 4
"""Lists in lists that are looked into: a file of pages of results of traces of observations."""
LISTS = ("data", "post", "patch", "runs", "traces", "spans")
"""Keys under which APIs return, and clients post, lists of what is wanted."""


Complaint = Callable[[str], None]
"""Is told why something is passed over."""


def records(value: JsonValue, foreign: Complaint, depth: int = 0) -> Iterator[Record]:
    """The spans and remarks in a value; `foreign` is told of each thing in it that is neither."""
    if depth > DEEPEST:
        foreign("lists are nested too deeply")
    elif isinstance(value, list):
        for item in value:
            yield from records(item, foreign, depth + 1)
    elif isinstance(value, dict):
        yield from _of(value, foreign, depth)
    else:
        foreign("it is no JSON object")


def _of(one: Object, foreign: Complaint, depth: int) -> Iterator[Record]:
    if any(key in one for key in otlp_json.KEYS):
        yield from otlp_json.records(one)
    elif "run_type" in one or ("dotted_order" in one and "id" in one):
        yield exports.langsmith(one)
    elif "traceId" in one and "startTime" in one:
        yield exports.langfuse(one)
    elif ("start_time" in one and "trace_id" in one) or "data_type" in one:
        yield from _of(exports.camel(one), foreign, depth + 1)
    elif isinstance(one.get("context"), dict) and "attributes" in one:
        yield exports.phoenix(one)
    elif (made := _remark(one)) is not None:
        remark = made(one)
        if remark is None:
            foreign("it is a score without a name")
        else:
            yield remark
    elif "id" in one and "timestamp" in one and ("observations" in one or "input" in one):
        yield exports.langfuse_trace(one)
        for key in ("observations", "scores"):  # whole, or their ids only
            found = one.get(key)
            for item in found if isinstance(found, list) else ():
                if isinstance(item, dict):
                    yield from _of({"traceId": one["id"], **item}, foreign, depth + 1)
    else:
        lists = [one[key] for key in LISTS if isinstance(one.get(key), list)]
        if not lists:
            foreign("it is no OTLP, and no run, observation, span or score that is known")
        for found in lists:
            yield from records(found, foreign, depth + 1)


def _remark(one: Object) -> Callable[[Object], Remark | None] | None:
    """What reads it as a score or a comment, if it is one."""
    if "run_id" in one and "key" in one:
        return remarks.langsmith
    if "result" in one and ("span_id" in one or "trace_id" in one):
        return remarks.phoenix
    return remarks.langfuse if "value" in one and ("traceId" in one or "observationId" in one) else None
