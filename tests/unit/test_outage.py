"""A task model that can't be reached is waited for, and never scored."""

import httpx
import pytest

from gepa_agents.loop.outage import PAUSES, patiently
from gepa_agents.words.errors import ModelRefused, ModelUnavailable


def failing(times: int, error: Exception):
    calls = []

    async def attempt() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise error
        return "done"

    return attempt, calls


async def no_pause(_seconds: float) -> None: ...


async def test_a_passing_outage_is_waited_out():
    """Tried again after a pause, the rollout goes on as if nothing had been."""
    attempt, calls = failing(2, httpx.ConnectError("refused"))
    assert await patiently(attempt, no_pause) == "done"
    assert len(calls) == 3


async def test_a_lasting_outage_stops_the_run():
    """After the last pause it is said so, with what to do."""
    attempt, calls = failing(99, httpx.ReadTimeout("slow"))
    with pytest.raises(ModelUnavailable, match="out of reach: ReadTimeout: slow; run the same command again"):
        await patiently(attempt, no_pause)
    assert len(calls) == len(PAUSES) + 1


async def test_a_wrong_key_is_not_tried_twice():
    """What will not pass is said at once."""
    refused = type("AuthenticationError", (Exception,), {"__module__": "openai"})
    attempt, calls = failing(99, refused("bad key"))
    with pytest.raises(ModelRefused, match="check its name, key and address"):
        await patiently(attempt, no_pause)
    assert len(calls) == 1


async def test_an_error_of_the_agent_comes_out_as_it_is():
    """An exception of the same name from elsewhere says nothing about a model."""
    own = type("RateLimitError", (Exception,), {"__module__": "shop.tools"})
    attempt, calls = failing(99, own("slow down"))
    with pytest.raises(own):
        await patiently(attempt, no_pause)
    assert len(calls) == 1


async def test_the_cause_counts():
    """An outage that a framework wrapped in an error of its own is still an outage."""
    wrapped = RuntimeError("node failed")
    wrapped.__cause__ = httpx.ConnectError("refused")
    attempt, _ = failing(1, wrapped)
    assert await patiently(attempt, no_pause) == "done"
