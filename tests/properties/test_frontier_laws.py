"""What must hold of the frontier, whatever the scores and in whatever order they come."""

from collections import Counter
from itertools import permutations
from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gepa_agents.parts.frontier.pareto import Frontier, dominates

GRIDS = (
    st.sampled_from([0.0, 1.0]),
    st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    st.floats(-1e3, 1e3),
    st.sampled_from([1.0, 1.0 + 2**-52, 1e-20, -1e-20, 0.0, -0.0]),
)
"""Scores that tie everywhere, often, hardly ever, and only by rounding."""


def pools(most=8, widest=6, least=1):
    """Pools of rows of one width."""
    return st.tuples(st.integers(1, widest), st.sampled_from(GRIDS)).flatmap(
        lambda drawn: st.lists(st.tuples(*[drawn[1]] * drawn[0]), min_size=least, max_size=most)
    )


rows = pools()


def frontier(scores):
    """The frontier, its rows added one after the other."""
    built = Frontier()
    for row in scores:
        built.add(row)
    return built


def defined(scores, means=None):
    """The weights by definition, with no regard to cost."""
    tops = [max(column) for column in zip(*scores, strict=True)]
    means = means or [fsum(row) / len(row) for row in scores]
    weights = {}
    for number, row in enumerate(scores):
        wins = sum(score == top for score, top in zip(row, tops, strict=True))
        dominated = any(dominates(other, row) for other in scores)
        equals = [other for other, mean in zip(scores, means, strict=True) if mean == means[number]]
        if wins and not dominated:
            weights[number] = wins
        elif means[number] == max(means) and not any(dominates(other, row) for other in equals):
            weights[number] = 1
    return weights


@given(rows)
def test_dominance_is_a_strict_order(scores):
    """Nothing dominates itself, no two dominate each other, and dominance carries over."""
    for a in scores:
        assert not dominates(a, a)
        for b in scores:
            assert not (dominates(a, b) and dominates(b, a))
            for c in scores:
                assert not (dominates(a, b) and dominates(b, c)) or dominates(a, c)


@given(rows)
def test_the_frontier_is_what_its_definition_says(scores):
    """Kept up to date row by row, it has the weights that the definition gives for all rows at once."""
    built = frontier(scores)
    assert built.weights() == defined(scores)
    assert len(built) == len(built.weights())
    assert [built.mean(number) for number in range(len(scores))] == [fsum(row) / len(row) for row in scores]


@given(rows)
def test_ties_never_vanish(scores):
    """Candidates with equal scores are either all on the frontier, with equal weights, or none of them is."""
    weights = frontier(scores).weights()
    for i, a in enumerate(scores):
        for j, b in enumerate(scores):
            if a == b:
                assert weights.get(i) == weights.get(j)


@given(rows)
def test_the_best_mean_is_always_selectable(scores):
    """However few tasks it is best on, the candidate with the best mean keeps a weight."""
    built = frontier(scores)
    assert built.mean(built.best) == max(fsum(row) / len(row) for row in scores)
    assert built.weights()[built.best] > 0


@given(st.data(), rows)
def test_a_mean_of_another_kind_decides_who_is_best(data, scores):
    """Where the columns are not what candidates are judged by, the mean that is given says who stays selectable."""
    means = [data.draw(st.sampled_from([0.0, 0.5, 1.0])) for _ in scores]
    built = Frontier()
    for row, mean in zip(scores, means, strict=True):
        built.add(row, mean)
    assert built.weights() == defined(scores, means)
    assert means[built.best] == max(means)
    assert built.best in built.weights()


@given(rows)
def test_who_is_best_alone_on_a_task_is_on_the_frontier(scores):
    """A candidate that no other reaches on some task can't be dominated."""
    weights = frontier(scores).weights()
    for task in range(len(scores[0])):
        top = max(row[task] for row in scores)
        winners = [number for number, row in enumerate(scores) if row[task] == top]
        if len(winners) == 1:
            assert winners[0] in weights


@given(rows)
def test_nobody_on_the_frontier_is_dominated(scores):
    """Every candidate with a weight is dominated by none."""
    for number in frontier(scores).weights():
        assert not any(dominates(other, scores[number]) for other in scores)


@given(pools(most=4, widest=4))
def test_the_order_of_arrival_does_not_matter(scores):
    """The same rows get the same weights in whatever order they come, and the best is one of the same rows."""

    def weighted(order):
        built = frontier(order)
        return Counter((order[number], weight) for number, weight in built.weights().items())

    expected = weighted(scores)
    best = {scores[number] for number in frontier(scores).weights()}
    for order in permutations(scores):
        assert weighted(order) == expected
        assert order[frontier(order).best] in best


@given(st.data(), rows)
def test_a_newcomer_removes_only_whom_it_dominates(data, scores):
    """Adding a candidate takes nobody off the frontier but those it dominates or outdoes on all their best tasks."""
    newcomer = tuple(data.draw(st.sampled_from([0.0, 0.25, 0.5, 1.0])) for _ in scores[0])
    built = frontier(scores)
    before = built.weights()
    tops = [max(column) for column in zip(*scores, strict=True)]
    built.add(newcomer)
    for number in set(before) - set(built.weights()):
        held = [task for task, top in enumerate(tops) if scores[number][task] == top]
        assert dominates(newcomer, scores[number]) or all(newcomer[task] > scores[number][task] for task in held)


@given(st.data(), pools(least=2))
def test_a_revised_frontier_is_the_one_built_anew(data, scores):
    """After any revisions and additions, in any order, the outcome is that of adding the latest rows alone."""
    built = frontier(scores)
    latest = list(scores)
    for _ in range(data.draw(st.integers(1, 6))):
        row = tuple(data.draw(st.permutations(latest))[0][column] for column in range(len(scores[0])))
        row = tuple(data.draw(st.sampled_from([score, 0.0, 1.0])) for score in row)
        if data.draw(st.booleans()):
            number = data.draw(st.integers(0, len(latest) - 1))
            built.revise(number, row)
            latest[number] = row
        else:
            latest.append(row)
            assert built.add(row) == len(latest) - 1
        assert built.weights() == frontier(latest).weights() == defined(latest)
        assert built.best == frontier(latest).best


def test_a_row_of_another_width_is_refused():
    """A candidate that was scored on other columns can't be compared, and the frontier stays as it was."""
    built = frontier([(0.0, 1.0)])
    for change in (lambda: built.add((1.0,)), lambda: built.revise(0, (1.0, 1.0, 1.0))):
        with pytest.raises(ValueError, match="those before it have 2"):
            change()
    assert built.weights() == {0: 2}
