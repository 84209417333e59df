"""The rollouts that a session's processes share: made once, paid for once, within the cap."""

import asyncio
from pathlib import Path

import pytest
from gepa_agents_pytest.store import OverLimit, Stopped, Store

from gepa_agents import MetricError, Rollout, Score, Usage


def rollout(task: str, usd: float = 0.25) -> Rollout:
    """A rollout whose agent and judge cost so much together."""
    score = Score(value=1, usage=Usage(calls=1, usd=usd / 5))
    return Rollout(candidate="0" * 12, task=task, score=score, usage=Usage(calls=1, usd=usd * 4 / 5))


async def test_a_rollout_is_made_once_however_many_ask(tmp_path: Path) -> None:
    """Stores of the same folder, as several processes have them, wait for each other; repeats are apart."""
    made = []

    async def make() -> Rollout:
        made.append(1)
        await asyncio.sleep(0.01)
        return rollout("t")

    found = await asyncio.gather(*(Store(tmp_path).once("t", number % 2, make) for number in range(10)))
    assert len(made) == 2
    assert set(map(repr, found)) == {repr(rollout("t"))}


async def test_the_cap_holds_for_rollouts_at_once(tmp_path: Path) -> None:
    """Once a price is known, those under way are counted too: a dollar buys four, whoever starts them."""
    made = []

    async def ask(task: str) -> None:
        async def make() -> Rollout:
            made.append(task)
            await asyncio.sleep(0.01)
            return rollout(task)

        await Store(tmp_path).once(task, 0, make, max_usd=1.0)

    await ask("first")
    outcomes = await asyncio.gather(*map(ask, "abcdefgh"), return_exceptions=True)
    assert len(made) == 4
    assert sum(isinstance(one, OverLimit) for one in outcomes) == 5
    await ask("first")
    with pytest.raises(OverLimit, match=r"4 rollouts cost \$1.0000 of \$1.0000, and no further one was started"):
        await ask("last")


async def test_the_first_rollout_goes_alone_under_a_cap(tmp_path: Path) -> None:
    """Nobody knows yet what one costs; so many at once could cost many times the cap."""
    made: list[str] = []

    async def ask(task: str) -> None:
        async def make() -> Rollout:
            made.append(task)
            await asyncio.sleep(0.01)
            return rollout(task)

        await Store(tmp_path).once(task, 0, make, max_usd=0.3)

    outcomes = await asyncio.gather(*map(ask, "abcdefgh"), return_exceptions=True)
    assert len(made) == 1
    assert sum(isinstance(one, OverLimit) for one in outcomes) == 7


async def test_a_first_rollout_that_fails_under_a_cap_stops_those_that_wait(tmp_path: Path) -> None:
    """None of them is made."""
    made: list[str] = []

    async def ask(task: str) -> None:
        async def make() -> Rollout:
            made.append(task)
            await asyncio.sleep(0.01)
            raise MetricError("it divided by zero")

        await Store(tmp_path).once(task, 0, make, max_usd=1.0)

    outcomes = await asyncio.gather(*map(ask, "abcd"), return_exceptions=True)
    assert len(made) == 1
    assert all(isinstance(one, Stopped) for one in outcomes)


async def test_an_error_stops_the_suite_and_frees_its_place(tmp_path: Path) -> None:
    """What failed is not made again; what was made before stays; any other error is no verdict on the suite."""

    async def fine() -> Rollout:
        return rollout("a")

    async def wrong() -> Rollout:
        raise MetricError("it divided by zero")

    async def odd() -> Rollout:
        raise RuntimeError("a bug")

    store = Store(tmp_path)
    await store.once("a", 0, fine)
    with pytest.raises(RuntimeError):
        await store.once("b", 0, odd)
    await store.once("b", 0, fine, max_usd=0.5)
    with pytest.raises(Stopped, match="it divided by zero"):
        await store.once("c", 0, wrong)
    with pytest.raises(Stopped, match="it divided by zero"):
        await Store(tmp_path).once("d", 0, fine)
    assert (await store.once("a", 0, wrong)).task == "a"
