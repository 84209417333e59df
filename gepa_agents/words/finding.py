"""One thing that a rollout shows without anybody's judgement."""

from gepa_agents.words.frozen import Frozen


class Finding(Frozen):
    """What happened and where, for a person or a model to read."""

    sentence: str
    check: str = ""
    """Name of the check that found it, such as `tool_error`; filled in for a check of your own."""
    node: str = ""
    """Path of the node that it concerns; empty when it concerns the whole agent."""
    tool: str = ""
    """The tool that it concerns, if it is about one."""
    step: int | None = None
    """Index in the trajectory's steps; None when it is about the run as a whole."""
