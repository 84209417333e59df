"""Has texts rewritten by the reflection model: one after a lesson, or two of different lineages into one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from gepa_agents.loop.asking import Asking
from gepa_agents.loop.lessons import Lesson
from gepa_agents.loop.memory import Memory
from gepa_agents.loop.plan import Plan
from gepa_agents.parts.reflection.guards import Guards
from gepa_agents.parts.reflection.reflect import Failure, reflect
from gepa_agents.ports.language_model import Completion
from gepa_agents.ports.reflection import Proposal, Request, Style
from gepa_agents.words.candidate import Candidate
from gepa_agents.words.component import Anatomy
from gepa_agents.words.settings import Settings


@dataclass(frozen=True)
class Reflecting:
    """Everything that it takes to ask for a text."""

    anatomy: Anatomy
    asking: Asking
    memory: Memory
    style: Style
    guards: Guards
    settings: Settings

    async def rewrite(self, plan: Plan, parent: Candidate, lessons: Sequence[Lesson]) -> list[Proposal | Failure]:
        """A new text for each lesson's component, or why there is none, in the order of the lessons."""
        requests = [
            Request(
                component=lesson.component,
                text=parent.text(lesson.component),
                evidence=lesson.evidence,
                contrast=lesson.contrast,
                anatomy=self.anatomy,
                tried=self.memory.attempts(lesson.component.name, plan.known),
                limit=self.settings.max_text_chars,
                growth=self.settings.max_growth,
                rollouts=lesson.rollouts,
            )
            for lesson in lessons
        ]
        return await self._asked(plan, requests)

    async def combine(self, plan: Plan, texts: tuple[str, str], lessons: tuple[Lesson, Lesson]) -> Proposal | Failure:
        """One text that keeps the lessons of two, which different lineages gave to the same component."""
        one, other = lessons
        request = Request(
            component=one.component,
            text=texts[0],
            other=texts[1],
            evidence=one.evidence,
            other_evidence=other.evidence,
            anatomy=self.anatomy,
            limit=self.settings.max_text_chars,
            growth=self.settings.max_growth,
            rollouts=(*one.rollouts, *other.rollouts),
        )
        return (await self._asked(plan, [request]))[0]

    async def _asked(self, plan: Plan, requests: Sequence[Request]) -> list[Proposal | Failure]:
        rounds = [_Round(self.asking, plan) for _ in requests]
        answers = await asyncio.gather(
            *(
                reflect(request, one.ask, self.style, self.guards)
                for request, one in zip(requests, rounds, strict=True)
            ),
            return_exceptions=True,
        )
        plan.turn.spent.extend(key for one in rounds for key in one.keys)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return [answer for answer in answers if not isinstance(answer, BaseException)]


@dataclass
class _Round:
    """The questions of one reflection, and under which keys they are paid for."""

    asking: Asking
    plan: Plan
    keys: list[str] = field(default_factory=list[str])

    async def ask(self, prompt: str) -> Completion:
        completion = await self.asking.ask(self.plan.iteration, prompt, self.plan.turn, self.keys)
        self.keys.append(self.asking.key(self.plan.iteration, prompt))
        return completion
