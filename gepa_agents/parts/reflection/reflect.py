"""One reflection: ask, read, guard, and at most one round of repair."""

from collections.abc import Awaitable, Callable
from typing import Literal

from gepa_agents.parts.reflection import prompt
from gepa_agents.parts.reflection.answer import rules, tagged
from gepa_agents.parts.reflection.guards import Guards, repeated
from gepa_agents.ports.language_model import Completion
from gepa_agents.ports.reflection import Malformed, Proposal, Request, Style
from gepa_agents.words.frozen import Frozen

__all__ = ["Ask", "Brief", "Failure", "Standard", "Style", "reflect"]

Ask = Callable[[str], Awaitable[Completion]]
"""Puts a prompt to the reflection model."""


class Failure(Frozen):
    """A reflection that came to nothing, after its repair."""

    reason: Literal["reflection", "guard"]
    """`reflection`: the answer could not be read. `guard`: its text broke a rule."""
    detail: str
    text: str = ""
    """The text that broke the rule."""
    unchanged: bool = False
    """Whether it is the text that was there before: the model has nothing to add."""


class Standard:
    """The full prompt; a diagnosis and the whole new text come back."""

    def prompt(self, request: Request) -> str:
        return prompt.standard(request)

    def parse(self, request: Request, answer: str) -> Proposal | Malformed:
        return tagged(request, answer)


class Brief:
    """The short prompt for small models; rules come back and are added to the text."""

    def prompt(self, request: Request) -> str:
        return prompt.brief(request)

    def parse(self, request: Request, answer: str) -> Proposal | Malformed:
        return rules(request, answer)


async def reflect(request: Request, ask: Ask, style: Style, guards: Guards | None = None) -> Proposal | Failure:
    """A new text for the component, or why there is none. Whatever `ask` raises comes out."""
    guards = guards or Guards()
    question = style.prompt(request)
    completion = await ask(question)
    outcome = _checked(request, completion, style, guards)
    problem = outcome.detail if isinstance(outcome, Failure) else repeated(request, outcome.text)
    if problem is None:
        return outcome
    completion = await ask(prompt.repair(question, completion.text, problem))
    return _checked(request, completion, style, guards)


def _checked(request: Request, completion: Completion, style: Style, guards: Guards) -> Proposal | Failure:
    if completion.truncated:
        return Failure(reason="reflection", detail="the answer was cut off at the model's length limit")
    answer = style.parse(request, completion.text)
    if isinstance(answer, Malformed):
        return Failure(reason="reflection", detail=answer.reason)
    problem = guards.refusal(request, answer.text)
    if problem is not None:
        unchanged = answer.text.split() == request.text.split()
        return Failure(reason="guard", detail=problem, text=answer.text, unchanged=unchanged)
    return answer.model_copy(update={"flags": guards.flags(request, answer.text)})
