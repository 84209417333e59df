"""GEPA's search, from top to bottom (arXiv 2507.19457, Algorithm 1, with the merges of Algorithm 4).

It plans and decides; `Trials` carries out, `Rollouts` and `Asking` run, ask, keep and pay. A step is planned from what
was decided before it, carried out beside others, and decided on in its turn. So every decision is a function of the
seed and of what rollouts and reflections returned, and a run that is replayed from its journal decides the same.
"""

import fnmatch
import json
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import Any

from gepa_agents.loop.asking import Asking, NoAnswer
from gepa_agents.loop.estimate import estimate
from gepa_agents.loop.lessons import Lessons
from gepa_agents.loop.memory import Memory
from gepa_agents.loop.pipeline import Pipeline
from gepa_agents.loop.plan import Plan
from gepa_agents.loop.pool import Pool
from gepa_agents.loop.reflecting import Reflecting
from gepa_agents.loop.replay import Replay
from gepa_agents.loop.reviewing import Reviewing
from gepa_agents.loop.rollouts import Rollouts
from gepa_agents.loop.tally import Decision, Outcome
from gepa_agents.loop.trials import SEEN, Trials
from gepa_agents.parts.feedback.diagnosis import Diagnosis
from gepa_agents.parts.frontier import merge
from gepa_agents.parts.frontier.admission import Racing, Whole
from gepa_agents.parts.frontier.selection import ByBlame, ByWins, Minibatches, ParentSelection, RoundRobin
from gepa_agents.parts.reflection.guards import Guards
from gepa_agents.parts.reflection.reflect import Brief, Standard
from gepa_agents.ports.check import Check
from gepa_agents.ports.reflection import Attempt, Style
from gepa_agents.ports.reviewer import Reviewer
from gepa_agents.words.candidate import Candidate
from gepa_agents.words.case import Case
from gepa_agents.words.component import Anatomy, Component
from gepa_agents.words.errors import BudgetError, GepaError
from gepa_agents.words.events import Confirmed, Stopped
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.settings import Settings
from gepa_agents.words.suite import TaskSuite

SLOWED = 2
"""So many proposals in a row that came to nothing have the next ones rewrite one component at a time."""
DOUBTED = 4
"""So many proposals in a row that came to nothing put the leader's scores, where they are only assumed, in doubt."""
STALLED = 10
"""So many proposals in a row that had nothing new to try end the search."""


Work = Callable[[], Coroutine[Any, Any, Outcome]]
"""Begun when its turn comes, for a step that is called off before must leave nothing half begun."""


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
    """Told each decision with its iteration (1, 2, …), in order, before anything is planned that builds on it."""
    parents: ParentSelection = field(default_factory=ByWins)
    style: Style | None = None
    """How the reflection model is asked; None for the settings' way."""
    checks: Sequence[Check] = ()
    """The user's own."""
    stored: Sequence[Case] = ()
    """Runs of before this search, for the first reflections."""
    reviewer: Reviewer | None = None
    """Has a say in what joins the pool."""

    def __post_init__(self) -> None:
        self.pool = Pool(self.settings)
        self.memory = Memory()
        limits = [self.rollouts.ledger.budget.model_dump(), self.settings.max_iterations]
        self.replay = Replay(self.rollouts, self.asking, json.dumps(limits))
        self.trials = self._trials()
        self.reviewing = Reviewing(self.reviewer, self.rollouts.journal)
        self._minibatches = Minibatches(len(self.suite.train), self.settings.minibatch, self.settings.seed)
        self._decisions = self._mutations = self._speechless = self._idle = self._fruitless = 0
        self._merged: set[str] = set()
        self._confirmed: set[int] = set()
        self._merge_due = False

    def _trials(self) -> Trials:
        settings, memory = self.settings, self.memory
        components = {component.name: component for component in tunable(self.anatomy, settings)}
        order = ByBlame() if settings.component_choice == "blame" else RoundRobin()
        style = self.style or (Brief() if settings.reflection_style == "brief" else Standard())
        guards = Guards(self.suite.train)
        diagnosis = Diagnosis(self.checks, times="seconds" in settings.objectives)
        train = {task.id: task for task in self.suite.train}
        return Trials(
            self.suite,
            self.anatomy,
            self.rollouts,
            Lessons(components, order, diagnosis, memory, self.rollouts, train, settings, self.stored),
            Reflecting(self.anatomy, self.asking, memory, style, guards, settings),
            memory,
            Whole() if settings.val_block is None else Racing(),
            settings,
        )

    async def run(self, baseline: Sequence[Rollout]) -> Stopped:
        """Search from the baseline's rollouts on val until something stops it; the pool holds what was found.

        What was begun before the stop is decided, too. A used-up budget and a reflection model that does not answer
        are reasons to stop: the pool so far is worth having. Whatever else `Rollouts.run` raises comes out.
        """
        lessons = self.trials.lessons
        self.trials = replace(self.trials, lessons=lessons.beside(lessons.cases(self.suite.val, baseline)))
        self.pool.add(Candidate(), (), self.trials.found(range(len(baseline)), baseline))
        iteration = 0
        async with Pipeline[tuple[Plan, Outcome]]() as pipeline:
            while True:
                stop = None
                while len(pipeline) < self.settings.ahead and (not len(pipeline) or self._due(iteration + 1)):
                    if (stop := self._stop(iteration + 1, len(pipeline))) is not None:
                        break
                    iteration += 1
                    plan, work = self._planned(iteration)
                    pipeline.start(_together(plan, work), plan.turn.come)
                if not len(pipeline) and stop is not None:
                    return stop
                try:
                    plan, outcome = await pipeline.first()
                    self._decide(plan, await self._reviewed(plan, outcome))
                except GepaError as error:
                    # What is under way was paid for: it ends on its own, but nothing is begun.
                    with self.rollouts.ledger.held(error):
                        await pipeline.end()
                    return self._stopped(error)

    def config(self, candidate: Candidate) -> GraphConfig:
        """The candidate bound to the agent's components."""
        return self.trials.config(candidate)

    def _stopped(self, error: GepaError) -> Stopped:
        if isinstance(error, BudgetError):
            return Stopped(reason="budget", detail=str(error))
        if isinstance(error, NoAnswer):
            self.replay.reopen()
            return Stopped(reason="reflection", detail=str(error))
        raise error

    def _planned(self, iteration: int) -> tuple[Plan, Work]:
        """Decide what to do next, now; the work does it, whenever it is begun."""
        random = Random(f"{self.settings.seed}/iteration/{iteration}")
        plan = Plan(iteration, self._decisions, random, self.pool.top)
        return plan, self._confirm(plan) or self._merge(plan) or self._mutate(plan)

    def _mutate(self, plan: Plan) -> Work:
        parent = self.pool.members[self.parents.choose(self.pool.frontier.weights(), plan.random)]
        tasks = [self.suite.train[position] for position in self._minibatches.draw(self._mutations)]
        attempts = self.pool.attempts(parent)
        self._mutations += 1
        self.pool.attempted(parent)
        most = self.settings.rewrites if self._fruitless < SLOWED else 1
        return partial(self.trials.mutate, plan, parent, tasks, attempts, most)

    def _merge(self, plan: Plan) -> Work | None:
        """After a success, try to combine two lineages; None when nothing is due or no pair complements another."""
        due, self._merge_due = self._merge_due, False
        if not due or len(self._merged) >= self.settings.merges:
            return None
        tried = self.memory.ids() | self._merged
        pair = merge.propose(self.pool.descents(), list(self.pool.frontier.weights()), tried, plan.random)
        if pair is None:
            return None
        self._merged.add(pair.key)
        parents = self.pool.members[pair.one], self.pool.members[pair.other]
        return partial(self.trials.merge, plan, pair, parents)

    def _confirm(self, plan: Plan) -> Work | None:
        """When the leader seems to solve all of val, or nothing gains on it any more, run it on the rest of val."""
        best = self.pool.best
        doubted = self._solved() or self._fruitless >= DOUBTED
        if not doubted or best.complete or best.number in self._confirmed:
            return None
        self._confirmed.add(best.number)
        return partial(self.trials.confirm, plan, best)

    async def _reviewed(self, plan: Plan, outcome: Outcome) -> Outcome:
        """The outcome as a person wants it; one that another step has come to meanwhile is not worth asking about."""
        proposed = outcome.child
        if proposed is None or self.memory.tried(proposed, self._decisions):
            return outcome
        settled = await self.reviewing.settle(self.trials, plan, outcome)
        if settled.child != proposed:
            self.memory.note(self._decisions + 1, proposed)
        return settled

    def _decide(self, plan: Plan, outcome: Outcome) -> None:
        """Take what a step found out into the search; raises `BudgetError` when the budget ended on the way."""
        ledger = self.rollouts.ledger
        paid = ledger.rollouts
        if overspent := ledger.book(plan.turn.spent):
            raise BudgetError(overspent)
        if outcome.child is not None or outcome.confirmed is not None:
            self._idle = 0
        elif outcome.answered or ledger.rollouts == paid:
            self._idle += 1
        self._decisions += 1
        decision = self._decision(outcome).model_copy(update={"rollouts": ledger.rollouts, "usage": ledger.usage})
        if outcome.child is not None:
            self.memory.note(self._decisions, outcome.child)
        self.decide(plan.iteration, decision)

    def _decision(self, outcome: Outcome) -> Decision:
        if outcome.confirmed is not None:
            return self._confirmation(outcome, outcome.confirmed.number)
        self._remember(outcome)
        tally, child, refused = outcome.tally, outcome.child, outcome.refused
        # Steps that were under way at once may have come to the same child; the first one has it.
        if refused is None and child is not None and self.memory.tried(child, self._decisions):
            refused = SEEN
        self._fruitless += 1
        if refused is not None or child is None:
            return tally.rejected(*(refused or ("reflection", "")))
        member = self.pool.add(child, tally.parents, outcome.found, tally.flags)
        if self.pool.best is member:
            self._fruitless = 0
        self._merge_due = True
        return tally.accepted(member, self.pool)

    def _confirmation(self, outcome: Outcome, number: int) -> Confirmed:
        before = self.pool.members[number].mean
        member = self.pool.extend(number, outcome.found)
        return Confirmed(
            iteration=outcome.tally.iteration,
            known=outcome.tally.known,
            candidate=member.candidate.id,
            before=before,
            val=member.mean,
            best=self.pool.best.mean,
            leader=self.pool.best.candidate.id,
        )

    def _remember(self, outcome: Outcome) -> None:
        """For later reflections: what ran, and which texts were tried with which success."""
        tally = outcome.tally
        if outcome.answered is not None:
            self._speechless = 0 if outcome.answered else self._speechless + 1
        self.memory.ran(self._decisions, outcome.runs)
        if outcome.child is None or tally.after is None:
            return
        reason, said = outcome.refused or (None, "")
        for component, text in tally.texts.items():
            attempt = Attempt(
                text=text, before=tally.before or 0.0, after=tally.after, refused=said if reason == "review" else None
            )
            self.memory.attempted(self._decisions, component, attempt)

    def _due(self, iteration: int) -> bool:
        """Whether an iteration is to be planned now, as far as the journal of an earlier process says."""
        known = self.replay.known(iteration)
        return known is None or known <= self._decisions

    def _solved(self) -> bool:
        perfect = self.settings.perfect_score
        return perfect is not None and min(self.pool.best.scores) >= perfect

    def _stop(self, iteration: int, under_way: int) -> Stopped | None:
        """Why the search ends before this iteration; None when it goes on."""
        settings = self.settings
        if self._solved() and self.pool.best.complete:
            return Stopped(reason="perfect", detail="the best candidate solves every val task")
        if self._speechless >= settings.reflection_failures:
            return Stopped(reason="reflection", detail=f"{self._speechless} reflections in a row gave no usable text")
        if self._idle >= STALLED:
            return Stopped(reason="stalled", detail=f"{STALLED} proposals in a row had nothing new to try")
        if self.replay.known(iteration) is not None:
            return None  # What was decided stays decided, whatever limits say now.
        if settings.max_iterations is not None and iteration > settings.max_iterations:
            return Stopped(reason="iterations", detail=f"{iteration - 1} iterations are done")
        self.replay.end()
        steps, texts = under_way + 1, min(settings.rewrites, len(self.trials.lessons.components))
        rollouts = estimate(self.suite, settings, edits=self.reviewer is not None).accepted
        shortage = self.rollouts.ledger.shortage(steps * rollouts, steps * 2 * texts, self.rollouts.journal.seconds)
        return None if shortage is None else Stopped(reason="budget", detail=shortage)


async def _together(plan: Plan, work: Work) -> tuple[Plan, Outcome]:
    return plan, await work()
