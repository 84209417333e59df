"""Metrics on other scales than 0 to 1: the same search where the settings name the scale, else refused."""

from collections.abc import Callable
from typing import Any

import pytest

from gepa_agents import Accepted, Budget, ConfigError, Rejected, Rollout, Score, Settings, Task, optimize
from gepa_agents.loop.preconditions import scaled
from gepa_agents.parts.feedback.blame import blame
from gepa_agents.parts.feedback.cohort import Cohort
from gepa_agents.parts.feedback.diagnosis import Diagnosis
from gepa_agents.parts.feedback.evidence import evidence
from gepa_agents.words.rollout import Fault
from tests.landscape import Landscape, metric, reflect, suite
from tests.rollouts import case, prompt, said

Judge = Callable[[Task, Rollout], Score]


class Fragile(Landscape):
    """Breaks on some tasks."""

    async def run(self, task: Task, config: Any, tracer: Any) -> dict[str, list[str]]:
        """A failure where the task says so."""
        if task.id in ("t3", "t14"):
            raise ValueError("no such city")
        return await super().run(task, config, tracer)


def on(factor: float, offset: float = 0.0) -> Judge:
    """The landscape's metric on another scale."""

    def judge(task: Task, rollout: Rollout) -> Score:
        score = metric(task, rollout)
        return score.model_copy(update={"value": factor * score.value + offset})

    return judge


def course(judge: Judge, **options: Any) -> list[tuple[str, str, dict[str, str]]]:
    """What a small search tried, and what came of it."""
    events: list[Any] = []
    optimize(
        Fragile(),
        suite(),
        metric=judge,
        reflection_lm=reflect,
        budget=Budget(rollouts=400),
        settings=Settings(max_iterations=5, **options),
        observer=events.append,
    )
    return [(event.event, event.component, event.texts) for event in events if isinstance(event, Accepted | Rejected)]


@pytest.mark.parametrize(("factor", "offset"), [(128.0, 0.0), (4.0, -4.0), (8.0, -64.0)])
@pytest.mark.parametrize("known", [True, False])
def test_the_scale_of_a_metric_changes_nothing_of_the_search(factor: float, offset: float, known: bool) -> None:
    """Up to 128, below zero, and far below; without a perfect score, the best seen so far counts."""
    plain = course(on(1.0), perfect_score=1.0 if known else None)
    assert any(event == "accepted" for event, _, _ in plain)
    other = course(on(factor, offset), perfect_score=factor + offset if known else None, failure_score=offset)
    assert other == plain


@pytest.mark.parametrize("perfect", [1.0, 0.0, None])
def test_scores_below_that_of_a_failure_are_refused(perfect: float | None) -> None:
    """A metric that counts misses downwards would have an agent that breaks come out as the best."""
    with pytest.raises(
        ConfigError, match=r"gave -1 for task `t\d+`, but `failure_score` is 0: .* would count as better. Set it"
    ):
        course(on(1.0, -1.0), perfect_score=perfect)
    assert course(on(1.0, -1.0), perfect_score=0.0, failure_score=-1.0)


def test_who_names_the_score_of_a_failure_is_believed() -> None:
    """Also where some scores lie below it."""
    scaled(Settings(failure_score=0.0), [Rollout(candidate="c", task="t", score=Score(value=-0.1))])


def test_a_failure_lacks_all_that_a_solution_has() -> None:
    """Where the best is 0 as where it is 1."""
    broken = case(said("x"), score=None).model_copy(
        update={
            "rollout": case(said("x")).rollout.model_copy(
                update={"score": None, "fault": Fault(kind="agent", message="x")}
            )
        }
    )
    (found,) = blame([prompt()], [broken], solved=0.0, failed=-2.0).values()
    assert found.points == 2.0


def test_evidence_leaves_out_what_is_solved_on_its_own_scale() -> None:
    """2 of 10 is a failure, and told of as one."""
    cases = [
        case(said("word " * 600), score=Score(value=value, feedback=f"because of {name}"), name=name)
        for name, value in (("two", 2.0), ("none", 0.0), ("ten", 10.0))
    ]
    found = evidence(prompt(), cases, tokens=600, diagnosis=Diagnosis(cohort=Cohort(solved=10.0)))
    assert found is not None
    assert [name for name in ("two", "none", "ten") if f"because of {name}" in found.text] == ["two", "none"]
