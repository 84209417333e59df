"""What was paid for is kept: what the official package demands of its cache, of our journal."""

from pathlib import Path

import pytest

from gepa_agents import SuiteError, Task, TaskSuite
from tests.peers.shim import climb


def test_an_evaluation_is_kept_by_candidate_and_task():
    """No candidate is run twice on one task, and no two share what they did.

    Answers to test_evaluation_cache.py: test_put_and_get_basic, test_different_examples_separate_entries,
    test_different_candidates_separate_entries, test_get_batch, test_put_batch.
    """
    run = climb(max_iterations=8)
    assert len(run.agent.runs) == len(set(run.agent.runs))
    by_number = {one.number: one for one in run.result.candidates}
    assert len({one.config.candidate.id for one in by_number.values()}) == len(by_number)


def test_keeping_does_not_change_the_search(tmp_path: Path):
    """A run with a folder decides what a run in memory decides.

    Answers to test_evaluation_cache.py: test_optimize_with_caching_enabled,
    test_caching_does_not_break_optimization, and test_state.py: test_initialize_gepa_state_no_run_dir.
    """
    assert climb(folder=tmp_path, max_iterations=8).history == climb(max_iterations=8).history


def test_a_train_task_never_stands_for_a_val_task():
    """One id in two splits is refused, so that what was scored for one can't be taken for the other.

    Answers to the official engine's issue of a cache shared by train and val ids; its 0.1.4 has no test of it.
    """
    with pytest.raises(SuiteError, match="stands twice"):
        TaskSuite.of([Task(id="0", input="a", split="train"), Task(id="0", input="b", split="val")])
