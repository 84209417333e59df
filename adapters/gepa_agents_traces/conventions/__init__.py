"""The conventions that are understood, in the order in which they are asked whether a span is theirs."""

from gepa_agents_traces.conventions.genai import GenAI
from gepa_agents_traces.conventions.langfuse import Langfuse
from gepa_agents_traces.conventions.langsmith import LangSmith
from gepa_agents_traces.conventions.openinference import OpenInference
from gepa_agents_traces.conventions.own import Own
from gepa_agents_traces.conventions.traceloop import Traceloop
from gepa_agents_traces.trace import Convention

OWN = Own()
CONVENTIONS: tuple[Convention, ...] = (OWN, OpenInference(), LangSmith(), Langfuse(), Traceloop(), GenAI())
"""GenAI last: others use some of its names, in their own way."""
