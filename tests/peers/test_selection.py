"""Which candidate is improved next: what the official package demands of its selectors, of ours."""

from tests.peers.shim import frontier, parents

POOL = [(0.5, 0.3, 0.7, 0.1), (0.6, 0.6, 0.6, 0.6), (0.8, 0.8, 0.8, 0.5)]
"""The second candidate is best on the last task, the third on all others; the first is best nowhere."""


def test_who_is_no_better_anywhere_is_not_drawn():
    """A candidate that shares one task's best score and is below on the other never becomes a parent.

    Answers to test_gepa_utils.py: test_select_program_candidate_respects_frequency_bias.
    """
    assert set(parents([(0.6, 0.0), (0.6, 0.6)], seed=0, draws=50)) == {1}


def test_parents_come_from_the_frontier():
    """Every draw is a candidate that is best on some task.

    Answers to test_candidate_selector.py: TestParetoCandidateSelector.test_samples_from_pareto_front.
    """
    assert set(parents(POOL, seed=42, draws=200)) == {1, 2}


def test_the_same_seed_draws_the_same_parents():
    """A generator with the same seed gives the same sequence.

    Answers to test_candidate_selector.py: TestParetoCandidateSelector.test_seeding_produces_deterministic_sequence.
    """
    assert parents(POOL, seed=42, draws=30) == parents(POOL, seed=42, draws=30)
    assert parents(POOL, seed=42, draws=30) != parents(POOL, seed=43, draws=30)


def test_the_best_candidate_is_the_one_with_the_highest_mean():
    """The pool's best has the highest mean, whenever it is asked for.

    Answers to test_candidate_selector.py: TestCurrentBestCandidateSelector (test_selects_best_candidate,
    test_deterministic).
    """
    pool = frontier(POOL)
    assert [pool.best for _ in range(10)] == [2] * 10
    assert pool.mean(2) == max(pool.mean(number) for number in range(3))
