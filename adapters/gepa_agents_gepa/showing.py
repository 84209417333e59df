"""Shows an adapter's reflective records as model calls, by the GenAI conventions, to cut evidence from.

A record's recommended keys are the call (what came in, what came out) and the feedback; further keys are feedback too.
"""

import json
from collections.abc import Mapping
from typing import Any

from opentelemetry.trace import Tracer

from gepa_agents.words import semconv
from gepa_agents_gepa.answers import Answer, readable

INPUTS, OUTPUTS, FEEDBACK = "Inputs", "Generated Outputs", "Feedback"
"""The keys that the official package recommends for a record."""


def show(answer: Answer, candidate: Mapping[str, str], name: str, tracer: Tracer) -> dict[str, str]:
    """Make a span for each record; returns the feedback by component, for those that have some."""
    feedback: dict[str, str] = {}
    for component, records in answer.records.items():
        for record in records:
            _show(component, candidate[component], record, answer, name, tracer)
        said = [words for record in records if (words := _feedback(record))]
        if len(said) > 1:
            said = [f"Call {number}: {words}" for number, words in enumerate(said, 1)]
        if said:
            feedback[component] = "\n\n".join(said)
    return feedback


def _show(component: str, text: str, record: Mapping[str, Any], answer: Answer, name: str, tracer: Tracer) -> None:
    given = [_message("user", readable(record[INPUTS]))] if INPUTS in record else []
    attributes = {
        semconv.OPERATION: semconv.CHAT,
        semconv.NODE_PATH: component,
        semconv.REQUEST_MODEL: name,
        semconv.SYSTEM_INSTRUCTIONS: json.dumps([{"type": "text", "content": text}]),
        semconv.INPUT_MESSAGES: json.dumps(given),
        semconv.OUTPUT_MESSAGES: json.dumps([_message("assistant", readable(record.get(OUTPUTS, answer.text)))]),
    }
    # Somewhere within the evaluation: the adapter does not tell when.
    tracer.start_span(f"chat {name}", attributes=attributes, start_time=answer.began).end(answer.ended)


def _message(role: str, text: str) -> dict[str, object]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def _feedback(record: Mapping[str, Any]) -> str:
    said = [readable(record[FEEDBACK])] if record.get(FEEDBACK) else []
    said += [f"{key}: {readable(value)}" for key, value in record.items() if key not in (INPUTS, OUTPUTS, FEEDBACK)]
    return "\n".join(said)
