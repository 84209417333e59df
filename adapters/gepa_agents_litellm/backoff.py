"""How long to wait before a failed call is made again. Pure: the clock and the dice are given."""

import email.utils
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

FIRST = 1.0
LONGEST = 30.0
"""Seconds: the first wait, doubled each time up to the longest."""
PATIENCE = 60.0
"""Seconds that a server may ask for in Retry-After; it is asked again then, even if it wanted longer."""


def wait(attempt: int, asked: float | None, dice: Callable[[], float]) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 1).

    Half of it is chance, so that many callers do not come back at once; what the server asked for is the least.
    """
    longest = min(LONGEST, FIRST * 2.0 ** (attempt - 1))
    chosen = longest * (0.5 + 0.5 * dice())
    return chosen if asked is None else max(chosen, min(asked, PATIENCE))


def asked(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that Retry-After asks for, a number or a date (RFC 9110, 10.2.3); None without a valid one."""
    given = {name.lower(): value for name, value in headers.items()}.get("retry-after")
    if given is None:
        return None
    try:
        seconds = float(given)
    except ValueError:
        try:
            date = email.utils.parsedate_to_datetime(given)
        except ValueError:
            return None
        # A date without a zone is in GMT by the RFC.
        date = date if date.tzinfo is not None else date.replace(tzinfo=UTC)
        seconds = (date - (now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None
