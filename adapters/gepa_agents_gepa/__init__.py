"""The official `gepa` package's side of gepa-agents: its engine drives our agents, ours drives its adapters."""

from gepa_agents_gepa.driven import AgentAdapter, probe
from gepa_agents_gepa.wrapped import AdapterAgent, suite, wrap

__all__ = ["AdapterAgent", "AgentAdapter", "probe", "suite", "wrap"]
