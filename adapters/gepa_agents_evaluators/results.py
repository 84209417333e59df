"""What others' evaluators return, as a score: a number, a `{"key", "score", "comment"}`, or several of them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from numbers import Real

from gepa_agents import MetricError, Score, Usage

__all__ = ["score"]

SCORE = "score"
"""The key of `openevals` for a result without another name, and of ours for the value."""


def score(answer: object, name: str, wanted: str = "", usage: Usage | None = None) -> Score:
    """The score in an evaluator's answer. Of several results, `wanted` names the one that counts; else the one with
    the key `score`, else their mean. Comments become feedback, each further result an objective.

    Raises `MetricError` when there is no number in it; `name` is the evaluator's.
    """
    found = list(_results(answer, name))
    if not found:
        raise MetricError(f"the evaluator `{name}` returned {answer!r:.200}; it should give a score")
    odd = next((one for one in found if not math.isfinite(one[1])), None)
    if odd is not None:
        raise MetricError(f"the evaluator `{name}` gave `{odd[0]}` {odd[1]}; a score must be finite")
    by_key: dict[str, list[float]] = {}
    for key, value, _ in found:
        by_key.setdefault(key, []).append(value)
    means = {key: sum(values) / len(values) for key, values in by_key.items()}
    if wanted and wanted not in means:
        raise MetricError(f"the evaluator `{name}` gave no result `{wanted}`; it gave {', '.join(means)}")
    value = means[wanted] if wanted else means.get(SCORE, sum(means.values()) / len(means))
    return Score(
        value=value,
        feedback="\n".join(_lines(found)),
        objectives={key: mean for key, mean in means.items() if key != SCORE} if len(means) > 1 else {},
        usage=usage or Usage(),
    )


def _results(answer: object, name: str) -> Iterator[tuple[str, float, str]]:
    """Key, number and comment of each result in an answer."""
    match answer:
        case Real():  # a truth value is a number too
            yield SCORE, _float(answer), ""
        case (Real() as number, str() as comment):
            yield SCORE, _float(number), comment
        case Mapping():
            yield from _of_mapping(answer, name)
        case Sequence() if not isinstance(answer, str):
            for one in answer:
                yield from _results(one, name)
        case None | str():
            pass
        case _:
            dumped = getattr(answer, "model_dump", None)  # langsmith's EvaluationResult is a pydantic model
            if dumped is not None:
                yield from _results(dumped(), name)


def _of_mapping(answer: Mapping[object, object], name: str) -> Iterator[tuple[str, float, str]]:
    if "results" in answer:
        yield from _results(answer["results"], name)
        return
    key, value = str(answer.get("key") or name), answer.get("score")
    if value is None:
        value = answer.get("value")
    if not isinstance(value, Real):
        raise MetricError(
            f"the evaluator `{name}` gave `{key}` {value!r:.100} for a score; let it give a number or a truth value"
        )
    yield key, _float(value), str(answer.get("comment") or "")


def _float(number: Real) -> float:
    try:
        return float(number)
    except OverflowError:  # Python's whole numbers have no end
        return math.inf


def _lines(found: Sequence[tuple[str, float, str]]) -> Iterator[str]:
    """What was said; a result without a comment is at least named, when it is not perfect."""
    for key, value, comment in found:
        if comment:
            yield comment if len(found) == 1 else f"{key} is {value:g}: {comment}"
        elif len(found) > 1 or (value < 1 and key != SCORE):
            yield f"{key} is {value:g}"
