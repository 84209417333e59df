"""A result is asked for a configuration in words, and gives the one that serves them."""

import pytest

from gepa_agents.loop.result import Choice, Result, Scores, Spent
from gepa_agents.loop.wish import NAMES, Wish
from gepa_agents.words.component import Anatomy, Component
from gepa_agents.words.errors import ConfigError
from gepa_agents.words.events import Stopped
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.usage import Usage

COMPONENTS = (
    Component(name="a.system", kind="prompt", text="x" * 100, node="a"),
    Component(name="b.system", kind="prompt", text="y" * 100, node="b"),
)


def result(*pool: tuple[float, dict[str, str], dict[str, float]], best: int) -> Result:
    """A run that ended with these candidates: mean, changed texts, objectives."""
    candidates = tuple(
        Scores(
            number=number,
            config=GraphConfig(components=COMPONENTS, texts=texts, name=str(number)),
            parents=(),
            val=(mean, mean),
            known=(0, 1),
            on_frontier=True,
            objectives=objectives,
        )
        for number, (mean, texts, objectives) in enumerate(pool)
    )
    return Result(
        best=candidates[best].config,
        choice=Choice(
            number=best,
            candidate=candidates[best].config.candidate.id,
            leader=best,
            contenders=(best,),
            rollouts=0,
            val=candidates[best].mean,
            tasks=2,
            expected=candidates[best].mean,
        ),
        candidates=candidates,
        anatomy=Anatomy(components=COMPONENTS),
        test=None,
        stopped=Stopped(reason="budget", detail="enough"),
        spent=Spent(rollouts=0, task=Usage(), reflections=0, reflection=Usage(), seconds=0),
        folder=None,
    )


POOL = result(
    (0.50, {}, {"usd": -0.010, "tokens": -100, "steps": -2, "seconds": -9.0, "tact": 0.1}),
    (0.79, {"a.system": "A" * 20}, {"usd": -0.020, "tokens": -300, "steps": -2, "seconds": -3.0, "tool_errors": -0.5}),
    (0.80, {"a.system": "A" * 900}, {"usd": -0.040, "tokens": -900, "steps": -4, "seconds": -4.0, "tool_errors": -0.0}),
    (0.78, {"a.system": "A" * 90, "b.system": ""}, {"usd": -0.015, "tokens": -300, "steps": -2, "tact": 0.9}),
    best=2,
)


@pytest.mark.parametrize(
    ("wish", "number"),
    [
        ("best", 2),
        ("best score", 2),
        ("best within 5 % of best", 2),
        ("cheapest", 0),
        ("cheapest within 1 % of best", 2),
        ("cheapest within 1.25 % of best", 1),
        ("cheapest within 2.5% of best", 3),
        ("cheapest within 0.01 of best", 1),
        ("cheapest within .02 of best", 3),
        ("cheapest  within   100 %  of best", 0),
        ("fastest", 1),
        ("fewest tokens within 5 % of best", 1),
        ("fewest steps", 1),
        ("fewest tool errors", 2),
        ("shortest prompt", 3),
        ("shortest prompt within 2 % of best", 1),
        ("best tact", 3),
        ("best usd within 0.02 of best", 3),
    ],
)
def test_words_choose_a_candidate(wish: str, number: int) -> None:
    """Among those who score well enough, the best by what counts; of equals the better score, then the earlier."""
    assert POOL.choose(wish).name == str(number)


@pytest.mark.parametrize(
    "wish",
    ["", "cheap", "Cheapest", "cheapest within", "cheapest within 1 % of worst", "cheapest within -1 % of best",
     "fewest", "within 1 % of best", "cheapest or fastest", "tokens", "best tact within reach of best"],
)  # fmt: skip
def test_what_is_not_understood_lists_what_is(wish: str) -> None:
    """Nothing is guessed: the sentence shows every form there is."""
    with pytest.raises(ConfigError, match="is no wish; write") as refused:
        POOL.choose(wish)
    assert all(f"`{name}`" in str(refused.value) for name in NAMES)
    assert "`within 1 % of best`" in str(refused.value)


def test_an_objective_that_nobody_has_lists_those_there_are() -> None:
    """A misspelt objective, or money where no price is known, is said with what is known."""
    with pytest.raises(ConfigError, match=r"no candidate has the objective `tacct`; known are score, seconds, steps"):
        POOL.choose("best tacct")
    unpriced = result((0.5, {}, {"tokens": -1.0}), best=0)
    with pytest.raises(ConfigError, match="`usd`, since no price is known for its models; known are score, tokens"):
        unpriced.choose("cheapest within 1 % of best")


def test_an_objective_that_only_poor_candidates_have_is_said() -> None:
    """Where those who score well enough lack the objective, nobody is chosen in their place."""
    with pytest.raises(ConfigError, match="no candidate that scores so well has the objective `tact`"):
        POOL.choose("best tact within 1 % of best")


def test_a_share_of_a_score_below_zero_is_below_it() -> None:
    """Metrics that count losses work alike: a tenth of -10 leaves room down to -11."""
    assert Wish.parse("cheapest within 10 % of best").floor(-10.0) == pytest.approx(-11)
    assert Wish.parse("cheapest within 2 of best").floor(-10.0) == pytest.approx(-12)
