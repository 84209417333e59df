"""Asks an adapter for one rollout and its reflective records, and checks what it returns.

Knows the adapter's protocol, nothing of agents and spans.
"""

import json
import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

from gepa.core.adapter import EvaluationBatch, GEPAAdapter
from pydantic_core import to_jsonable_python

from gepa_agents import AgentError

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What an adapter said of one instance."""

    text: str
    """Its output, as a reader sees it."""
    score: float
    objectives: Mapping[str, float]
    records: Mapping[str, Sequence[Mapping[str, Any]]]
    """Reflective records by component; none for a component that took no part."""
    silent: Mapping[str, str]
    """Why there are no records, by component, where the adapter raised; dspy's does for a module that did not run."""
    began: int
    """Nanoseconds of the Unix epoch."""
    ended: int


def ask(adapter: GEPAAdapter[Any, Any, Any], instance: object, candidate: Mapping[str, str], task: str) -> Answer:
    """Evaluate one instance and make its records, one component after the other; blocks.

    What `evaluate` raises comes out. Raises `AgentError` when the answer breaks the protocol; `task` names it there.
    """
    where = f"`{type(adapter).__name__}` on task `{task}`"
    began = time.time_ns()
    # Copies: the protocol forbids an adapter to change what it is given, and does not hold it to that.
    batch = adapter.evaluate([instance], dict(candidate), capture_traces=True)
    ended = time.time_ns()
    _check(batch, where)
    records: dict[str, Sequence[Mapping[str, Any]]] = {}
    silent: dict[str, str] = {}
    for name in candidate:
        try:
            made = adapter.make_reflective_dataset(dict(candidate), batch, [name])
        except Exception as error:  # what it means is not told; the official engine goes on as well
            LOG.info("%s made no reflective records of `%s`", where, name, exc_info=True)
            silent[name] = f"{type(error).__name__}: {error}"
            continue
        records[name] = _records(made, name, where)
    objectives = batch.objective_scores[0] if batch.objective_scores else {}
    return Answer(
        text=readable(batch.outputs[0]),
        score=_number(batch.scores[0], "score", where),
        objectives={name: _number(value, f"objective `{name}`", where) for name, value in objectives.items()},
        records=records,
        silent=silent,
        began=began,
        ended=ended,
    )


def readable(value: object) -> str:
    """A value for a reader: texts as they are, an object as lines of `key: value`, the rest as JSON."""
    plain = to_jsonable_python(value, fallback=str, inf_nan_mode="strings", bytes_mode="base64")
    if isinstance(plain, str):
        return plain
    if isinstance(plain, dict):
        return "\n".join(f"{key}: {part if isinstance(part, str) else _json(part)}" for key, part in plain.items())
    return _json(plain)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _check(batch: object, where: str) -> None:
    if not isinstance(batch, EvaluationBatch):
        raise AgentError(f"{where} returned {type(batch).__name__} from `evaluate`; return an EvaluationBatch")
    for name in ("outputs", "scores", "trajectories", "objective_scores"):
        values = getattr(batch, name)
        if values is None and name == "objective_scores":
            continue
        if values is None:
            raise AgentError(f"{where} returned no {name} from `evaluate`; return them when `capture_traces` is True")
        if len(values) != 1:
            raise AgentError(f"{where} returned {len(values)} {name} for 1 instance; return one for each instance")


def _records(made: object, name: str, where: str) -> Sequence[Mapping[str, Any]]:
    found = made.get(name, ()) if isinstance(made, Mapping) else None
    if not isinstance(found, Sequence) or not all(isinstance(record, Mapping) for record in found):
        raise AgentError(
            f"{where} returned from `make_reflective_dataset` what are no records of `{name}`; return an object that "
            "holds a list of objects for each component"
        )
    return found


def _number(value: object, what: str, where: str) -> float:
    if not isinstance(value, Real) or not math.isfinite(value):
        raise AgentError(f"{where} returned {value!r} as its {what}; return a finite number")
    return float(value)
