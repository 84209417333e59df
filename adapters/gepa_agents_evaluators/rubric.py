"""What a judge judges by: criteria, the scale of their scores, and how much of a run it is shown."""

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from gepa_agents import ConfigError
from gepa_agents.words.frozen import Frozen

__all__ = ["JudgeSettings", "criteria"]

NAME = re.compile(r"[A-Za-z]\w*")
"""What a criterion may be called: it stands in tags, and is an objective's name."""
ONLY = ""
"""The name of a rubric that is one text."""

Kind = Literal["secrets", "emails", "phones", "cards", "ibans"]


class JudgeSettings(Frozen):
    """How a judge works."""

    scale: int = Field(default=4, ge=1, le=100)
    """Scores are whole numbers from 0 to this; with 1 they are yes or no. Divided by it, they are between 0 and 1."""
    samples: int = Field(default=1, ge=1, le=25)
    """How often the model is asked about a rollout; of each criterion the median counts."""
    sees: Literal["steps", "outcome"] = "steps"
    """Whether it sees what the agent did step by step, or only how it ended."""
    expected: bool = True
    """Whether it sees what the task expects, if it says."""
    run_tokens: int = Field(default=8000, ge=500)
    """Size of what it sees of a run, at most (estimated at four characters each); longer runs are shortened."""
    mask: tuple[Kind, ...] = ("secrets", "emails", "phones", "cards", "ibans")
    """What is replaced by placeholders such as `[email 1]` before it is shown to the judge, as in `Settings.mask`."""


def criteria(rubric: str | Mapping[str, str]) -> dict[str, str]:
    """The criteria by name, checked; a rubric that is one text has one, without a name. Raises `ConfigError`."""
    given = {ONLY: rubric} if isinstance(rubric, str) else dict(rubric)
    if not given:
        raise ConfigError("a rubric needs a text, or at least one criterion; say what a good run does")
    for name, text in given.items():
        if name != ONLY and not NAME.fullmatch(name):
            raise ConfigError(
                f"`{name}` can't be a criterion's name; take letters, digits and _, such as `to_the_point`"
            )
        if name == "score":
            raise ConfigError("`score` is the name of the value itself; give the criterion another name")
        if (name == ONLY) != isinstance(rubric, str) or not text.strip():
            what = f"criterion `{name}`" if name else "rubric"
            raise ConfigError(f"the {what} says nothing; say what a good run does")
    return given
