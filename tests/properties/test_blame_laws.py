"""What must hold of blame, whatever the runs were."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.blame.scenes import world
from gepa_agents.parts.feedback.blame import blame


@given(st.integers(0, 400), st.floats(0.2, 2.0))
def test_the_points_are_those_that_were_lost(seed, solved):
    """Nothing is lost twice, and nothing goes missing."""
    scene = world(seed, size=3)
    lost = sum(max(0.0, solved - case.rollout.score.value) for case in scene.cases)
    found = blame(scene.components, scene.cases, solved=solved)
    assert sum(one.points for one in found.values()) == pytest.approx(lost)
    assert all(one.points >= 0 for one in found.values())
    assert all(one.reason for one in found.values() if one.points)


@given(st.integers(0, 400), st.integers())
def test_the_order_of_cases_does_not_matter(seed, shuffle):
    """Blame is a sum over cases, and its reason the one that is most frequent."""
    scene = world(seed, size=4)
    cases = list(scene.cases)
    Random(shuffle).shuffle(cases)
    one, other = (blame(scene.components, some, solved=1.0, peers=scene.solved) for some in (scene.cases, cases))
    assert {name: found.reason for name, found in one.items()} == {name: found.reason for name, found in other.items()}
    assert {name: found.points for name, found in one.items()} == pytest.approx(
        {name: found.points for name, found in other.items()}
    )
