"""Tuned texts as prompts for LangSmith, in LangChain's own serialized form."""

from gepa_agents_langsmith.form import Prompts
from gepa_agents_langsmith.prompts import identifier, prompt, prompts

__all__ = ["Prompts", "identifier", "prompt", "prompts"]
