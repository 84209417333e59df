"""What rollouts on train teach: which component is to be rewritten, and the evidence about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from gepa_agents.loop.memory import Run
from gepa_agents.loop.rollouts import Rollouts
from gepa_agents.parts.feedback.blame import blame
from gepa_agents.parts.feedback.diagnosis import Diagnosis
from gepa_agents.parts.feedback.evidence import evidence
from gepa_agents.parts.frontier.selection import ComponentSelection
from gepa_agents.words.case import Case
from gepa_agents.words.component import Component
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.settings import Settings
from gepa_agents.words.task import Task


@dataclass(frozen=True)
class Lesson:
    """What some rollouts show about one component."""

    component: Component
    evidence: str
    why: str
    """Why it is this component."""
    rollouts: tuple[Rollout, ...]
    """Those that the evidence was cut from."""


@dataclass(frozen=True)
class Lessons:
    """Draws lessons from rollouts."""

    components: Mapping[str, Component]
    """Those that may change, in the anatomy's order."""
    order: ComponentSelection
    diagnosis: Diagnosis
    rollouts: Rollouts
    settings: Settings

    def draw(self, cases: Sequence[Case], attempts: int, random: Random) -> list[Lesson]:
        """About the component whose turn it is and took part, and others that are to blame; empty when none took part.

        `attempts` is how often the candidate that was run, and its line, were used before.
        """
        perfect = self.settings.perfect_score
        traced = blame(list(self.components.values()), cases, solved=1.0 if perfect is None else perfect)
        lost = {name: traced.get(name, 0.0) for name in self.components}
        lessons: list[Lesson] = []
        for name in self.order.order(lost, attempts, random):
            if lessons and (len(lessons) == self.settings.rewrites or not lost[name]):
                break
            lesson = self.about(self.components[name], cases)
            if lesson is not None:
                why = f"{lost[name]:.2f} of {sum(lost.values()):.2f} lost points are traced to it"
                lessons.append(replace(lesson, why=why))
        return lessons

    def about(self, component: Component, cases: Sequence[Case]) -> Lesson | None:
        """About this component; None when it took no part."""
        found = evidence(component, cases, tokens=self.settings.evidence_tokens, diagnosis=self.diagnosis)
        rollouts = tuple(case.rollout for case in cases)
        return None if found is None else Lesson(component, found.text, "", rollouts)

    def cases(self, tasks: Sequence[Task], rollouts: Sequence[Rollout]) -> list[Case]:
        """Tasks and rollouts as a reflection may see them."""
        return [
            Case(task=self.rollouts.shown(task), rollout=rollout) for task, rollout in zip(tasks, rollouts, strict=True)
        ]

    def remembered(self, runs: Sequence[Run], tasks: Mapping[str, Task]) -> list[Case]:
        """Runs of before, as cases."""
        kept = [self.rollouts.keeping.recall(run.candidate.id, run.task, 0) for run in runs]
        return [
            Case(task=self.rollouts.shown(tasks[rollout.task]), rollout=rollout)
            for rollout in kept
            if rollout is not None
        ]
