"""Metrics that people already have: others' evaluators, judges with a rubric, several metrics as one."""

from gepa_agents_evaluators.combining import combine
from gepa_agents_evaluators.conversation import messages, visits
from gepa_agents_evaluators.evaluator import from_evaluator
from gepa_agents_evaluators.judge import Judge
from gepa_agents_evaluators.rubric import JudgeSettings

__all__ = ["Judge", "JudgeSettings", "combine", "from_evaluator", "messages", "visits"]
