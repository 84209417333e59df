"""LangGraph's side of gepa-agents: any compiled graph as an agent whose texts can be tuned."""

from gepa_agents_langgraph.chat_model import language_model

__all__ = ["language_model"]
