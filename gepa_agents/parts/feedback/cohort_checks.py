"""Checks that need more than the trajectory: the task, or what other rollouts of the same agent looked like."""

from collections.abc import Iterator

from gepa_agents.parts.feedback import quoting
from gepa_agents.parts.feedback.calls import calls
from gepa_agents.parts.feedback.cohort import Cohort, Spread
from gepa_agents.words.case import Case
from gepa_agents.words.finding import Finding

NEEDED = "tools"
"""Key of a task's metadata: the tools that doing it takes, as a list of names."""


def missing_tool(case: Case, cohort: Cohort) -> Iterator[Finding]:
    """A tool that the task needs was at hand and never called.

    Needed is what the task's metadata name under `tools`; without that, what every solution of the same task called.
    """
    trajectory = case.rollout.trajectory
    named = case.task.metadata.get(NEEDED)
    declared = isinstance(named, list)
    if cohort.satisfied(case) and not declared:
        return
    needed = [str(name) for name in named] if isinstance(named, list) else sorted(cohort.needed.get(case.task.id, ()))
    offered = {tool.name: step.node for step in trajectory.models() for tool in step.tools}
    called = {call.tool for call in calls(trajectory)}
    why = "which this task needs" if declared else "which every known solution of this task called"
    for name in needed:
        if name in offered and name not in called:
            where = quoting.where(offered[name])
            sentence = f"{where}the tool {quoting.name(name)}, {why}, was at hand and never called."
            yield Finding(check="missing_tool", node=offered[name], tool=name, sentence=sentence)


def costly_run(case: Case, cohort: Cohort) -> Iterator[Finding]:
    """The run took far more tokens, or far more model calls, than other runs of this agent."""
    trajectory = case.rollout.trajectory
    tokens, turns = float(trajectory.usage.tokens), float(sum(1 for _ in trajectory.models()))
    far = [part for part in (_far(tokens, "tokens", cohort.tokens), _far(turns, "model calls", cohort.turns)) if part]
    if far:
        yield Finding(check="costly_run", sentence=f"The run took far more than others: {' and '.join(far)}.")


def slow_run(case: Case, cohort: Cohort) -> Iterator[Finding]:
    """The run took far longer than other runs. Times differ from run to run: no part of evidence, which must not."""
    seconds = case.rollout.trajectory.seconds
    if cohort.seconds is not None and cohort.seconds.beyond(seconds):
        usual = cohort.seconds.median
        yield Finding(
            check="slow_run", sentence=f"The run took {seconds:.1f} s; half of the others took {usual:.1f} s or less."
        )


def _far(value: float, unit: str, spread: Spread | None) -> str:
    if spread is None or not spread.beyond(value):
        return ""
    return f"{value:.0f} {unit}, where half of the others took {spread.median:.0f} or fewer"
