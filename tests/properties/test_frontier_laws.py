"""What must hold of the frontier, whatever the scores."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from gepa_agents.parts.frontier.pareto import Frontier, dominates

rows = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.tuples(*[st.sampled_from([0.0, 0.25, 0.5, 1.0])] * width), min_size=1, max_size=8)
)


def frontier(scores):
    built = Frontier()
    for row in scores:
        built.add(row)
    return built


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
def test_ties_never_vanish(scores):
    """Candidates with equal scores are either all on the frontier or none of them is, but for the best mean."""
    built = frontier(scores)
    weights = built.weights()
    for i, a in enumerate(scores):
        for j, b in enumerate(scores):
            if a == b and i in weights and built.best not in (i, j):
                assert weights[i] == weights[j]


@given(rows)
def test_the_best_mean_is_always_selectable(scores):
    """However few tasks it is best on, the candidate with the best mean keeps a weight."""
    built = frontier(scores)
    best = max(sum(row) for row in scores)
    assert sum(scores[built.best]) == best
    assert built.weights()[built.best] > 0


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


@given(
    st.integers(1, 4).flatmap(
        lambda w: st.lists(st.tuples(*[st.sampled_from([0.0, 0.5, 1.0])] * w), min_size=1, max_size=4)
    )
)
def test_the_order_of_arrival_does_not_matter(scores):
    """The same rows get the same weights in whatever order they come."""

    def weighted(order):
        built = frontier(order)
        return sorted((row, weight) for row, weight in ((order[n], w) for n, w in built.weights().items()) if wins(row))

    tops = [max(column) for column in zip(*scores, strict=True)]

    def wins(row):
        return any(score == top for score, top in zip(row, tops, strict=True))

    expected = weighted(scores)
    for order in permutations(scores):
        assert weighted(list(order)) == expected


@given(rows, st.data())
def test_a_newcomer_removes_only_whom_it_dominates(scores, data):
    """Adding a candidate takes nobody off the frontier but those it dominates or outdoes on all their best tasks."""
    newcomer = data.draw(st.tuples(*[st.sampled_from([0.0, 0.25, 0.5, 1.0])] * len(scores[0])))
    built = frontier(scores)
    before = built.weights()
    tops = [max(column) for column in zip(*scores, strict=True)]
    built.add(newcomer)
    for number in set(before) - set(built.weights()):
        held = [task for task, top in enumerate(tops) if scores[number][task] == top]
        assert dominates(newcomer, scores[number]) or all(newcomer[task] > scores[number][task] for task in held)
