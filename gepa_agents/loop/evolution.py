"""GEPA's search, from top to bottom (arXiv 2507.19457, Algorithm 1, with the merges of Algorithm 4).

It decides; what is run, asked, kept and paid for is behind `Rollouts` and `Asking`. Every decision is a function of
the seed and of what rollouts and reflections returned, so a run that is replayed from its journal decides the same.
"""

import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from gepa_agents.loop.asking import Asking, NoAnswer
from gepa_agents.loop.pool import Member, Pool
from gepa_agents.loop.rollouts import Rollouts
from gepa_agents.loop.tally import Decision, Tally
from gepa_agents.parts.feedback.case import Case
from gepa_agents.parts.feedback.evidence import evidence
from gepa_agents.parts.frontier import merge
from gepa_agents.parts.frontier.selection import ByWins, ComponentSelection, Minibatches, ParentSelection, RoundRobin
from gepa_agents.parts.reflection.answer import Proposal
from gepa_agents.parts.reflection.prompt import Attempt, Request
from gepa_agents.parts.reflection.reflect import Brief, Failure, Standard, reflect
from gepa_agents.words.candidate import Candidate
from gepa_agents.words.component import Anatomy, Component
from gepa_agents.words.errors import BudgetError
from gepa_agents.words.events import Stopped
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.settings import Settings
from gepa_agents.words.suite import TaskSuite
from gepa_agents.words.task import Task

MERGE_TASKS = 5
"""Val tasks on which a merged child is tried before it is run on all of them (the official engine's number)."""
REMEMBERED = 5
"""Earlier attempts at a component that reflection is told of."""
STALLED = 15
"""So many proposals in a row without a single new rollout end the search."""


def tunable(anatomy: Anatomy, settings: Settings) -> tuple[Component, ...]:
    """The components that the settings let change, in the anatomy's order."""
    kinds = {"prompt": "prompts", "tool_description": "tools", "argument_description": "tools"}
    return tuple(
        component
        for component in anatomy.components
        if kinds[component.kind] in settings.tune
        and any(fnmatch.fnmatchcase(component.name, pattern) for pattern in settings.components)
    )


@dataclass
class Evolution:
    """One search over one agent's components."""

    suite: TaskSuite
    anatomy: Anatomy
    rollouts: Rollouts
    asking: Asking
    settings: Settings
    decide: Callable[[int, Decision], None]
    """Told each decision with its iteration (1, 2, …), in order, before the next one is prepared."""
    decided: Callable[[int], bool] = lambda _iteration: False
    """Whether the journal holds this iteration's decision: then it is replayed, whatever the budget says now."""
    parents: ParentSelection = field(default_factory=ByWins)
    order: ComponentSelection = field(default_factory=RoundRobin)

    def __post_init__(self) -> None:
        self.pool = Pool()
        self._components = {component.name: component for component in tunable(self.anatomy, self.settings)}
        self._minibatches = Minibatches(len(self.suite.train), self.settings.minibatch, self.settings.seed)
        self._style = Brief() if self.settings.reflection_style == "brief" else Standard()
        self._tried = {Candidate().id}
        self._attempts: dict[str, list[Attempt]] = {name: [] for name in self._components}
        self._mutations = self._merges = self._speechless = self._idle = 0
        self._merge_due = False

    async def run(self, baseline: Sequence[float]) -> Stopped:
        """Search from the baseline's scores on val until something stops it; the pool holds what was found.

        A used-up budget and a reflection model that does not answer are reasons to stop: the pool so far is worth
        having. Whatever else `Rollouts.run` raises comes out.
        """
        self.pool.add(Candidate(), (), baseline)
        iteration = 0
        while (stop := self._stop(iteration + 1)) is None:
            iteration += 1
            paid = self.rollouts.ledger.rollouts
            random = Random(f"{self.settings.seed}/iteration/{iteration}")
            try:
                decision = await self._merge(iteration, random) or await self._mutate(iteration, random)
            except BudgetError as error:
                return Stopped(reason="budget", detail=str(error))
            except NoAnswer as error:
                return Stopped(reason="reflection", detail=str(error))
            self._idle = self._idle + 1 if self.rollouts.ledger.rollouts == paid else 0
            self.decide(iteration, decision)
        return stop

    def config(self, candidate: Candidate) -> GraphConfig:
        """The candidate bound to the agent's components."""
        return GraphConfig(
            components=self.anatomy.components, texts=dict(candidate.texts), graph_id=self.rollouts.agent.name
        )

    async def _mutate(self, iteration: int, random: Random) -> Decision:
        """Reflective mutation: rewrite one component of one parent from what its rollouts on a minibatch show."""
        parent = self.pool.members[self.parents.choose(self.pool.frontier.weights(), random)]
        turn = self.order.order(list(self._components), self.pool.attempts(parent), random)
        tasks = [self.suite.train[position] for position in self._minibatches.draw(self._mutations)]
        self._mutations += 1
        self.pool.attempted(parent)

        before = await self._scored(parent.candidate, tasks, "parent on minibatch")
        component, lesson = self._lesson(turn, tasks, before)
        tally = Tally(iteration, "mutation", (parent.candidate.id,), component.name, before=before.mean)
        if self.settings.perfect_score is not None and min(before.values) >= self.settings.perfect_score:
            return tally.rejected("perfect", "the parent solves the whole minibatch")
        if lesson is None:
            return tally.rejected("reflection", "no tunable component took part in these rollouts")

        answer = await self._reflect(iteration, parent, component, lesson)
        if isinstance(answer, Failure):
            self._speechless += 1
            return tally.rejected(answer.reason, answer.detail, answer.text)
        self._speechless = 0
        child = parent.candidate.with_text(component, answer.text)
        if child.id in self._tried:
            return tally.rejected("seen", "this configuration was tried before", answer.text)
        self._tried.add(child.id)

        after = await self._scored(child, tasks, "child on minibatch")
        self._attempts[component.name].append(Attempt(text=answer.text, before=before.mean, after=after.mean))
        tally = replace(tally, after=after.mean)
        if sum(after.values) <= sum(before.values):
            return tally.rejected("no_better", "", answer.text)
        member = await self._admit(child, (parent,))
        self._merge_due = True
        return tally.accepted(member, self.pool, answer.text)

    async def _merge(self, iteration: int, random: Random) -> Decision | None:
        """After a success, try to combine two lineages; None when nothing is due or no pair complements another."""
        due, self._merge_due = self._merge_due, False
        if not due or self._merges >= self.settings.merges:
            return None
        pair = merge.propose(self.pool.descents(), list(self.pool.frontier.weights()), frozenset(self._tried), random)
        if pair is None:
            return None
        self._merges += 1
        self._tried.add(pair.child.id)
        one, other = self.pool.members[pair.one], self.pool.members[pair.other]
        sample = merge.subsample(one.scores, other.scores, MERGE_TASKS, random)
        before = max(sum(parent.scores[position] for position in sample) for parent in (one, other))
        after = await self._scored(pair.child, [self.suite.val[position] for position in sample], "merged child")
        tally = Tally(
            iteration,
            "merge",
            pair.child.parents,
            ", ".join(pair.taken),
            before=before / len(sample),
            after=after.mean,
        )
        if sum(after.values) < before:
            return tally.rejected("no_better", "below the better of its parents")
        return tally.accepted(await self._admit(pair.child, (one, other)), self.pool)

    async def _admit(self, child: Candidate, parents: Sequence[Member]) -> Member:
        scored = await self._scored(child, self.suite.val, "child on val")
        return self.pool.add(child, [parent.number for parent in parents], scored.values)

    async def _scored(self, candidate: Candidate, tasks: Sequence[Task], phase: str) -> "Scored":
        rollouts = await self.rollouts.run(self.config(candidate), tasks, phase)
        return Scored(rollouts, [self.rollouts.value(rollout) for rollout in rollouts])

    def _lesson(self, turn: Sequence[str], tasks: Sequence[Task], before: "Scored") -> tuple[Component, str | None]:
        """The first component whose turn it is and that took part, with the evidence about it."""
        cases = [
            Case(task=self.rollouts.shown(task), rollout=rollout)
            for task, rollout in zip(tasks, before.rollouts, strict=True)
        ]
        for name in turn:
            component = self._components[name]
            found = evidence(component, cases, tokens=self.settings.evidence_tokens)
            if found is not None:
                return component, found.text
        return self._components[turn[0]], None

    async def _reflect(self, iteration: int, parent: Member, component: Component, lesson: str) -> Proposal | Failure:
        request = Request(
            component=component,
            text=parent.candidate.text(component),
            evidence=lesson,
            anatomy=self.anatomy,
            tried=tuple(self._attempts[component.name][-REMEMBERED:]),
            limit=self.settings.max_text_chars,
        )
        return await reflect(request, lambda prompt: self.asking.ask(iteration, prompt), self._style)

    def _stop(self, iteration: int) -> Stopped | None:
        """Why the search ends before this iteration; None when it goes on."""
        settings, perfect = self.settings, self.settings.perfect_score
        if perfect is not None and min(self.pool.best.scores) >= perfect:
            return Stopped(reason="perfect", detail="the best candidate solves every val task")
        if self._speechless >= settings.reflection_failures:
            return Stopped(reason="reflection", detail=f"{self._speechless} reflections in a row gave no usable text")
        if self._idle >= STALLED:
            return Stopped(reason="stalled", detail=f"{STALLED} proposals in a row led to no new rollout")
        if settings.max_iterations is not None and iteration > settings.max_iterations:
            return Stopped(reason="iterations", detail=f"{settings.max_iterations} iterations are done")
        if self.decided(iteration):
            return None
        rollouts = 2 * min(settings.minibatch, len(self.suite.train)) + len(self.suite.val)
        shortage = self.rollouts.ledger.shortage(rollouts, 2, self.rollouts.journal.seconds)
        return None if shortage is None else Stopped(reason="budget", detail=shortage)


@dataclass(frozen=True)
class Scored:
    """Rollouts of one candidate and what each counts."""

    rollouts: Sequence[Rollout]
    values: Sequence[float]

    @property
    def mean(self) -> float:
        """Mean of the values."""
        return sum(self.values) / len(self.values)
