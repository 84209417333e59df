"""Metrics that people already have: others' evaluators, judges with a rubric, several metrics as one."""

from gepa_agents_evaluators.agreement import Agreement, Disagreement, Measured, ameasure, measure
from gepa_agents_evaluators.combining import combine
from gepa_agents_evaluators.conversation import messages, visits
from gepa_agents_evaluators.evaluator import from_evaluator
from gepa_agents_evaluators.judge import Judge
from gepa_agents_evaluators.labels import Labelled, labelled
from gepa_agents_evaluators.rubric import JudgeSettings

__all__ = [
    "Agreement",
    "Disagreement",
    "Judge",
    "JudgeSettings",
    "Labelled",
    "Measured",
    "ameasure",
    "combine",
    "from_evaluator",
    "labelled",
    "measure",
    "messages",
    "visits",
]
