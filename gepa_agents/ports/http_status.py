"""What an HTTP status says about asking again; shared by the adapters of language models."""

PASSING = frozenset({408, 409, 425, 429})
"""Client errors that may pass: time-out, conflict, too early, too many requests (RFC 9110, RFC 8470, RFC 6585)."""


def may_pass(status: int) -> bool:
    """True when the same request may succeed later."""
    return status in PASSING or status >= 500
