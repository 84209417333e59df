"""A finished run in MLflow: parameters, metrics by step, candidates as artifacts, prompts in its registry."""

from gepa_agents_mlflow.form import Mlflow
from gepa_agents_mlflow.tracking import Logged, Target, log

__all__ = ["Logged", "Mlflow", "Target", "log"]
