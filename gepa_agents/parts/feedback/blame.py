"""Which component the lost points of some rollouts are traced to, and why.

In each case the points that its score lacks go to whoever the first of these tells of: the metric's feedback for a
component; a step that failed; the first thing that a check noticed; the node that brought a wrong value in, or left an
expected one out; the step where a run parts from one of the same task that went well. The first two are told facts. The
others are clues, so half of the points stays with all that took part: whoever is wrongly accused must not keep the
culprit from its turn. Where nothing tells, all share them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gepa_agents.parts.feedback import provenance, quoting
from gepa_agents.parts.feedback.calls import calls
from gepa_agents.parts.feedback.contrast import parting
from gepa_agents.parts.feedback.diagnosis import Diagnosis
from gepa_agents.parts.feedback.parting import took_part
from gepa_agents.words.case import Case
from gepa_agents.words.component import Component

CLUE = 0.5
"""The share of a case's points that goes by a clue."""
Place = tuple[str, str]
"""A node and a tool; either may be empty."""


@dataclass(frozen=True)
class Blame:
    """What is traced to one component."""

    points: float
    """Lost points; 0 when nothing is traced to it."""
    reason: str = ""
    """What most of them were traced by, in words."""


def blame(
    components: Sequence[Component],
    cases: Sequence[Case],
    *,
    solved: float,
    failed: float = 0.0,
    diagnosis: Diagnosis | None = None,
    peers: Sequence[Case] = (),
) -> Mapping[str, Blame]:
    """The blame of each component that took part in some case, by its name.

    `solved` is the score at which a case lacks nothing, `failed` what a rollout with a fault counts for. `peers` are
    runs of the same tasks that went well. The points add up to what the cases lack, as far as any component took part.
    """
    points: dict[str, float] = {}
    reasons: dict[str, Counter[str]] = {}
    for case in cases:
        present = [component for component in components if _present(component, case)]
        for component in present:
            points.setdefault(component.name, 0.0)
        missing = solved - (case.rollout.score.value if case.rollout.score is not None else failed)
        if missing <= 0 or not present:
            continue
        culprits, reason, sure = _culprits(present, case, diagnosis or Diagnosis(), peers)
        for component in present:
            points[component.name] += (1 - sure) * missing / len(present)
        for component in culprits:
            points[component.name] += sure * missing / len(culprits)
            reasons.setdefault(component.name, Counter())[reason] += 1
    return {name: Blame(lost, _main(reasons.get(name)) if lost else "") for name, lost in points.items()}


def _main(reasons: Counter[str] | None) -> str:
    # Of reasons that are as frequent the first in the alphabet, so that the journal reads the same in every run.
    return "it took part" if not reasons else min(reasons, key=lambda reason: (-reasons[reason], reason))


def _culprits(
    present: Sequence[Component], case: Case, diagnosis: Diagnosis, peers: Sequence[Case]
) -> tuple[Sequence[Component], str, float]:
    """Who is to blame, why, and which share of the points that is worth."""
    if named := _named(present, case):
        return named, "the feedback names it", 1.0
    tell: list[tuple[Callable[[], Iterator[tuple[Place, str]]], float]] = [
        (lambda: _failed(case), 1.0),
        (lambda: _noticed(case, diagnosis), CLUE),
        (lambda: _followed(case), CLUE),
        (lambda: _parted(case, peers), CLUE),
    ]
    for clues, worth in tell:
        for place, reason in clues():
            if found := [component for component in present if _at(component, place)]:
                return found, reason, worth
    return present, "nothing tells them apart", 1.0


def _named(present: Sequence[Component], case: Case) -> list[Component]:
    """Components with feedback of their own, or with a line of the common feedback that begins with their node."""
    score = case.rollout.score
    if score is None:
        return []
    heads = {line.partition(":")[0].strip() for line in score.feedback.splitlines() if ":" in line}
    told = {name for name, words in score.by_component.items() if words} | heads
    return [component for component in present if any(map(component.answers_to, told))]


def _failed(case: Case) -> Iterator[tuple[Place, str]]:
    """The node in which the run ended with an error: innermost first, since the others only let it through."""
    if case.rollout.fault is not None:
        broken = [step for step in case.rollout.trajectory.steps if step.error is not None and step.node]
        for step in sorted(broken, key=lambda step: -step.node.count("/")):
            yield (step.node, ""), f"the run ended with an error in {quoting.name(step.node)}"


def _noticed(case: Case, diagnosis: Diagnosis) -> Iterator[tuple[Place, str]]:
    for finding in diagnosis.of(case):
        if finding.node or finding.tool:
            yield (finding.node, finding.tool), f"the check {quoting.name(finding.check)} noticed something there first"


def _parted(case: Case, peers: Sequence[Case]) -> Iterator[tuple[Place, str]]:
    for peer in peers:
        if peer.task.id == case.task.id and (node := parting(peer, case)):
            yield (node, ""), "there it parts from a run of the same task that went well"


def _followed(case: Case) -> Iterator[tuple[Place, str]]:
    for source in (provenance.brought_in(case), provenance.lost(case)):
        if source is not None:
            yield (source.node, ""), source.reason


def _at(component: Component, place: Place) -> bool:
    """Whether a component stands at a place: a tool's at the tool's, a prompt at its node."""
    node, tool = place
    return component.tool == tool if component.tool else bool(node) and component.node == node


def _present(component: Component, case: Case) -> bool:
    trajectory = case.rollout.trajectory
    if component.kind == "prompt":
        return bool(took_part(component, trajectory))
    offered = any(tool.name == component.tool for step in trajectory.models() for tool in step.tools)
    called = any(call.tool == component.tool for call in calls(trajectory))
    return called or (offered and component.kind == "tool_description")
