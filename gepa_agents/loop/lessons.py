"""What rollouts on train teach: which component is to be rewritten, and the evidence about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from gepa_agents.loop.memory import Memory, Run
from gepa_agents.loop.plan import Plan
from gepa_agents.loop.rollouts import Rollouts
from gepa_agents.parts.feedback.blame import blame
from gepa_agents.parts.feedback.cohort import Cohort
from gepa_agents.parts.feedback.contrast import contrast
from gepa_agents.parts.feedback.diagnosis import Diagnosis
from gepa_agents.parts.feedback.evidence import evidence
from gepa_agents.parts.frontier.selection import ComponentSelection
from gepa_agents.words.candidate import Candidate
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
    """Those that evidence and contrast were cut from."""
    contrast: str = ""
    """One of them beside a run of the same task that went well."""


@dataclass(frozen=True)
class Lessons:
    """Draws lessons from rollouts."""

    components: Mapping[str, Component]
    """Those that may change, in the anatomy's order."""
    order: ComponentSelection
    diagnosis: Diagnosis
    memory: Memory
    rollouts: Rollouts
    train: Mapping[str, Task]
    """Train tasks by id."""
    settings: Settings
    stored: Sequence[Case] = ()
    """Runs of before this search, such as a running system's traces: the first lesson about a component shows them."""

    def beside(self, baseline: Sequence[Case]) -> "Lessons":
        """The same, with the baseline to measure by what is much, or long."""
        return replace(self, diagnosis=replace(self.diagnosis, cohort=Cohort.of(baseline)))

    def draw(self, plan: Plan, cases: Sequence[Case], attempts: int, most: int) -> list[Lesson]:
        """About the component whose turn it is and took part, and others that are to blame; empty when none took part.

        `attempts` is how often the candidate that was run, and its line, were used before; `most` is how many lessons
        there may be.
        """
        enough, solved = self._enough(plan, cases), self._solved(plan, cases)
        diagnosis = self._informed(solved, enough)
        traced = blame(
            list(self.components.values()),
            cases,
            solved=enough,
            failed=self.settings.failure_score,
            diagnosis=diagnosis,
            peers=solved,
        )
        lost = {name: traced[name].points if name in traced else 0.0 for name in self.components}
        lessons: list[Lesson] = []
        for name in self.order.order(lost, attempts, plan.random):
            if lessons and (len(lessons) == most or not lost[name]):
                break
            component = self.components[name]
            before = [] if self.memory.attempts(name, plan.known) else self._telling(component, diagnosis)
            lesson = self._about(component, [*cases, *before], diagnosis)
            if lesson is not None:
                because = f": {traced[name].reason}" if lost[name] else ""
                why = f"{lost[name]:.2f} of {sum(lost.values()):.2f} lost points are traced to it{because}"
                lessons.append(self._contrasted(replace(lesson, why=why), cases, solved, enough))
        return lessons

    def recall(self, plan: Plan, candidate: Candidate, component: Component) -> Lesson | None:
        """What earlier runs of a candidate on train show about a component; None when it took no part in any."""
        cases = self._cases(self.memory.runs_of(candidate, plan.known))
        diagnosis = self._informed(self._solved(plan, cases), self._enough(plan, cases))
        return self._about(component, cases, diagnosis)

    def cases(self, tasks: Sequence[Task], rollouts: Sequence[Rollout]) -> list[Case]:
        """Tasks and rollouts as a reflection may see them."""
        return [
            Case(task=self.rollouts.shown(task), rollout=rollout) for task, rollout in zip(tasks, rollouts, strict=True)
        ]

    def _enough(self, plan: Plan, cases: Sequence[Case]) -> float:
        """The score that counts as solved: the perfect one, or, where none is known, the best seen so far: on val, as
        far as the plan may know, and in these cases."""
        if self.settings.perfect_score is not None:
            return self.settings.perfect_score
        return max([*plan.top, *(self.rollouts.value(case.rollout) for case in cases)])

    def _about(self, component: Component, cases: Sequence[Case], diagnosis: Diagnosis) -> Lesson | None:
        found = evidence(component, cases, tokens=self.settings.evidence_tokens, diagnosis=diagnosis)
        rollouts = tuple(case.rollout for case in cases)
        return None if found is None else Lesson(component, found.text, "", rollouts)

    def _contrasted(self, lesson: Lesson, cases: Sequence[Case], solved: Sequence[Case], enough: float) -> Lesson:
        """The lesson with the worst case that another candidate solved, beside that; as it is when there is none."""
        for bad in sorted(cases, key=lambda case: self.rollouts.value(case.rollout)):
            for good in solved:
                if good.task.id == bad.task.id and self.rollouts.value(bad.rollout) < enough:
                    told = contrast(lesson.component, good, bad, tokens=self.settings.evidence_tokens // 3)
                    if told is not None:
                        return replace(lesson, contrast=told, rollouts=(*lesson.rollouts, good.rollout))
        return lesson

    def _telling(self, component: Component, diagnosis: Diagnosis) -> list[Case]:
        """Stored runs in which the component took part and something went wrong, as many as a minibatch has."""
        told = (
            case
            for case in self.stored
            if evidence(component, [case], tokens=self.settings.evidence_tokens) is not None
            and (
                self.rollouts.value(case.rollout) < diagnosis.cohort.solved
                if case.rollout.score
                else diagnosis.of(case)
            )
        )
        return list(islice(told, self.settings.minibatch))

    def _informed(self, solved: Sequence[Case], enough: float) -> Diagnosis:
        """The diagnosis, knowing how others solved the same tasks, and with which score a task is solved."""
        cohort = replace(self.diagnosis.cohort, needed=Cohort.of(solved, enough).needed, solved=enough)
        return replace(self.diagnosis, cohort=cohort)

    def _solved(self, plan: Plan, cases: Sequence[Case]) -> list[Case]:
        """Runs in which other candidates solved the tasks of these cases; with no perfect score known, did better."""
        ran = {case.rollout.candidate for case in cases}
        runs = [
            run
            for case in cases
            for run in self.memory.runs(case.task.id, plan.known)
            if run.candidate.id not in ran and self._went_well(run, case)
        ]
        return self._cases(runs)

    def _went_well(self, run: Run, beside: Case) -> bool:
        perfect = self.settings.perfect_score
        return run.value > self.rollouts.value(beside.rollout) if perfect is None else run.value >= perfect

    def _cases(self, runs: Iterable[Run]) -> list[Case]:
        kept = [self.rollouts.keeping.recall(run.candidate.id, run.task, 0) for run in runs]
        found = [rollout for rollout in kept if rollout is not None]
        return self.cases([self.train[rollout.task] for rollout in found], found)
