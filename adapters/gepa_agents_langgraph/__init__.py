"""LangGraph's side of gepa-agents: any compiled graph as an agent whose texts can be tuned."""

from gepa_agents_langgraph.agent import LangGraphAgent, wrap
from gepa_agents_langgraph.chat_model import language_model
from gepa_agents_langgraph.registry import prompt
from gepa_agents_langgraph.taping import taped

__all__ = ["LangGraphAgent", "language_model", "prompt", "taped", "wrap"]
