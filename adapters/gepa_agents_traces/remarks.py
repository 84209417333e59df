"""Scores and comments as their makers write them: evaluation events, Langfuse scores, LangSmith feedback, Phoenix
annotations."""

from collections.abc import Iterator

from gepa_agents.words import semconv
from gepa_agents.words.frozen import JsonValue
from gepa_agents_traces.plain import Object, identity, inside, number, said
from gepa_agents_traces.span import Attributes, Remark

LABEL = "gen_ai.evaluation.score.label"
VERDICTS = {
    **dict.fromkeys(("true", "yes", "pass", "passed", "correct", "good", "positive"), 1.0),
    **dict.fromkeys(("false", "no", "fail", "failed", "incorrect", "wrong", "bad", "negative"), 0.0),
}
"""Labels that say as much as a number, for remarks without one."""


def evaluation(trace: str, span: str, attributes: Attributes) -> Remark | None:
    """An evaluation by the GenAI conventions; None without its name."""
    name = attributes.get(semconv.EVALUATION_NAME)
    if not isinstance(name, str) or not name:
        return None
    label = said(attributes.get(LABEL))
    return Remark(
        trace,
        span,
        name,
        value=_value(attributes.get(semconv.EVALUATION_SCORE), label),
        label=label,
        text=said(attributes.get(semconv.EVALUATION_EXPLANATION)),
    )


def langfuse(score: Object) -> Remark | None:
    """A Langfuse score, as its client posts it and its API returns it; None without a name."""
    if not isinstance(score.get("name"), str):
        return None
    kind, given = score.get("dataType"), score.get("value")
    label = said(score.get("stringValue")) or (given if isinstance(given, str) else "")
    common = (identity(score.get("traceId"), 16), identity(score.get("observationId"), 8), said(score.get("name")))
    if kind == "CORRECTION":
        return Remark(*common, text=said(score.get("comment")), expected=label or None)
    # The number of a category is its place in a list, and no more.
    value = _value(None if kind in ("CATEGORICAL", "TEXT") else given, label)
    return Remark(*common, value=value, label=label, text=said(score.get("comment")))


def langsmith(feedback: Object) -> Remark | None:
    """LangSmith feedback, as its client posts it and `list_feedback` returns it; None without a key."""
    if not isinstance(feedback.get("key"), str):
        return None
    label = said(feedback.get("value"))
    return Remark(
        said(feedback.get("trace_id")).lower(),
        said(feedback.get("run_id")).lower(),
        said(feedback.get("key")),
        value=_value(feedback.get("score"), label),
        label=label,
        text=said(feedback.get("comment")),
        expected=feedback.get("correction"),
    )


def phoenix(annotation: Object) -> Remark | None:
    """An annotation of a span or a trace, as Phoenix's client posts it and its API returns it."""
    if not isinstance(annotation.get("name"), str):
        return None
    label = said(inside(annotation, "result", "label"))
    return Remark(
        identity(annotation.get("trace_id"), 16),
        identity(annotation.get("span_id"), 8),
        said(annotation.get("name")),
        value=_value(inside(annotation, "result", "score"), label),
        label=label,
        text=said(inside(annotation, "result", "explanation")),
    )


def on_span(trace: str, span: str, attributes: Attributes, events: Iterator[Attributes]) -> Iterator[Remark]:
    """The evaluations that a span carries itself, as attributes or as events."""
    for found in (attributes, *events):
        remark = evaluation(trace, span, found)
        if remark is not None:
            yield remark


def _value(value: JsonValue, label: str) -> float | None:
    found = number(value)
    return VERDICTS.get(label.strip().casefold()) if found is None else found
