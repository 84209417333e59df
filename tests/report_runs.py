"""Runs of every kind that a report must tell, made by really optimizing, and what they are called."""

from collections.abc import Callable
from pathlib import Path

from gepa_agents import Budget, Review, Rollout, Score, Settings, Task, Usage, Verdict, optimize
from tests.landscape import Landscape, metric, reflect, suite


class Person:
    """A reviewer who refuses everything from the second proposal on."""

    def __init__(self) -> None:
        self.asked = 0

    async def review(self, _review: Review, /) -> Verdict:
        self.asked += 1
        return Verdict(verdict="accept") if self.asked == 1 else Verdict(verdict="reject", reason="too vague for us")


def several(task: Task, rollout: Rollout) -> Score:
    """The landscape's score, with objectives of its own."""
    score = metric(task, rollout)
    return score.model_copy(update={"objectives": {"brevity": -float(len(rollout.text)), "rules": score.value * 3}})


def priced(task: Task, rollout: Rollout) -> Score:
    """The landscape's score, by a judge whose price is known."""
    return metric(task, rollout).model_copy(update={"usage": Usage(calls=1, input_tokens=200, usd=0.002)})


def reviewed(folder: Path) -> None:
    """A person stood beside it and refused."""
    _optimized(folder, reviewer=Person())


def objectives(folder: Path) -> None:
    """Several objectives counted."""
    _optimized(folder, several, frontier="both", objectives=("brevity", "rules"))


def unbeaten(folder: Path) -> None:
    """The reflection model has no idea that helps."""
    _optimized(folder, reflection=lambda _prompt: "<diagnosis>Hm.</diagnosis><text>You are here. Do well.</text>")


def paid(folder: Path) -> None:
    """Every price is known."""
    _optimized(folder, priced)


def stopped(folder: Path) -> None:
    """The reflection model stops answering in the middle of it."""
    answers = 0

    def tired(prompt: str) -> str:
        nonlocal answers
        answers += 1
        if answers > 4:
            raise ConnectionError("the provider is gone")
        return reflect(prompt)

    _optimized(folder, reflection=tired, reflection_failures=2)


def _optimized(
    folder: Path,
    measure: Callable[[Task, Rollout], Score] = metric,
    reflection: Callable[[str], str] = reflect,
    reviewer: Person | None = None,
    **settings: object,
) -> None:
    optimize(
        Landscape(),
        suite(),
        metric=measure,
        reflection_lm=reflection,
        budget=Budget(rollouts=160),
        settings=Settings.model_validate({"max_iterations": 10, **settings}),
        run=folder,
        reviewer=reviewer,
    )
