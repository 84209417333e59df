"""Two evaluations compared: by task, with a verdict, and with what so few tasks can't tell."""

from collections.abc import Sequence

import pytest

from gepa_agents import ConfigError, Evaluation, Rollout, Score, Settings, Usage, compare
from gepa_agents.words.rollout import Fault


def evaluation(*scores: float | None, repeats: int = 1, prefix: str = "t") -> Evaluation:
    """Rollouts with these scores, repeat after repeat; None for one that failed."""
    tasks = len(scores) // repeats
    return Evaluation.of(
        Rollout(
            candidate="0" * 12,
            task=f"{prefix}{number % tasks}",
            repeat=number // tasks,
            score=None if score is None else Score(value=score, usage=Usage(calls=1, usd=0.5)),
            fault=Fault(kind="agent", message="KeyError: x") if score is None else None,
            usage=Usage(calls=2, usd=1.0),
        )
        for number, score in enumerate(scores)
    )


def test_an_evaluation_adds_up() -> None:
    """Repeats are averaged by task, a failed rollout counts as `failure_score`, a judge's cost is in the cost."""
    found = evaluation(1.0, 0.5, None, 0.5, repeats=2)
    assert found.scores == {"t0": 0.5, "t1": 0.5}
    assert (found.mean, found.repeats, found.faults) == (0.5, 2, 1)
    assert found.usage == Usage(calls=11, usd=5.5)
    lenient = Evaluation.of(found.rollouts, Settings(failure_score=0.2))
    assert lenient.scores["t0"] == pytest.approx(0.6)
    with pytest.raises(ValueError, match="no values"):
        Evaluation.of([])


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ([0.0] * 8, [1.0] * 8, "better"),
        ([1.0] * 8, [0.0] * 8, "worse"),
        ([1.0] * 3, [0.0] * 3, "no significant difference"),
        ([1, 0, 1, 0, 1, 0, 1, 0], [1, 0, 1, 0, 1, 0, 1, 1], "no significant difference"),
        ([0.9, 0.2, 0.7, 0.4, 0.5, 0.1], [0.8, 0.1, 0.6, 0.3, 0.38, 0.0], "worse"),
    ],
)
def test_the_verdict_is_about_pairs(before: Sequence[float], after: Sequence[float], verdict: str) -> None:
    """Better, worse, or not to be told apart: by where the interval of the paired difference lies."""
    found = compare(evaluation(*before), evaluation(*after))
    assert found.verdict == verdict
    assert (found.low > 0, found.high < 0) == (verdict == "better", verdict == "worse")


def test_pairs_see_what_two_means_do_not() -> None:
    """A small loss on every task is told from chance, though the means' own intervals overlap almost wholly."""
    levels = [number / 20 for number in range(1, 20)]
    before = evaluation(*levels)
    after = evaluation(*(level - 0.02 - 0.01 * (number % 3) for number, level in enumerate(levels)))
    assert after.high > before.mean > before.low
    assert compare(before, after).verdict == "worse"


def test_tasks_that_scored_otherwise_are_named() -> None:
    """Lost and gained apart, the biggest change first; repeats are averaged before."""
    before = evaluation(1.0, 0.5, 0.0, 1.0, 1.0, 0.5, 0.0, 1.0, repeats=2)
    after = evaluation(0.0, 0.5, 1.0, 0.9, 1.0, 0.5, 0.0, 0.9, repeats=2)
    found = compare(before, after)
    assert [(one.task, one.before, one.after) for one in found.lost] == [("t0", 1.0, 0.5), ("t3", 1.0, 0.9)]
    assert [(one.task, one.after) for one in found.gained] == [("t2", 0.5)]
    assert found.tasks == 4


def test_other_tasks_are_no_comparison() -> None:
    """It needs the same tasks on both sides, and names those that are not."""
    with pytest.raises(ConfigError, match=r"not of the same tasks \(`t0`, `t1`, `t2` and more in one only\)"):
        compare(evaluation(*[1.0] * 4), evaluation(*[1.0] * 4, prefix="x"))


def test_few_tasks_hide_much() -> None:
    """Where nothing changed, a loss of what a share of unseen tasks could lose may still be there; more tasks, less."""
    found = [compare(same := evaluation(*[1.0] * tasks), same).unseen_loss for tasks in (5, 20, 100)]
    assert [round(one, 3) for one in found] == [0.522, 0.168, 0.036]
    assert compare(half := evaluation(*[0.5] * 20), half).unseen_loss == pytest.approx(found[1] / 2)
