"""What was said about a trace, as the score and the feedback of its rollout."""

from collections.abc import Mapping, Sequence
from math import fsum
from statistics import fmean

from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.rollout import Score
from gepa_agents_traces.plain import said
from gepa_agents_traces.span import Remark


def score(remarks: Sequence[Remark], nodes: Mapping[str, str], chosen: str = "") -> Score | None:
    """A score from all remarks with a number; None when none has one, or it is not clear which is meant.

    `chosen` names the remark whose number counts. Without it the only name there is counts; of several, the mean of
    those between 0 and 1. Numbers of one name are averaged. Remarks without a number add their words.
    `nodes` gives the node of a model's or tool's span: words about such a span are meant for that node.
    """
    by_name: dict[str, list[float]] = {}
    for remark in remarks:
        if remark.value is not None:
            by_name.setdefault(remark.name, []).append(remark.value)
    means = {name: _mean(values) for name, values in sorted(by_name.items())}
    value = _value(means, chosen)
    if value is None:
        return None
    whole = [remark for remark in remarks if not nodes.get(remark.span)]
    single: dict[str, list[str]] = {}
    for remark in remarks:
        if node := nodes.get(remark.span):
            single.setdefault(node, []).append(sentence(remark))
    return Score(
        value=value,
        feedback="\n".join(dict.fromkeys(map(sentence, whole))),
        by_component={node: "\n".join(dict.fromkeys(lines)) for node, lines in single.items()},
        objectives=means if len(means) > 1 else {},
    )


def expected(remarks: Sequence[Remark]) -> JsonValue:
    """What would have been right, by the first correction; None without one."""
    return next((remark.expected for remark in remarks if remark.expected is not None), None)


def sentence(remark: Remark) -> str:
    """A remark in words: `helpful: 0.25 (poor): It does not name the price.`"""
    number = "" if remark.value is None else f"{remark.value:g}"
    verdict = f"{number} ({remark.label})" if number and remark.label else number or remark.label
    right = f"expected: {said(remark.expected)}" if remark.expected is not None else ""
    return ": ".join(part for part in (remark.name, verdict, remark.text, right) if part)


def _value(means: Mapping[str, float], chosen: str) -> float | None:
    if chosen or len(means) == 1:
        return means.get(chosen) if chosen else next(iter(means.values()))
    shares = [value for value in means.values() if 0 <= value <= 1]
    return _mean(shares) if shares else None


def _mean(values: Sequence[float]) -> float:
    """The mean; of numbers whose sum is too large for a float as well."""
    try:
        return fmean(values)
    except OverflowError:
        return fsum(value / len(values) for value in values)
