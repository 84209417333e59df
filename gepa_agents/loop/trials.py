"""Carries out a planned step of the search: rollouts, a reflection, a new text, its trial on train and on val.

Reads nothing of the search but what its plan says, because other steps are decided meanwhile; changes nothing of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from gepa_agents.loop.asking import Asking
from gepa_agents.loop.memory import Memory
from gepa_agents.loop.pool import Member
from gepa_agents.loop.rollouts import Rollouts
from gepa_agents.loop.tally import Outcome, Tally
from gepa_agents.parts.feedback.blame import blame
from gepa_agents.parts.feedback.evidence import evidence
from gepa_agents.parts.frontier import merge
from gepa_agents.parts.frontier.admission import Admission
from gepa_agents.parts.frontier.selection import ComponentSelection
from gepa_agents.parts.reflection.reflect import Failure, reflect
from gepa_agents.ports.language_model import Completion
from gepa_agents.ports.reflection import Proposal, Request, Style
from gepa_agents.words.candidate import Candidate
from gepa_agents.words.case import Case
from gepa_agents.words.component import Anatomy, Component
from gepa_agents.words.events import Reason
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.settings import Settings
from gepa_agents.words.suite import TaskSuite
from gepa_agents.words.task import Task

MERGE_TASKS = 5
"""Val tasks on which a merged child is tried first (the official engine's number)."""


@dataclass(frozen=True)
class Plan:
    """What a step is to do, and all that it may know."""

    iteration: int
    known: int
    """Decisions that were taken when it was planned."""
    random: Random
    top: tuple[float, ...]
    """The best score seen so far on each val task."""
    spent: list[str] = field(default_factory=list[str])
    """Keys of the calls it asks for, in order: they are booked when it is decided."""


@dataclass
class Trials:
    """Everything that carrying out a step takes."""

    suite: TaskSuite
    anatomy: Anatomy
    components: Mapping[str, Component]
    rollouts: Rollouts
    asking: Asking
    settings: Settings
    memory: Memory
    style: Style
    order: ComponentSelection
    admission: Admission

    async def mutate(self, plan: Plan, parent: Member, tasks: Sequence[Task], attempts: int) -> Outcome:
        """Reflective mutation: rewrite one component of one parent from what its rollouts on a minibatch show.

        `attempts` is how often the parent and its line were used before.
        """
        before = await self._scored(plan, parent.candidate, tasks, "parent on minibatch")
        tally = Tally(plan.iteration, plan.known, "mutation", (parent,), before=before.mean)
        if self.settings.perfect_score is not None and min(before.values) >= self.settings.perfect_score:
            return Outcome(tally, refused=("perfect", "the parent solves the whole minibatch"))
        lesson = self._lesson(plan, tasks, before, attempts)
        if lesson is None:
            return Outcome(tally, refused=("reflection", "no tunable component took part in these rollouts"))
        tally = replace(tally, component=lesson.component.name, why=lesson.why)

        answer = await self._reflect(plan, parent, lesson)
        tally = replace(tally, text=answer.text)
        if isinstance(answer, Failure):
            # A model that leaves the text as it is has nothing to add; that is an answer.
            same = answer.text.strip() == parent.candidate.text(lesson.component).strip()
            return Outcome(tally, refused=(answer.reason, answer.detail), answered=same)
        child = parent.candidate.with_text(lesson.component, answer.text)
        if self.memory.tried(child, plan.known):
            return Outcome(tally, refused=("seen", "this configuration was tried before"), answered=True)

        after = await self._scored(plan, child, tasks, "child on minibatch")
        tally = replace(tally, after=after.mean)
        if sum(after.values) <= sum(before.values):
            return Outcome(tally, refused=("no_better", ""), answered=True, child=child)
        return replace(await self._validated(plan, tally, child, parent, {}), answered=True)

    async def merge(self, plan: Plan, pair: merge.Merge, parents: tuple[Member, Member]) -> Outcome:
        """System-aware crossover: try a child that takes over what each of two lineages learned."""
        one, other = parents
        better = max(parents, key=lambda parent: parent.mean)
        sample = merge.subsample(one.scores, other.scores, MERGE_TASKS, plan.random)
        before = max(sum(parent.scores[position] for position in sample) for parent in parents)
        after = await self._on_val(plan, pair.child, sample, "merged child")
        tally = Tally(
            plan.iteration,
            plan.known,
            "merge",
            parents,
            component=", ".join(pair.taken),
            before=before / len(sample),
            after=sum(after.values()) / len(sample),
        )
        if sum(after.values()) < before:
            return Outcome(tally, refused=("no_better", "below the better of its parents"), child=pair.child)
        return await self._validated(plan, tally, pair.child, better, after)

    async def confirm(self, plan: Plan, member: Member) -> Outcome:
        """Run a member on the val tasks that it was not run on."""
        rest = [position for position in range(len(self.suite.val)) if position not in member.known]
        scores = await self._on_val(plan, member.candidate, rest, "leader on val")
        return Outcome(Tally(plan.iteration, plan.known, "mutation", ()), scores=scores, confirmed=member)

    async def _validated(
        self, plan: Plan, tally: Tally, child: Candidate, parent: Member, known: Mapping[int, float]
    ) -> Outcome:
        """Run the child on val, block by block, until it is clear whether it joins the pool."""
        scores = dict(known)
        left = [position for position in range(len(self.suite.val)) if position not in scores]
        plan.random.shuffle(left)
        size = self.settings.val_block or len(left)
        joins = self._verdict(plan, scores, parent) if scores else None
        while joins is None:
            block, left = left[:size], left[size:]
            scores |= await self._on_val(plan, child, block, "child on val")
            joins = self._verdict(plan, scores, parent)
        refused: tuple[Reason, str] = ("val", f"no gain over its parent on {len(scores)} val tasks")
        return Outcome(tally, refused=None if joins else refused, child=child, scores=scores)

    def _verdict(self, plan: Plan, scores: Mapping[int, float], parent: Member) -> bool | None:
        gains = [score - parent.scores[position] for position, score in scores.items()]
        first = any(score > plan.top[position] for position, score in scores.items())
        return self.admission.verdict(gains, first, len(self.suite.val) - len(scores))

    async def _on_val(self, plan: Plan, candidate: Candidate, positions: Iterable[int], phase: str) -> dict[int, float]:
        places = list(positions)
        scored = await self._scored(plan, candidate, [self.suite.val[place] for place in places], phase)
        return dict(zip(places, scored.values, strict=True))

    async def _scored(self, plan: Plan, candidate: Candidate, tasks: Sequence[Task], phase: str) -> "Scored":
        config = self.config(candidate)
        rollouts = await self.rollouts.gather(config, tasks, phase)
        plan.spent.extend(self.rollouts.keys(config, tasks))
        return Scored(rollouts, [self.rollouts.value(rollout) for rollout in rollouts])

    def config(self, candidate: Candidate) -> GraphConfig:
        """The candidate bound to the agent's components."""
        return GraphConfig(
            components=self.anatomy.components, texts=dict(candidate.texts), graph_id=self.rollouts.agent.name
        )

    def _lesson(self, plan: Plan, tasks: Sequence[Task], before: "Scored", attempts: int) -> "Lesson | None":
        """What the minibatch shows about the component that is to be rewritten; None when it shows none."""
        cases = [
            Case(task=self.rollouts.shown(task), rollout=rollout)
            for task, rollout in zip(tasks, before.rollouts, strict=True)
        ]
        perfect = self.settings.perfect_score
        traced = blame(list(self.components.values()), cases, solved=1.0 if perfect is None else perfect)
        lost = {name: traced.get(name, 0.0) for name in self.components}
        for name in self.order.order(lost, attempts, plan.random):
            found = evidence(self.components[name], cases, tokens=self.settings.evidence_tokens)
            if found is not None:
                why = f"{lost[name]:.2f} of {sum(lost.values()):.2f} lost points are traced to it"
                return Lesson(self.components[name], found.text, why)
        return None

    async def _reflect(self, plan: Plan, parent: Member, lesson: "Lesson") -> Proposal | Failure:
        request = Request(
            component=lesson.component,
            text=parent.candidate.text(lesson.component),
            evidence=lesson.text,
            anatomy=self.anatomy,
            tried=self.memory.attempts(lesson.component.name, plan.known),
            limit=self.settings.max_text_chars,
        )
        return await self._asked(plan, request)

    async def _asked(self, plan: Plan, request: Request) -> Proposal | Failure:
        async def ask(prompt: str) -> Completion:
            completion = await self.asking.ask(plan.iteration, prompt)
            plan.spent.append(self.asking.key(plan.iteration, prompt))
            return completion

        return await reflect(request, ask, self.style)


@dataclass(frozen=True)
class Scored:
    """Rollouts of one candidate and what each counts."""

    rollouts: Sequence[Rollout]
    values: Sequence[float]

    @property
    def mean(self) -> float:
        """Mean of the values."""
        return sum(self.values) / len(self.values)


@dataclass(frozen=True)
class Lesson:
    """What a minibatch shows about one component, and why it is this one."""

    component: Component
    text: str
    why: str
