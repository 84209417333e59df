"""One thing that a trajectory shows without anybody's judgement."""

from gepa_agents.words.frozen import Frozen


class Finding(Frozen):
    """What happened and where, for a person or a model to read."""

    check: str
    """Name of the check that found it, such as `tool_error`."""
    node: str
    """Path of the node that it concerns; empty when it concerns the whole agent."""
    step: int
    """Index in the trajectory's steps."""
    sentence: str
    tool: str = ""
    """The tool that it concerns, if it is about one."""
