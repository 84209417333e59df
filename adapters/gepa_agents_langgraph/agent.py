"""A LangGraph graph as an agent that can be tuned: run, looked into, and given other texts (under construction)."""
