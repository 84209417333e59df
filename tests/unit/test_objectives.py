"""What a rollout counts for beside its score, and the columns of the frontier that come of it."""

from math import inf
from pathlib import Path

import pytest
from pydantic import ValidationError

from gepa_agents.loop.optimize import optimize
from gepa_agents.loop.result import Result
from gepa_agents.parts.frontier.objectives import Measures, check, columns, objectives
from gepa_agents.parts.frontier.pareto import Frontier
from gepa_agents.words.errors import ConfigError
from gepa_agents.words.rollout import Fault, Rollout, Score
from gepa_agents.words.settings import Budget, Settings
from gepa_agents.words.trajectory import ModelStep, NodeStep, ToolStep, Trajectory
from gepa_agents.words.usage import Usage
from tests.landscape import Landscape, reflect, suite
from tests.landscape import metric as landscape_metric
from tests.timeless import TIMES


def rollout(score: Score | None = None, usd: float = 0.25, unpriced: int = 0, tokens: int = 120) -> Rollout:
    """Two model calls and three tool runs, of which one raised, in one node and a second and a half."""
    steps = (
        NodeStep(node="agent", started=0, seconds=1.5),
        ModelStep(node="agent", started=0, seconds=0.5),
        *(
            ToolStep(node="agent", started=0.5, seconds=0.1, tool="find", error=error)
            for error in (None, "E: no", None)
        ),
        ModelStep(node="agent", started=1, seconds=0.5),
    )
    usage = Usage(calls=2, input_tokens=tokens - 20, output_tokens=20, usd=usd, unpriced_calls=unpriced)
    return Rollout(
        candidate="c", task="t", trajectory=Trajectory(steps=steps, seconds=1.5), score=score, usage=usage,
        fault=None if score else Fault(kind="agent", message="E: broken"),
    )  # fmt: skip


def settings(frontier: str = "tasks", *names: str) -> Settings:
    """Settings with this frontier."""
    return Settings.model_validate({"frontier": frontier, "objectives": names})


def test_a_trace_has_objectives_for_nothing():
    """Tokens, dollars, seconds, steps and tool errors, all turned so that higher is better; a node is no step."""
    assert objectives(rollout(Score(value=0.5))) == {
        "score": 0.5, "tokens": -120, "usd": -0.25, "seconds": -1.5, "steps": -5, "tool_errors": -1,
    }  # fmt: skip


def test_money_is_unknown_while_a_price_is():
    """One call without a known price, and dollars are no objective; a judge's dollars are not the agent's."""
    judged = Score(value=0.5, usage=Usage(calls=1, usd=9.0))
    assert objectives(rollout(judged))["usd"] == -0.25
    assert "usd" not in objectives(rollout(judged, unpriced=1))


def test_the_metric_adds_objectives_and_may_replace_a_trace_s():
    """What the metric says of `tokens` counts instead of what the trace says."""
    found = objectives(rollout(Score(value=0.5, objectives={"tact": 0.75, "tokens": -7.0})))
    assert (found["tact"], found["tokens"], found["score"]) == (0.75, -7.0, 0.5)


@pytest.mark.parametrize("wrong", [{"score": 1.0}, {"tact": float("nan")}, {"tact": inf}])
def test_an_objective_is_a_finite_number_with_a_name_of_its_own(wrong: dict[str, float]):
    """Neither NaN nor infinity can be compared, and `score` is the value."""
    with pytest.raises(ValidationError):
        Score(value=0.5, objectives=wrong)


def test_a_fault_is_not_cheap():
    """A rollout that broke has the failure score and nothing else, however few tokens it took."""
    assert objectives(rollout(None), failure_score=-1.0) == {"score": -1.0}
    measures = Measures(2).updated({0: objectives(rollout(None)), 1: objectives(rollout(Score(value=1)))})
    assert measures.means()["tokens"] == -120


def test_where_a_candidate_was_not_run_it_does_as_the_one_it_came_from():
    """Measures of some tasks replace the parent's there, all of them, and leave the parent's own alone."""
    parent = Measures(3).updated({n: {"score": 0.0, "tokens": -100.0, "tact": 0.5} for n in range(3)})
    child = parent.updated({1: {"score": 1.0, "tokens": -40.0}})
    assert child.means() == {"tact": 0.5, "tokens": -80.0}
    assert parent.means() == {"tact": 0.5, "tokens": -100.0}
    assert child.updated({n: {"score": 0.0} for n in range(3)}).means() == {}


def test_a_frontier_has_tasks_or_objectives_or_both_for_columns():
    """Tasks are the paper's way; the mean score is the first objective; one that is missing is the worst."""
    scores, measures = (0.25, 0.75), Measures(2).updated({0: {"tokens": -60.0}, 1: {"tokens": -100.0}})
    assert columns(scores, measures, settings()) == scores
    assert columns(scores, measures, settings("objectives", "tokens", "tact")) == [0.5, -80, -inf]
    assert columns(scores, measures, settings("both", "tokens")) == [0.25, 0.75, 0.5, -80]


def test_a_cheap_candidate_is_built_on_only_if_objectives_steer():
    """Worse on every task but cheaper: no place on a frontier of tasks, one on a frontier of objectives."""
    pool = [((1.0, 0.5), -900.0), ((0.5, 0.25), -90.0), ((0.25, 0.25), -100.0)]
    for chosen, expected in (
        (settings(), {0: 2}),
        (settings("objectives", "tokens"), {0: 1, 1: 1}),
        (settings("both", "tokens"), {0: 3, 1: 1}),
    ):
        frontier = Frontier()
        for scores, tokens in pool:
            measures = Measures(2).updated({0: {"tokens": tokens}})
            frontier.add(columns(scores, measures, chosen), sum(scores) / 2)
        assert frontier.weights() == expected
        assert frontier.best == 0


@pytest.mark.parametrize(("frontier", "names"), [("tasks", ("tokens",)), ("objectives", ()), ("both", ())])
def test_objectives_and_frontier_must_fit(frontier: str, names: tuple[str, ...]):
    """Objectives that would steer nothing, and a frontier of objectives without one, are said at once."""
    with pytest.raises(ValidationError, match="objectives"):
        settings(frontier, *names)


def test_an_objective_that_no_rollout_has_is_refused():
    """A misspelt name is answered with the names there are; dollars without prices with the reason."""
    baseline = [rollout(Score(value=0.5, objectives={"tact": 1.0}), unpriced=1), rollout(None)]
    check(settings("both", "tact", "tokens"), baseline)
    with pytest.raises(
        ConfigError, match="no rollout of the baseline has `tokns`; there are seconds, steps, tact, tok"
    ):
        check(settings("both", "tokns"), baseline)
    with pytest.raises(ConfigError, match=r"`usd` \(no price is known for its models\)"):
        check(settings("both", "usd"), baseline)


def tuned(folder: Path | None = None, **options: object) -> Result:
    """A search of the landscape, whose rules make texts longer, so that a better candidate takes more tokens."""
    return optimize(
        Landscape(),
        suite(),
        metric=landscape_metric,
        reflection_lm=reflect,
        budget=Budget(rollouts=160),
        settings=Settings.model_validate(options),
        run=folder,
    )


@pytest.mark.parametrize("frontier", ["objectives", "both"])
def test_a_search_can_be_steered_by_objectives(frontier: str):
    """The baseline is the shortest, so it stays on the frontier however badly it scores; and the seed still decides."""
    results = [tuned(frontier=frontier, objectives=["tokens"]) for _ in range(2)]
    assert results[0].model_dump(exclude=TIMES) == results[1].model_dump(exclude=TIMES)
    baseline, *others = results[0].candidates
    assert baseline.on_frontier
    assert not tuned().candidates[0].on_frontier
    assert all(one.objectives["tokens"] < baseline.objectives["tokens"] for one in others)
    assert results[0].choice.number > 0


def test_every_candidate_has_its_mean_objectives():
    """Tokens, seconds, steps and tool errors are there without a word in the settings; dollars only with prices."""
    result = tuned()
    for scores in result.candidates:
        assert set(scores.objectives) == {"tokens", "seconds", "steps", "tool_errors"}
        assert scores.objectives["steps"] == -3
    assert result.choose("fewest tokens").texts == {}
    assert result.choose("shortest prompt within 0 % of best") == result.choose("best")


def test_a_run_steered_by_seconds_is_resumed_as_it_was(tmp_path: Path):
    """What a clock said is in the journal: read again, it decides the same, to the last digit."""
    first = tuned(tmp_path, frontier="both", objectives=["seconds"], max_iterations=6)
    again = tuned(tmp_path, frontier="both", objectives=["seconds"], max_iterations=6)
    assert again.candidates == first.candidates


def test_a_misspelt_objective_ends_the_run_before_it_searches():
    """It is said after the baseline, which shows what there is."""
    with pytest.raises(ConfigError, match="has `token`; there are seconds, steps, tokens, tool_errors"):
        tuned(frontier="both", objectives=["token"])
