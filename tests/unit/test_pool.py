"""The pool: what is taken for granted of a candidate on tasks that it was not run on."""

import pytest

from gepa_agents.loop.pool import Found, Pool
from gepa_agents.parts.frontier.objectives import SCORE
from gepa_agents.words.candidate import Candidate
from gepa_agents.words.settings import Settings


def found(scores: dict[int, float]) -> Found:
    """Rollouts on val, by position."""
    return {place: {SCORE: score} for place, score in scores.items()}


def test_a_child_starts_from_all_that_is_known_of_its_parent_by_now():
    """Also from what came out after the child was planned, while it was under way."""
    pool = Pool(Settings())
    baseline = pool.add(Candidate(), (), found({0: 0.0, 1: 0.0, 2: 0.0}))
    planned = pool.add(Candidate({"a": "1"}), [baseline], found({0: 1.0}))
    pool.extend(planned.number, found({1: 1.0, 2: 0.5}))
    child = pool.add(Candidate({"a": "2"}), [planned], found({0: 1.0}))
    assert list(child.scores) == [1.0, 1.0, 0.5]
    assert child.known == {0}


def test_a_child_of_two_starts_from_the_parent_that_is_better_by_now():
    """Which one that is may have turned while the child was under way."""
    pool = Pool(Settings())
    baseline = pool.add(Candidate(), (), found({0: 0.0, 1: 0.0, 2: 0.0}))
    one = pool.add(Candidate({"a": "1"}), [baseline], found({0: 1.0}))
    other = pool.add(Candidate({"b": "1"}), [baseline], found({1: 0.5}))
    pool.extend(other.number, found({0: 0.75, 2: 0.75}))
    child = pool.add(Candidate({"a": "1", "b": "1"}), [one, other], found({1: 1.0}))
    assert list(child.scores) == [0.75, 1.0, 0.75]


def test_half_of_what_a_child_gained_is_expected_of_it_elsewhere():
    """So its own child is not measured by the scores of an ancestor that it left behind long ago."""
    pool = Pool(Settings())
    baseline = pool.add(Candidate(), (), found({0: 0.0, 1: 0.0, 2: 0.0, 3: 1.0}))
    one = pool.add(Candidate({"a": "1"}), [baseline], found({0: 0.8}))
    assert list(one.expected) == pytest.approx([0.8, 0.4, 0.4, 1.0])
    assert list(one.scores) == [0.8, 0.0, 0.0, 1.0]
    other = pool.add(Candidate({"a": "2"}), [one], found({1: 0.6}))
    assert list(other.expected) == pytest.approx([0.9, 0.6, 0.5, 1.0])
    assert pool.best is other
    worse = pool.add(Candidate({"a": "3"}), [other], found({2: 0.1}))
    assert pool.best is other, "it did worse than is expected of its parent, though better than the baseline"
    assert worse.mean < other.mean


def test_what_is_known_takes_the_place_of_what_was_expected():
    """A member that was run on all of val is expected to do what it did."""
    pool = Pool(Settings())
    baseline = pool.add(Candidate(), (), found({0: 0.0, 1: 0.0}))
    one = pool.add(Candidate({"a": "1"}), [baseline], found({0: 1.0}))
    one = pool.extend(one.number, found({1: 0.0}))
    assert one.complete
    assert list(one.expected) == list(one.scores) == [1.0, 0.0]
    assert one.mean == 0.5
