"""Laws of the final choice: the chance of being better, shrunken means, contenders, halving."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gepa_agents.parts.statistics.chance import better
from gepa_agents.parts.statistics.contest import MOST, Scoreboard, halved, share
from gepa_agents.parts.statistics.shrinkage import estimates

SCORE = st.integers(0, 8).map(lambda eighths: eighths / 8)
DIFFERENCES = st.lists(st.integers(-8, 8).map(lambda eighths: eighths / 8), max_size=20)


@st.composite
def boards(draw: st.DrawFn, gaps: bool = False) -> list[list[float | None]]:
    """Rows of 1 to 7 candidates on 1 to 12 tasks; with `gaps`, all but the first were run on some of them only."""
    tasks = draw(st.integers(1, 12))
    cell = st.none() | SCORE if gaps else SCORE
    rows = [draw(st.lists(SCORE, min_size=tasks, max_size=tasks))]
    rows += draw(
        st.lists(
            st.lists(cell, min_size=tasks, max_size=tasks).filter(lambda row: any(one is not None for one in row)),
            max_size=6,
        )
    )
    return rows  # type: ignore[return-value]


@given(DIFFERENCES)
def test_the_chance_of_being_better_is_fair(differences):
    """Turned around, the chances add up to 1; the order of tasks is nothing; a stretched scale is nothing."""
    chance = better(differences)
    assert 0 <= chance <= 1
    assert chance + better([-one for one in differences]) == pytest.approx(1)
    assert better(list(reversed(differences))) == pytest.approx(chance)
    assert better([one * 100 for one in differences]) == pytest.approx(chance)


@given(DIFFERENCES)
def test_a_task_won_raises_the_chance(differences):
    """A further task won as clearly as any speaks for a candidate that is not ahead already."""
    loudest = max(map(abs, differences), default=0) or 1.0
    if sum(differences) <= 0:
        assert better([*differences, loudest]) >= better(differences) - 1e-9


@given(DIFFERENCES)
def test_the_chance_is_on_the_side_of_the_sum(differences):
    """Above a half exactly when more was won than lost."""
    assert (better(differences) > 0.5 + 1e-12) == (sum(differences) > 0)


@given(boards())
def test_shrinking_keeps_the_order_and_the_pools_mean(rows):
    """With complete rows the means are the plain ones, expected means have their order, and lie between them and the
    pool's mean."""
    found = estimates(rows)
    means = [sum(row) / len(row) for row in rows]
    centre = sum(means) / len(means)
    for mean, one in zip(means, found, strict=True):
        assert one.mean == pytest.approx(mean, abs=1e-6)
        assert min(mean, centre) - 1e-6 <= one.expected <= max(mean, centre) + 1e-6
    for mean, one in zip(means, found, strict=True):
        for other, two in zip(means, found, strict=True):
            if mean >= other:
                assert one.expected >= two.expected - 1e-6


@given(boards(gaps=True))
def test_estimates_do_not_depend_on_the_order_of_candidates(rows):
    """The pool turned around gives the same estimates, turned around."""
    forth, back = estimates(rows), list(reversed(estimates(list(reversed(rows)))))
    for one, two in zip(forth, back, strict=True):
        assert (one.mean, one.expected) == pytest.approx((two.mean, two.expected), abs=1e-3)


@given(boards(gaps=True), st.floats(-3, 3))
def test_estimates_move_with_the_scale(rows, shift):
    """A metric that gives everybody so much more moves every estimate by as much."""
    moved = [[None if score is None else score + shift for score in row] for row in rows]
    for one, two in zip(estimates(rows), estimates(moved), strict=True):
        assert two.mean - one.mean == pytest.approx(shift, abs=1e-3)
        assert two.expected - one.expected == pytest.approx(shift, abs=1e-3)


@given(boards(), st.data())
def test_the_level_of_further_tasks_is_nothing(rows, data):
    """Further tasks say who is better: were they easier or harder for all, no estimate would change."""
    some = data.draw(st.sets(st.integers(0, len(rows) - 1)))
    scores = {number: data.draw(SCORE) for number in some}
    count = len(rows[0])
    expected = []
    for shift in (0.0, 5.0):
        wider = [[*row, scores[n] + shift if n in scores else None] for n, row in enumerate(rows)]
        expected.append([one.expected for one in estimates(wider, count=count)])
    assert expected[1] == pytest.approx(expected[0], abs=1e-3)


@given(boards(gaps=True))
def test_the_leader_is_a_contender_and_there_are_few(rows):
    """Somebody is left in any case, nobody twice, and never more than a few."""
    board = Scoreboard(rows, len(rows[0]))
    found = board.contenders()
    assert found[0] == board.ranked()[0]
    assert len(set(found)) == len(found) <= MOST
    assert board.contenders(found, halved(len(found))) == found[: halved(len(found))] or len(found) == 1


@given(boards())
def test_who_is_nowhere_ahead_of_the_baseline_is_never_preferred(rows):
    """A candidate that scores as the baseline or worse on every task does not rank before it."""
    board = Scoreboard(rows, len(rows[0]))
    order = board.ranked()
    for number, row in enumerate(rows):
        if number and all(one <= two for one, two in zip(row, rows[0], strict=True)):
            assert order.index(0) < order.index(number)


@given(st.integers(2, 50), st.integers(0, 500))
def test_halving_ends_with_one_and_spends_no_more_than_given(alive, rollouts):
    """The shares of all rounds add up to at most what there is, and one is left."""
    left = rollouts
    while alive > 1:
        took = share(alive, left)
        assert 0 <= took <= left
        left -= took
        alive = halved(alive)
    assert share(alive, left) == 0


def test_a_candidate_without_a_score_is_refused():
    """Nothing can be said of it."""
    with pytest.raises(ValueError, match="every candidate needs a score"):
        estimates([[1.0, 0.0], [None, None]])
    with pytest.raises(ValueError, match="every candidate needs a score"):
        estimates([[1.0, 0.0], [None, 1.0]], count=1)
