"""What a rollout becomes when the agent or the metric does something odd, and what is booked for it."""

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from gepa_agents.loop import outage
from gepa_agents.loop.rollouts import Rollouts
from gepa_agents.parts.runs.journal import Journal
from gepa_agents.parts.runs.ledger import Ledger
from gepa_agents.ports.metric import NoVerdict
from gepa_agents.words import semconv
from gepa_agents.words.errors import BudgetError, MetricError, ModelUnavailable
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.rollout import Score
from gepa_agents.words.settings import Budget, Settings
from gepa_agents.words.usage import Usage
from tests.landscape import Landscape, metric, suite

VAL = suite().val
ODD = VAL[1].id


class Odd(Landscape):
    """A landscape in which one task ends otherwise."""

    def __init__(self, end) -> None:
        super().__init__()
        self.end = end

    async def run(self, task, config, tracer):
        output = await super().run(task, config, tracer)
        return await self.end(output, tracer) if task.id == ODD else output


@pytest.fixture
def rollouts() -> Iterator[Callable[..., Rollouts]]:
    """Makes rollouts, with a journal in memory unless one is given."""
    with ExitStack() as opened:

        def make(agent, journal=None, judge=metric, budget=None, **settings) -> Rollouts:
            journal = journal or opened.enter_context(Journal(None, {}))
            ledger = Ledger(budget or Budget(rollouts=100))
            return Rollouts(agent, judge, journal, ledger, Settings(**settings), lambda _event: None)

        yield make


async def test_a_cancellation_that_an_agent_lets_out_is_a_fault(rollouts):
    """Work that the agent itself cancelled does not make its rollout vanish: each task keeps its place."""

    async def end(output, tracer):
        raise asyncio.CancelledError

    done = await rollouts(Odd(end)).run(GraphConfig(), VAL, "val")
    assert [rollout.task for rollout in done] == [task.id for task in VAL]
    assert done[1].fault is not None
    assert done[1].fault.message.startswith("CancelledError")


async def test_a_cancellation_that_a_metric_lets_out_is_its_error(rollouts):
    """It is named as the metric's, and nothing is scored."""

    async def judge(task, rollout):
        raise asyncio.CancelledError

    with pytest.raises(MetricError, match="the metric raised CancelledError"):
        await rollouts(Landscape(), judge=judge).run(GraphConfig(), VAL, "val")


async def test_a_judge_without_a_verdict_is_paid_all_the_same(rollouts):
    """What it cost is booked with the rollout, once, also when a later asking gets a verdict."""
    journal, asked = Journal(None, {}), 0

    async def judge(task, rollout):
        nonlocal asked
        asked += task.id == ODD
        if task.id == ODD and asked < 3:
            raise NoVerdict("it can't be read", Usage(calls=2, usd=0.25))
        return Score(value=1.0, usage=Usage(calls=1, usd=0.125))

    with journal:
        for _ in range(2):
            with pytest.raises(NoVerdict):
                await rollouts(Landscape(), journal, judge).run(GraphConfig(), VAL, "val")
        last = rollouts(Landscape(), journal, judge)
        await last.run(GraphConfig(), VAL, "val")
        assert last.ledger.paid[1].usd == pytest.approx(2 * 0.25 + len(VAL) * 0.125)


async def test_a_run_that_is_cancelled_keeps_what_ended_and_nothing_else(rollouts, tmp_path: Path):
    """Stopped in the middle, no rollout under way is taken for a failed one, and none is left running."""
    started = asyncio.Event()

    async def end(output, tracer):
        started.set()
        await asyncio.Event().wait()

    with Journal(tmp_path, {}) as journal:
        run = asyncio.ensure_future(rollouts(Odd(end), journal, concurrency=2).run(GraphConfig(), VAL, "val"))
        await started.wait()
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert not [key for key, _ in journal.calls() if f"/{ODD}/" in key]
        done = await rollouts(Landscape(), journal).run(GraphConfig(), VAL, "val")
    assert all(rollout.fault is None for rollout in done)


@pytest.mark.parametrize("value", [(1, 2), object(), {1: 2}])
async def test_an_outcome_that_is_no_plain_data_is_a_fault(rollouts, value):
    """An adapter that hands out live objects fails in that rollout, by name, and takes no other with it."""

    async def end(output, tracer):
        return {"answer": value}

    done = await rollouts(Odd(end)).run(GraphConfig(), VAL, "val")
    assert done[1].fault is not None
    assert "no plain data at `dict.answer" in done[1].fault.message
    assert all(rollout.fault is None for rollout in done if rollout.task != ODD)


@pytest.mark.parametrize("value", [math.nan, math.inf, "cut off \ud83d", ["\udc00", math.nan]])
async def test_what_is_seen_first_is_what_a_replay_sees(rollouts, value, tmp_path: Path):
    """Values that JSON has no way to write can't make a resumed run see something else than the first one did."""

    async def end(output, tracer):
        return {**output, "value": value}

    seen = []

    def judge(task, rollout):
        seen.append(rollout.output)
        return metric(task, rollout).value, "cut off \ud83d"

    with Journal(tmp_path, {}) as journal:
        first = await rollouts(Odd(end), journal, judge).run(GraphConfig(), VAL, "val")
    with Journal(tmp_path, {}) as journal:
        again = await rollouts(Odd(end), journal, judge).run(GraphConfig(), VAL, "val")
    assert repr(first) == repr(again)
    assert repr(first[1].output) in map(repr, seen)
    assert len(seen) == len(VAL)


async def test_an_attempt_that_lost_its_model_is_paid_for_but_not_told(rollouts, monkeypatch):
    """Evidence shows each step once, and the ledger all that was spent."""
    monkeypatch.setattr(outage, "PAUSES", (0.0, 0.0, 0.0))
    attempts = []

    async def end(output, tracer):
        attempts.append(output)
        if len(attempts) < 3:
            raise httpx.ConnectError("refused")
        return output

    plain = await rollouts(Landscape()).run(GraphConfig(), VAL, "val")
    tried = rollouts(Odd(end))
    done = await tried.run(GraphConfig(), VAL, "val")
    assert [step.node for step in done[1].trajectory.steps] == [step.node for step in plain[1].trajectory.steps]
    assert done[1].usage.tokens == 3 * plain[1].usage.tokens
    assert tried.ledger.task.tokens == sum(rollout.usage.tokens for rollout in done)


async def test_what_was_paid_before_an_outage_is_booked_when_the_rollout_gets_through(rollouts, monkeypatch, tmp_path):
    """A run that an outage stopped loses no count of what its attempts cost: the next run books it, once."""
    monkeypatch.setattr(outage, "PAUSES", (0.0,))
    up: list[bool] = []

    async def end(output, tracer):
        if not up:
            raise httpx.ConnectError("refused")
        return output

    plain = await rollouts(Landscape()).run(GraphConfig(), VAL, "val")
    for _ in range(2):
        with Journal(tmp_path, {}) as journal, pytest.raises(ModelUnavailable):
            await rollouts(Odd(end), journal).run(GraphConfig(), VAL, "val")
    up.append(True)
    with Journal(tmp_path, {}) as journal:
        tried = rollouts(Odd(end), journal)
        done = await tried.run(GraphConfig(), VAL, "val")
        again = await tried.run(GraphConfig(), VAL, "val")
    assert done == again
    assert done[1].usage.tokens == 5 * plain[1].usage.tokens
    assert tried.ledger.task.tokens == sum(rollout.usage.tokens for rollout in done)


async def test_what_a_tool_can_not_reach_is_no_outage_of_the_model(rollouts):
    """A page that does not answer fails the rollout that asked for it; it does not stop the run."""

    async def end(output, tracer):
        error = httpx.ConnectError("no such host")
        attributes = {semconv.OPERATION: semconv.EXECUTE_TOOL, semconv.TOOL_NAME: "fetch"}
        with tracer.start_as_current_span("fetch", attributes=attributes):
            raise error

    done = await rollouts(Odd(end)).run(GraphConfig(), VAL, "val")
    assert done[1].fault is not None
    assert done[1].fault.message == "ConnectError: no such host"


async def test_what_was_recalled_counts_before_anything_new_is_paid_for(rollouts, tmp_path: Path):
    """A resumed run whose tokens were used up by what it recalls makes not one call more."""
    with Journal(tmp_path, {}) as journal:
        await rollouts(Landscape(), journal).run(GraphConfig(), VAL[:-1], "val")
        agent = Landscape()
        with pytest.raises(BudgetError, match="tokens are used"):
            await rollouts(agent, journal, budget=Budget(tokens=100)).run(GraphConfig(), VAL, "val")
    assert agent.runs == []


async def test_an_observer_that_fails_is_heard():
    """Whoever watches may lose the pipe that it writes to: that stops the run, and never loses a rollout's place."""

    def notify(progress):
        if progress.done == 4:
            raise BrokenPipeError("closed")

    with Journal(None, {}) as journal:
        watched = Rollouts(Landscape(), metric, journal, Ledger(Budget(rollouts=100)), Settings(), notify)
        with pytest.raises(BrokenPipeError):
            await watched.run(GraphConfig(), VAL, "val")
