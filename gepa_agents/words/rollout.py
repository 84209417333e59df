"""One run of one candidate on one task, and what was said about it."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gepa_agents.words.frozen import Frozen, JsonValue
from gepa_agents.words.trajectory import Trajectory
from gepa_agents.words.usage import Usage


def _own_names(objectives: dict[str, float]) -> dict[str, float]:
    if "score" in objectives:
        raise ValueError("`score` is the name of the value itself; give the objective another name")
    return objectives


class Score(Frozen):
    """What a metric said about a rollout."""

    value: float = Field(allow_inf_nan=False)
    """Higher is better; by convention between 0 and 1."""
    feedback: str = ""
    """Why, in words; this is what reflection learns from."""
    by_component: dict[str, str] = {}
    """Feedback meant for some components only, by a component's name, or a node's for all components in it."""
    objectives: Annotated[dict[str, Annotated[float, Field(allow_inf_nan=False)]], AfterValidator(_own_names)] = {}
    """Further objectives by name, each higher is better; what the frontier makes of them is in `Settings.frontier`."""
    usage: Usage = Usage()
    """What judging cost, if the metric asked a model; it counts against the budget."""


class Fault(Frozen):
    """Why a rollout has no score: it is shown as what it is, never as a low score given by the metric."""

    kind: Literal["agent", "timeout"]
    """`agent`: the graph raised. `timeout`: it took too long."""
    message: str
    """As `Type: message (node `path`)`, with the node in which it was raised where that is known."""


class Rollout(Frozen):
    """One run of one candidate on one task."""

    candidate: str
    """Content hash of the candidate's texts."""
    task: str
    """Id of the task."""
    repeat: int = 0
    """0 for the first rollout of this candidate on this task, 1 for the second, and so on."""
    output: JsonValue = None
    """What the agent returned, as plain data; None when it failed."""
    trajectory: Trajectory = Trajectory()
    score: Score | None = None
    """None while unscored, and for a rollout with a fault."""
    fault: Fault | None = None
    usage: Usage = Usage()
    """Tokens and money of the task model; what a judge cost is in the score."""
    masked: tuple[str, ...] = ()
    """Placeholders, such as `[email 1]`, that stand for secrets and personal data; the metric saw what they hide."""

    @property
    def text(self) -> str:
        """The agent's final words: the last message of the output, or the output itself if it is a text."""
        output = self.output
        if isinstance(output, str):
            return output
        if isinstance(output, dict):
            messages = output.get("messages")
            if isinstance(messages, list) and messages and isinstance(messages[-1], dict):
                content = messages[-1].get("content")
                return content if isinstance(content, str) else ""
        return ""
