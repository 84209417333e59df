"""Crossover of two lineages: what the official package demands of its merge functions, of ours.

Their examples have one component; ours have two, because a merge of one component is one of its parents (they try it;
where both parents changed it, we have the two texts combined into a new one).
"""

from tests.peers.shim import merged

ROOT = {"plan": "A", "write": "a"}
PLANNED = {"plan": "B", "write": "a"}
WRITTEN = {"plan": "A", "write": "b"}
BOTH = {"plan": "B", "write": "b"}
SIBLINGS = [[], [0], [0]]


def test_two_children_that_changed_different_texts_are_combined():
    """The child takes from each parent what that one changed; the pair and its ancestor are named.

    Answers to test_merge.py: test_does_triplet_have_desirable_predictors_true_when_descendants_diverge,
    test_filter_ancestors_returns_viable_common_ancestor, test_find_common_ancestor_pair_returns_expected_triplet,
    test_sample_and_attempt_merge_creates_combined_program_and_records_triplet (first half).
    """
    merge = merged([ROOT, PLANNED, WRITTEN], SIBLINGS, [0.1, 0.6, 0.7], among=[1, 2])
    assert merge is not None
    assert (merge.one, merge.other, merge.ancestor) == (1, 2, 0)
    assert dict(merge.child.texts) == BOTH


def test_two_children_alike_are_not_combined():
    """There is nothing to take over when neither changed what the other did not.

    Answers to test_merge.py: test_does_triplet_have_desirable_predictors_false_when_descendants_identical.
    """
    assert merged([ROOT, PLANNED, PLANNED], SIBLINGS, [0.1, 0.6, 0.7], among=[1, 2]) is None


def test_a_merge_is_made_once():
    """What was merged before is not proposed again.

    Answers to test_merge.py: test_filter_ancestors_skips_previously_merged_triplets,
    test_find_common_ancestor_pair_returns_none_when_already_merged,
    test_sample_and_attempt_merge_creates_combined_program_and_records_triplet (second half).
    """
    pool = [ROOT, PLANNED, WRITTEN]
    assert merged(pool, SIBLINGS, [0.1, 0.6, 0.7], among=[1, 2], known=[BOTH]) is None


def test_an_ancestor_that_is_better_than_a_parent_is_no_ground_to_merge_on():
    """Both parents must be at least as good as the ancestor.

    Answers to test_merge.py: test_filter_ancestors_skips_when_ancestor_outscores_descendants.
    """
    assert merged([ROOT, PLANNED, WRITTEN], SIBLINGS, [0.55, 0.5, 0.6], among=[1, 2]) is None


def test_parent_and_child_are_not_merged():
    """Of a pair in one line, one holds all that the other has.

    Answers to the official engine's rule in merge.py; its tests have no such pair.
    """
    assert merged([ROOT, PLANNED, BOTH], [[], [0], [1]], [0.1, 0.6, 0.7], among=[1, 2]) is None


def test_an_ancestor_of_mean_zero_is_a_good_ancestor():
    """Baselines that solve nothing are common; the official engine's weighted draw raises on them.

    Answers to no test of theirs: its code stops the run with `Total of weights must be greater than zero`.
    """
    assert merged([ROOT, PLANNED, WRITTEN], SIBLINGS, [0.0, 0.6, 0.7], among=[1, 2]) is not None


def test_a_merge_that_is_one_of_its_parents_is_not_tried():
    """Where one parent changed nothing there is nothing to combine: the child would be a candidate that the pool has.

    Differs from test_merge.py: test_sample_and_attempt_merge_creates_combined_program_and_records_triplet, whose child
    is the better parent again.
    """
    assert merged([{"plan": "A"}, {"plan": "B"}, {"plan": "A"}], SIBLINGS, [0.1, 0.6, 0.7], among=[1, 2]) is None
