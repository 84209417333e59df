"""Makes tool-using LangGraph agents better by evolving their prompts from what their traces say (GEPA)."""
