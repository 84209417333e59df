"""Carries out a planned step of the search: rollouts, reflection, a new candidate, its trial on train and on val.

Reads nothing of the search but what its plan lets it, because other steps are decided meanwhile; changes nothing of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from gepa_agents.loop.lessons import Lessons
from gepa_agents.loop.memory import Memory, Run
from gepa_agents.loop.plan import Plan
from gepa_agents.loop.pool import Found, Member
from gepa_agents.loop.reflecting import Reflecting
from gepa_agents.loop.rollouts import Rollouts
from gepa_agents.loop.tally import Outcome, Tally
from gepa_agents.parts.frontier import merge
from gepa_agents.parts.frontier.admission import Admission
from gepa_agents.parts.frontier.objectives import SCORE, objectives
from gepa_agents.parts.reflection.reflect import Failure
from gepa_agents.ports.reflection import Proposal
from gepa_agents.words.candidate import Candidate
from gepa_agents.words.component import Anatomy
from gepa_agents.words.events import Proposed, Reason
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.settings import Settings
from gepa_agents.words.suite import TaskSuite
from gepa_agents.words.task import Task

MERGE_TASKS = 5
"""Val tasks on which a merged child is tried first (the official engine's number)."""
SEEN: tuple[Reason, str] = ("seen", "this configuration was tried before")


@dataclass
class Trials:
    """Everything that carrying out a step takes."""

    suite: TaskSuite
    anatomy: Anatomy
    rollouts: Rollouts
    lessons: Lessons
    reflecting: Reflecting
    memory: Memory
    admission: Admission
    settings: Settings

    async def mutate(self, plan: Plan, parent: Member, tasks: Sequence[Task], attempts: int, most: int) -> Outcome:
        """Reflective mutation: rewrite what of one parent its rollouts on a minibatch blame, `most` components at most.

        `attempts` is how often the parent and its line were used before.
        """
        before = await self._scored(plan, parent.candidate, tasks, "parent on minibatch")
        outcome = Outcome(
            Tally(plan.iteration, plan.known, "mutation", (parent,), before=before.mean), runs=before.runs
        )
        if self.settings.perfect_score is not None and min(before.values) >= self.settings.perfect_score:
            return outcome.refuse("perfect", "the parent solves the whole minibatch")
        lessons = self.lessons.draw(plan, self.lessons.cases(tasks, before.rollouts), attempts, most)
        if not lessons:
            return outcome.refuse("reflection", "no tunable component took part in these rollouts")

        outcome = outcome.about(", ".join(lesson.component.name for lesson in lessons), lessons[0].why)
        self._announce(outcome.tally)
        answers = await self.reflecting.rewrite(plan, parent.candidate, lessons)
        child, usable = parent.candidate, dict[str, Proposal]()
        for lesson, answer in zip(lessons, answers, strict=True):
            if isinstance(answer, Proposal):
                child = child.with_text(lesson.component, answer.text)
                usable[lesson.component.name] = answer
        outcome = outcome.wrote({name: answer.text for name, answer in usable.items()}, usable)
        if child == parent.candidate:
            return outcome.failed(next(answer for answer in answers if isinstance(answer, Failure)))
        child = Candidate(child.texts, (parent.candidate.id,))
        if self.memory.tried(child, plan.known):
            return outcome.refuse(*SEEN)

        after = await self._scored(plan, child, tasks, "child on minibatch")
        outcome = outcome.tried(child, after.mean, after.runs)
        if sum(after.values) <= sum(before.values):
            return outcome.refuse("no_better", "")
        return await self._validated(plan, outcome, child, parent, {})

    async def merge(self, plan: Plan, pair: merge.Merge, parents: tuple[Member, Member]) -> Outcome:
        """System-aware crossover: try a child that takes over what each of two lineages learned.

        What both changed is written anew from both texts, by the reflection model.
        """
        outcome = Outcome(Tally(plan.iteration, plan.known, "merge", parents, component=", ".join(pair.taken)))
        self._announce(outcome.tally)
        child, usable = pair.child, dict[str, Proposal]()
        for name in pair.both:
            answer = await self._combined(plan, name, parents)
            if answer is not None:
                usable[name] = answer
        if usable:
            texts = {name: answer.text for name, answer in usable.items()}
            child = Candidate({**child.texts, **texts}, child.parents)
            outcome = outcome.wrote(texts, usable)
        if self.memory.tried(child, plan.known):
            return outcome.refuse(*SEEN)

        one, other = parents
        sample = merge.subsample(one.scores, other.scores, MERGE_TASKS, plan.random)
        before = max(sum(parent.scores[position] for position in sample) for parent in parents)
        found = await self._on_val(plan, child, sample, "merged child")
        after = sum(found[position][SCORE] for position in sample)
        outcome = outcome.tried(child, after / len(sample), (), before / len(sample))
        if after < before:
            return outcome.refuse("no_better", "below the better of its parents")
        return await self._validated(plan, outcome, child, outcome.parent, found)

    async def edited(self, plan: Plan, outcome: Outcome, proposed: Candidate, texts: Mapping[str, str]) -> Outcome:
        """Try what a person made of a proposal: on the tasks that the proposal was tried on, then on val."""
        child = Candidate(proposed.texts, proposed.parents)
        for name, text in texts.items():
            child = child.with_text(self.lessons.components[name], text)
        child = Candidate(child.texts, proposed.parents)
        outcome = outcome.rewritten({**outcome.tally.texts, **texts})
        if self.memory.tried(child, plan.known):
            return outcome.refuse(*SEEN)
        parent = outcome.parent
        before = {run.task: run.value for run in outcome.runs if run.candidate == parent.candidate}
        train = [task for task in self.suite.train if task.id in before]
        if train:
            scored = await self._scored(plan, child, train, "edited child on minibatch")
            outcome = outcome.tried(child, scored.mean, scored.runs)
            if sum(scored.values) <= sum(before.values()):
                return outcome.refuse("no_better", "")
        outcome = await self._validated(plan, outcome, child, parent, {})
        if train:
            return outcome
        # A merge is tried on val alone, so that is what its figures are of.
        after = [found[SCORE] for found in outcome.found.values()]
        expected = [parent.scores[place] for place in outcome.found]
        return outcome.tried(child, sum(after) / len(after), (), sum(expected) / len(expected))

    async def confirm(self, plan: Plan, member: Member) -> Outcome:
        """Run a member on the val tasks that it was not run on."""
        rest = [position for position in range(len(self.suite.val)) if position not in member.known]
        found = await self._on_val(plan, member.candidate, rest, "leader on val")
        return Outcome(Tally(plan.iteration, plan.known, "mutation", ()), found=found, confirmed=member)

    def config(self, candidate: Candidate) -> GraphConfig:
        """The candidate bound to the agent's components."""
        return GraphConfig(
            components=self.anatomy.components, texts=dict(candidate.texts), graph_id=self.rollouts.agent.name
        )

    def _announce(self, tally: Tally) -> None:
        self.rollouts.notify(
            Proposed(
                iteration=tally.iteration,
                origin=tally.origin,
                parents=tuple(parent.candidate.id for parent in tally.parents),
                component=tally.component,
                why=tally.why,
            )
        )

    async def _combined(self, plan: Plan, name: str, parents: tuple[Member, Member]) -> Proposal | None:
        """One text out of the parents' texts for a component; None when there is no evidence, or no usable answer."""
        component = self.lessons.components[name]
        lessons = [self.lessons.recall(plan, parent.candidate, component) for parent in parents]
        if lessons[0] is None or lessons[1] is None:
            return None
        texts = parents[0].candidate.text(component), parents[1].candidate.text(component)
        answer = await self.reflecting.combine(plan, texts, (lessons[0], lessons[1]))
        return answer if isinstance(answer, Proposal) else None

    async def _validated(self, plan: Plan, outcome: Outcome, child: Candidate, parent: Member, known: Found) -> Outcome:
        """Run the child on val, block by block, until it is clear whether it joins the pool."""
        found = dict(known)
        left = [position for position in range(len(self.suite.val)) if position not in found]
        plan.random.shuffle(left)
        size = self.settings.val_block or len(left)
        joins = self._verdict(plan, found, parent) if found else None
        while joins is None:
            block, left = left[:size], left[size:]
            found |= await self._on_val(plan, child, block, "child on val")
            joins = self._verdict(plan, found, parent)
        outcome = replace(outcome, found=found)
        return outcome if joins else outcome.refuse("val", f"no gain over its parent on {len(found)} val tasks")

    def _verdict(self, plan: Plan, found: Found, parent: Member) -> bool | None:
        scores = {position: known[SCORE] for position, known in found.items()}
        gains = [score - parent.expected[position] for position, score in scores.items()]
        first = any(score > plan.top[position] for position, score in scores.items())
        return self.admission.verdict(gains, first, len(self.suite.val) - len(scores))

    def found(self, positions: Iterable[int], rollouts: Iterable[Rollout]) -> Found:
        """What rollouts on the val tasks at some positions count for."""
        failure = self.settings.failure_score
        return {place: objectives(rollout, failure) for place, rollout in zip(positions, rollouts, strict=True)}

    async def _on_val(self, plan: Plan, candidate: Candidate, positions: Iterable[int], phase: str) -> Found:
        places = list(positions)
        scored = await self._scored(plan, candidate, [self.suite.val[place] for place in places], phase)
        return self.found(places, scored.rollouts)

    async def _scored(self, plan: Plan, candidate: Candidate, tasks: Sequence[Task], phase: str) -> "Scored":
        config = self.config(candidate)
        rollouts = await self.rollouts.gather(config, tasks, phase, turn=plan.turn)
        plan.turn.spent.extend(self.rollouts.keys(config, tasks))
        return Scored(candidate, rollouts, [self.rollouts.value(rollout) for rollout in rollouts])


@dataclass(frozen=True)
class Scored:
    """Rollouts of one candidate and what each counts."""

    candidate: Candidate
    rollouts: Sequence[Rollout]
    values: Sequence[float]

    @property
    def mean(self) -> float:
        """Mean of the values."""
        return sum(self.values) / len(self.values)

    @property
    def runs(self) -> tuple[Run, ...]:
        """What there is to remember of them."""
        pairs = zip(self.rollouts, self.values, strict=True)
        return tuple(Run(self.candidate, rollout.task, value) for rollout, value in pairs)
