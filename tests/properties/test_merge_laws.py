"""What must hold of merges in whatever pool: nothing that is possible is missed, nothing comes from elsewhere."""

from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gepa_agents.parts.frontier import merge
from gepa_agents.parts.frontier.merge import Descent, propose
from gepa_agents.words.candidate import Candidate


@st.composite
def pools(draw):
    """A pool grown by mutations and merges, whose texts are at times taken back or found again; no two means equal."""
    size = draw(st.integers(2, 10))
    means = draw(st.permutations([number / 10 for number in range(size)]))
    pool = [Descent(Candidate(), (), means[0])]
    for mean in means[1:]:
        joined = propose(pool, range(len(pool)), frozenset(), Random(0)) if draw(st.booleans()) else None
        if joined is not None:
            pool.append(Descent(joined.child, (joined.one, joined.other), mean))
            continue
        parent = draw(st.integers(0, len(pool) - 1))
        texts = {**pool[parent].candidate.texts, draw(st.sampled_from("abc")): draw(st.sampled_from("xyz"))}
        pool.append(Descent(Candidate(texts), (parent,), mean))
    return pool


def ancestors(pool, number):
    """All from whom a candidate descends."""
    return {one for parent in pool[number].parents for one in {parent, *ancestors(pool, parent)}}


def children(pool, frontier):
    """By definition, every child that two candidates can have: its texts, or the parents where both changed one."""
    for one, other in combinations(sorted(frontier), 2):
        if one in ancestors(pool, other):
            continue
        for number in ancestors(pool, one) & ancestors(pool, other):
            i, j, a = (pool[n].candidate.texts for n in (one, other, number))
            differ = [name for name in {*i, *j} if i.get(name) != j.get(name)]
            if not differ:
                continue
            kept = [name for name in differ if a.get(name) in (i.get(name), j.get(name))]
            if pool[number].mean > min(pool[one].mean, pool[other].mean):
                continue
            if kept != differ:
                yield f"{pool[one].candidate.id}+{pool[other].candidate.id}"
                continue
            texts = {name: i.get(name) for name in {*i, *j}}
            for name in differ:
                texts[name] = (j if i.get(name) == a.get(name) else i).get(name)
            child = {name: text for name, text in texts.items() if text is not None}
            if child not in (i, j):
                yield Candidate(child).id


@settings(deadline=None)
@given(pools(), st.data())
def test_a_possible_merge_is_never_missed(pool, data):
    """Of a few candidates a child that the definition allows is proposed, and None only if there is none."""
    frontier = data.draw(st.lists(st.integers(0, len(pool) - 1), unique=True, max_size=len(pool)))
    tried = {descent.candidate.id for descent in pool}
    tried |= data.draw(st.sets(st.sampled_from(sorted(children(pool, frontier)) or ["none"])))
    allowed = set(children(pool, frontier)) - tried
    found = propose(pool, frontier, tried, Random(data.draw(st.integers(0, 9))))
    assert (found is None) == (not allowed)
    assert found is None or found.key in allowed


@settings(deadline=None)
@given(pools(), st.integers(0, 9))
def test_a_merge_inherits_from_its_lineage_alone(pool, seed):
    """The ancestor is one of both parents, and each text of the child is a parent's, the ancestor's own included."""
    found = propose(pool, range(len(pool)), frozenset(), Random(seed))
    if found is None:
        return
    assert found.ancestor in ancestors(pool, found.one) & ancestors(pool, found.other)
    assert found.one not in ancestors(pool, found.other)
    assert found.other not in ancestors(pool, found.one)
    one, other = (pool[number].candidate for number in (found.one, found.other))
    assert found.child.parents == (one.id, other.id)
    assert found.both or found.child.id not in (one.id, other.id)
    for name in {*one.texts, *other.texts, *found.child.texts}:
        source = other if name in found.taken else one
        assert found.child.texts.get(name) == source.texts.get(name)
    old = pool[found.ancestor].candidate.texts
    for name in found.both:
        assert len({one.texts.get(name), other.texts.get(name), old.get(name)}) == 3


def test_an_ancestor_may_be_as_good_as_its_descendants():
    """Two lines that gained nothing so far merge all the same; only an ancestor that was better rules them out."""
    for ancestor, possible in ((0.5, True), (0.6, False)):
        pool = [
            Descent(Candidate(), (), ancestor),
            Descent(Candidate({"a": "A"}), (0,), 0.5),
            Descent(Candidate({"b": "B"}), (0,), 0.5),
        ]
        assert (propose(pool, [1, 2], frozenset(), Random(0)) is not None) is possible


@given(pools(), st.integers())
def test_a_merge_is_a_function_of_the_generator(pool, seed):
    """The same pool and the same state of the generator give the same merge, in whatever order the frontier stands."""
    numbers = list(range(len(pool)))
    assert propose(pool, numbers, frozenset(), Random(seed)) == propose(pool, numbers[::-1], frozenset(), Random(seed))


@pytest.mark.parametrize("size", [2, 3, 46, 400])
def test_every_pair_has_one_number(size):
    """The numbers below n (n - 1) / 2 stand for the pairs of n, each once."""
    pairs = [merge._pair(number) for number in range(size * (size - 1) // 2)]
    assert sorted(pairs) == list(combinations(range(size), 2))


def test_the_only_pair_of_a_large_frontier_is_found():
    """Forty-five candidates, forty-four in one line: the one of another lineage finds its partner every time."""
    pool = [Descent(Candidate(), (), 0.0)]
    for step in range(44):
        pool.append(Descent(Candidate({"a": f"a{step}"}), (step,), 0.5))
    pool.append(Descent(Candidate({"b": "b"}), (0,), 0.5))
    tried = {Candidate({"a": f"a{step}", "b": "b"}).id for step in range(43)}
    for seed in range(20):
        found = propose(pool, range(1, 46), tried, Random(seed))
        assert found is not None
        assert dict(found.child.texts) == {"a": "a43", "b": "b"}


def test_a_frontier_of_thousands_is_not_enumerated(monkeypatch):
    """Where every child would be one of its parents, no more lineages are looked at than the limit says."""
    looked = []
    combine = merge._combine
    monkeypatch.setattr(merge, "_combine", lambda *drawn: looked.append(drawn[1:4]) or combine(*drawn))
    texts = [{}, {"a": "A", "b": "B"}]
    pool = [Descent(Candidate(), (), 0.0), *(Descent(Candidate(texts[n % 2]), (0,), 0.5) for n in range(2000))]
    assert propose(pool, range(2001), frozenset(), Random(0)) is None
    assert 0 < len(set(looked)) == len(looked) <= merge.TRIES
