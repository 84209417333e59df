"""Laws of fences."""

from hypothesis import given
from hypothesis import strategies as st

from gepa_agents.words.fence import fenced


@given(st.text("`ab\n"))
def test_no_text_ends_its_own_fence(text: str):
    """The fence stands in its text nowhere, and the text comes back to the letter."""
    fence, inside = fenced(text).split("\n", 1)
    assert set(fence) == {"`"}
    assert len(fence) >= 3
    assert fence not in text
    assert inside == f"{text}\n{fence}"
