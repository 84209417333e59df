"""What must hold of minibatches, parent choice, merges and intervals, whatever they are given."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gepa_agents.parts.frontier.merge import Descent, propose, subsample
from gepa_agents.parts.frontier.selection import ByWins, Minibatches, RoundRobin
from gepa_agents.parts.statistics.intervals import interval, paired
from gepa_agents.words.candidate import Candidate


@given(st.integers(1, 40), st.integers(1, 10), st.integers(0, 5))
def test_minibatches_see_every_task_in_every_epoch(tasks, size, seed):
    """A minibatch has no task twice, and as many of them as an epoch takes show every task."""
    batches = Minibatches(tasks, size, seed)
    drawn = [batches.draw(number) for number in range(-(-tasks // min(size, tasks)))]
    assert all(len(set(batch)) == len(batch) == min(size, tasks) for batch in drawn)
    assert set().union(*drawn) == set(range(tasks))


@given(st.integers(1, 30), st.integers(1, 10), st.integers(0, 5), st.integers(1, 60))
def test_no_task_is_seen_twice_more_often_than_another(tasks, size, seed, batches):
    """After any number of minibatches every task was seen as often as every other, or once more."""
    minibatches = Minibatches(tasks, size, seed)
    seen = Counter(dict.fromkeys(range(tasks), 0))
    for number in range(batches):
        seen.update(minibatches.draw(number))
        assert max(seen.values()) - min(seen.values()) <= 1


@given(st.integers(1, 20), st.integers(0, 3), st.integers(0, 30))
def test_a_minibatch_is_a_function_of_the_seed(tasks, seed, number):
    """Asked again, or by another process that starts in the middle, a minibatch is the same."""
    assert Minibatches(tasks, 3, seed).draw(number) == Minibatches(tasks, 3, seed).draw(number)


@given(st.dictionaries(st.integers(0, 50), st.integers(1, 9), min_size=1), st.integers())
def test_a_parent_is_always_on_the_frontier(weights, seed):
    """Whatever the weights, the parent is one of them."""
    assert ByWins().choose(weights, Random(seed)) in weights


def test_a_parent_is_drawn_as_often_as_it_is_best():
    """Over many iterations each candidate has its share of the tasks on which candidates are best."""
    drawn = Counter(ByWins().choose({0: 1, 4: 3, 7: 6}, Random(f"0/iteration/{number}")) for number in range(4000))
    assert {number: round(count / 4000, 1) for number, count in drawn.items()} == {0: 0.1, 4: 0.3, 7: 0.6}


@given(st.lists(st.text(min_size=1), min_size=1, unique=True), st.integers(0, 100))
def test_round_robin_takes_everybody_in_turn(names, attempts):
    """The order is a rotation, and the next attempt starts with the next component."""
    order = RoundRobin()
    now, then = order.order(names, attempts, Random(0)), order.order(names, attempts + 1, Random(0))
    assert sorted(now) == sorted(names)
    assert then[0] == now[1 % len(names)]


@st.composite
def lineages(draw):
    """A pool grown from the baseline by mutations of three components."""
    pool = [Descent(Candidate(), (), draw(st.floats(0, 1)))]
    for step in range(draw(st.integers(1, 8))):
        parent = draw(st.integers(0, len(pool) - 1))
        name = draw(st.sampled_from(["a", "b", "c"]))
        texts = {**pool[parent].candidate.texts, name: f"{name}{step}"}
        child = Candidate(texts, (pool[parent].candidate.id,))
        pool.append(Descent(child, (parent,), draw(st.floats(0, 1))))
    return pool


@given(lineages(), st.integers(0, 20))
def test_a_merge_inherits_only_from_its_parents(pool, seed):
    """Each text of a merged child is one of its parents', and where one parent kept the ancestor's, the other's."""
    merge = propose(pool, range(len(pool)), frozenset(), Random(seed))
    if merge is None:
        return
    one, other, ancestor = (pool[n].candidate.texts for n in (merge.one, merge.other, merge.ancestor))
    for name in {*one, *other, *ancestor}:
        text = merge.child.texts.get(name)
        assert text in (one.get(name), other.get(name))
        if one.get(name) == ancestor.get(name):
            assert text == other.get(name)
        if other.get(name) == ancestor.get(name):
            assert text == one.get(name)


@given(lineages(), st.integers(0, 20))
def test_a_merge_is_never_tried_twice(pool, seed):
    """A child whose texts were tried before is not proposed."""
    tried = frozenset(descent.candidate.id for descent in pool)
    merge = propose(pool, range(len(pool)), tried, Random(seed))
    assert merge is None or merge.key not in tried


def test_a_merge_works_when_the_ancestor_scored_nothing():
    """Two lines of a baseline with mean 0 merge all the same (the official engine raises here)."""
    pool = [
        Descent(Candidate(), (), 0.0),
        Descent(Candidate({"a": "A"}), (0,), 0.5),
        Descent(Candidate({"b": "B"}), (0,), 0.4),
    ]
    merge = propose(pool, [1, 2], frozenset(), Random(0))
    assert merge is not None
    assert dict(merge.child.texts) == {"a": "A", "b": "B"}


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30), st.integers(1, 9), st.integers())
def test_a_subsample_has_distinct_tasks(scores, size, seed):
    """As many distinct tasks as asked for, or all there are."""
    one, other = zip(*scores, strict=True)
    chosen = subsample(one, other, size, Random(seed))
    assert len(set(chosen)) == len(chosen) == min(size, len(scores))
    assert all(0 <= position < len(scores) for position in chosen)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_an_interval_holds_its_mean(values):
    """Low, mean and high stand in this order."""
    spread = interval(values)
    assert spread.low <= spread.mean + 1e-9
    assert spread.mean <= spread.high + 1e-9


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_no_difference_is_no_gain(values):
    """A candidate compared with itself differs by nothing, for certain."""
    same = paired(values, values)
    assert (same.low, same.mean, same.high) == (0, 0, 0)


@settings(deadline=None)
@given(st.integers(1, 30), st.sampled_from([0.0, 0.1, 1.0]), st.floats(0.01, 1))
def test_few_tasks_that_agree_prove_little(tasks, before, gain):
    """That all of them gained is a significant gain from six tasks on, as with a sign test, and never before."""
    spread = paired([before] * tasks, [before + gain] * tasks)
    assert (spread.low > 0) == (tasks >= 6)
    assert spread.high == pytest.approx(gain)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=5))
def test_fewer_than_six_tasks_prove_nothing(pairs):
    """Whatever they gained, alike or each by another amount, the interval of the difference holds zero."""
    spread = paired([before for before, _ in pairs], [after for _, after in pairs])
    assert spread.low <= 1e-12
    assert spread.high >= -1e-12


@settings(deadline=None)
@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=40))
def test_the_mean_of_a_sample_is_never_certain(scores):
    """Solved or unsolved throughout, the next task may come out otherwise; and no mean lies outside 0 and 1."""
    spread = interval(scores)
    assert spread.high - spread.low > 0.05
    assert 0 <= spread.low <= spread.high <= 1


@pytest.mark.parametrize("tasks", [2, 5, 12])
def test_an_interval_holds_what_is_true(tasks):
    """Of many samples, at most 8 % have an interval that misses the mean they were drawn from (5 % are meant)."""
    samples = [[float(random.random() < 0.6) for _ in range(tasks)] for random in map(Random, range(120))]
    spreads = [interval(sample) for sample in samples]
    assert sum(not spread.low <= 0.6 <= spread.high for spread in spreads) <= 0.08 * len(samples)


def test_scores_on_a_scale_of_their_own_are_not_clipped():
    """Who counts from 0 to 100 gets an interval on that scale."""
    assert interval([40.0, 60.0, 80.0, 50.0]).high > 61
    assert interval([100.0, 100.0, 100.0]).low == pytest.approx(100 * 0.025 ** (1 / 3))
