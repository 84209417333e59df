"""Which component the lost points of some rollouts are traced to.

In each case the points that its score lacks are shared among: the components that the metric's feedback names; if it
names none, those at whose node or tool the trace first shows something wrong; if it shows nothing, all that took part.
"""

from collections.abc import Mapping, Sequence

from gepa_agents.parts.feedback.case import story
from gepa_agents.parts.feedback.findings import findings
from gepa_agents.words.case import Case
from gepa_agents.words.component import Component


def blame(components: Sequence[Component], cases: Sequence[Case], *, solved: float) -> Mapping[str, float]:
    """Lost points by component name, for each that took part; 0 for one to which nothing is traced.

    `solved` is the score at which a case lacks nothing. A rollout with a fault lacks all of it.
    """
    lost: dict[str, float] = {}
    for case in cases:
        present = [component for component in components if story(component, case) is not None]
        lost.update({component.name: lost.get(component.name, 0.0) for component in present})
        score = case.rollout.score
        missing = solved - (score.value if score is not None else 0.0)
        if missing > 0:
            culprits = _named(present, case) or _first_noticed(present, case) or present
            for component in culprits:
                lost[component.name] += missing / len(culprits)
    return lost


def _named(components: Sequence[Component], case: Case) -> list[Component]:
    named = case.rollout.score.by_component if case.rollout.score is not None else {}
    return [component for component in components if named.get(component.name) or named.get(component.node)]


def _first_noticed(components: Sequence[Component], case: Case) -> list[Component]:
    for finding in findings(case.rollout.trajectory):
        found = [
            component
            for component in components
            if (finding.tool and finding.tool == component.tool)
            or (finding.node and finding.node == component.node and component.kind == "prompt")
        ]
        if found:
            return found
    return []
