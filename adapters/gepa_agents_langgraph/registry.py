"""Prompts that the author names: the way to tune a text that can't be reached from outside.

For prompts built by string code, and for nodes that call a vendor's SDK instead of a LangChain chat model.
"""

from opentelemetry.trace import Tracer

from gepa_agents.words import semconv
from gepa_agents_langgraph.carrying import here, overlays
from gepa_agents_langgraph.patterns import Pattern


def prompt(name: str, default: str, **values: object) -> str:
    """The text called `name`, filled in: `prompt("planner", "Plan a trip to {city}.", city=city)`.

    The text is `default`, or what a configuration puts in its place; `{key}` is replaced for each keyword, every other
    brace is literal. Outside a graph that is being tuned or was applied, it only fills `default`.
    """
    text = default
    for overlay in overlays():
        text = overlay.registered(name, text)
        if overlay.tracer is not None:
            _tell(overlay.tracer, name, text, tuple(values), overlay.config.candidate.id)
    return Pattern(text, tuple(values)).fill({key: str(value) for key, value in values.items()})


def _tell(tracer: Tracer, name: str, text: str, variables: tuple[str, ...], version: str) -> None:
    attributes = {
        semconv.OPERATION: semconv.RENDER_PROMPT,
        semconv.PROMPT_NAME: name,
        semconv.PROMPT_VERSION: version,
        semconv.PROMPT_TEMPLATE: text,
        semconv.PROMPT_VARIABLES: variables,
        semconv.PROMPT_ROLE: "system",
        semconv.NODE_PATH: here(),
    }
    tracer.start_span(semconv.RENDER_PROMPT, attributes=attributes).end()
