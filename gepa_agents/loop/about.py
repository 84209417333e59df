"""What a run was about, noted in its journal for whoever reads it later. The search itself never looks at it."""

import re
from importlib.metadata import PackageNotFoundError, requires, version
from platform import python_version

from gepa_agents.loop.rollouts import Rollouts
from gepa_agents.parts.runs.journal import Journal
from gepa_agents.words.component import Anatomy
from gepa_agents.words.frozen import Frozen
from gepa_agents.words.settings import Budget, Settings
from gepa_agents.words.suite import TaskSuite

RECORDED = "about"
_OURS = "gepa-agents"
_NAME = re.compile(r"^[\w.-]+")
"""What a requirement begins with: `litellm` of `litellm>=1.100`."""


class About(Frozen):
    """One run's question. Tasks and texts are as the reflection model may read them: masked, where masking is on."""

    agent: str
    """The agent's name."""
    anatomy: Anatomy
    suite: TaskSuite
    settings: Settings
    budget: Budget
    """The latest: a run may go on with a larger one."""
    reflection_lm: str
    """Name of the reflection model."""
    versions: dict[str, str]
    """Of Python, this package and what it requires; what is not installed is not there."""


def note(rollouts: Rollouts, suite: TaskSuite, anatomy: Anatomy, reflection_lm: str) -> None:
    """Write it down, if it is not what stands there already."""
    about = About(
        agent=rollouts.agent.name,
        anatomy=anatomy,
        suite=TaskSuite(
            train=tuple(map(rollouts.shown, suite.train)),
            val=tuple(map(rollouts.shown, suite.val)),
            test=tuple(map(rollouts.shown, suite.test)),
        ),
        settings=rollouts.settings,
        budget=rollouts.ledger.budget,
        reflection_lm=reflection_lm,
        versions=_versions(),
    )
    _write(rollouts.journal, about.model_dump_json())


def _write(journal: Journal, body: str) -> None:
    if journal.outcome(RECORDED) != body:
        journal.conclude(RECORDED, body)


def _versions() -> dict[str, str]:
    found = {"python": python_version()}
    for name in (_OURS, *_required()):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _required() -> list[str]:
    """Names of the distributions that this one can't do without."""
    try:
        lines = requires(_OURS) or []
    except PackageNotFoundError:
        return []
    return sorted({_NAME.findall(line)[0] for line in lines if "extra ==" not in line})
