"""The laws of waiting between two attempts."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from gepa_agents_litellm.backoff import LONGEST, PATIENCE, asked, wait
from hypothesis import given
from hypothesis import strategies as st

ATTEMPTS = st.integers(1, 60)
DICE = st.floats(0, 1, exclude_max=True)
NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


@given(ATTEMPTS, DICE)
def test_without_a_wish_the_wait_grows_to_its_longest(attempt: int, dice: float) -> None:
    """Every wait is at least half of a doubling step, and none is longer than the longest."""
    step = min(LONGEST, 2.0 ** (attempt - 1))
    assert step / 2 <= wait(attempt, None, lambda: dice) <= step


@given(ATTEMPTS, DICE, st.floats(0, 1e6))
def test_a_wish_is_met_up_to_our_patience(attempt: int, dice: float, seconds: float) -> None:
    """What the server asks for is the least that is waited, up to our patience; it never shortens a wait."""
    waited = wait(attempt, seconds, lambda: dice)
    assert waited >= min(seconds, PATIENCE)
    assert waited >= wait(attempt, None, lambda: dice)
    assert waited <= max(PATIENCE, LONGEST)


@given(st.integers(0, 100_000))
def test_seconds_and_dates_mean_the_same(seconds: int) -> None:
    """Retry-After as a number and as a date are read alike, whatever the case of the header's name."""
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert asked({"Retry-After": str(seconds)}, NOW) == asked({"retry-after": date}, NOW) == seconds


@given(st.text())
def test_any_header_is_read_or_passed_over(value: str) -> None:
    """Nothing that a server sends breaks the waiting: it is a wish from zero up, or none."""
    wish = asked({"retry-after": value}, NOW)
    assert wish is None or 0 <= wish < float("inf")


def test_a_date_that_has_passed_asks_for_no_wait() -> None:
    """A server whose clock is behind asks for nothing."""
    assert asked({"Retry-After": format_datetime(NOW - timedelta(days=1), usegmt=True)}, NOW) == 0
    assert asked({}, NOW) is None
