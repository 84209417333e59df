"""Stored traces as rollouts: OTLP in JSON and protobuf, LangSmith, Langfuse and Phoenix exports, in six conventions."""

from gepa_agents_traces.reading import Reading, read
from gepa_agents_traces.suite import Tasks
from gepa_agents_traces.tally import Tally

__all__ = ["Reading", "Tally", "Tasks", "read"]
