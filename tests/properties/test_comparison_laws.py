"""What must hold of a comparison, whatever the scores."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gepa_agents.parts.statistics.intervals import paired
from gepa_agents.parts.statistics.unseen import unseen_loss

pairs = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(pairs)
def test_no_loss_within_the_interval_is_called_impossible(scores):
    """What may have gone unseen is never less than the interval leaves open, never below nothing, and at most all."""
    before, after = [b for b, _ in scores], [a for _, a in scores]
    spread, unseen = paired(before, after), unseen_loss(before, after)
    assert unseen >= max(0.0, -spread.low)
    assert unseen <= max(1.0, -spread.low)


@settings(max_examples=60, deadline=None)
@given(pairs)
def test_turned_round_the_difference_changes_its_sign(scores):
    """Baseline and candidate exchanged: the mean difference is the opposite one."""
    before, after = [b for b, _ in scores], [a for _, a in scores]
    assert abs(paired(before, after).mean + paired(after, before).mean) < 1e-9


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 1), st.integers(2, 40))
def test_more_tasks_hide_less(level, tasks):
    """Where nothing changed, each further task lowers what may have gone unseen."""
    fewer, more = [level] * tasks, [level] * (tasks + 1)
    assert unseen_loss(more, more) <= unseen_loss(fewer, fewer)
