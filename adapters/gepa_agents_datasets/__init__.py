"""Hugging Face `datasets` as tasks: a dataset at hand, or a folder of one (extra `datasets`, imported when asked)."""

from gepa_agents_datasets.loading import load, readable

__all__ = ["load", "readable"]
