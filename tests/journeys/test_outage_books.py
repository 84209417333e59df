"""A run that an outage stopped, and went on: the ledger has what the attempts cost that came to nothing."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from gepa_agents import Budget, ModelUnavailable, Settings, optimize
from gepa_agents.loop import outage
from tests.landscape import Landscape, metric, reflect, suite

TASKS = suite(train=4, val=4, test=3)
HARD = TASKS.val[2].id


class Flaky(Landscape):
    """Its model answers, and is paid, and is then out of reach, on one task, so many times."""

    outages = 0
    attempts = 0

    async def run(self, task: Any, config: Any, tracer: Any) -> dict[str, list[str]]:
        self.attempts += 1
        output = await super().run(task, config, tracer)
        if task.id == HARD and self.outages > 0:
            self.outages -= 1
            raise httpx.ConnectError("no route")
        return output


@pytest.mark.parametrize("outages", [1, 3, 4, 6, 9])
def test_attempts_that_an_outage_ended_are_booked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outages: int):
    """Four attempts a run: however many runs it takes, every model call that was made is in the ledger at the end."""
    monkeypatch.setattr(outage, "PAUSES", (0.0, 0.0, 0.0))
    agent = Flaky()
    agent.outages = outages

    def run() -> Any:
        return optimize(
            agent,
            TASKS,
            metric=metric,
            reflection_lm=reflect,
            budget=Budget(rollouts=60),
            settings=Settings(concurrency=2),
            run=tmp_path,
        )

    for _ in range(outages // 4):
        with pytest.raises(ModelUnavailable, match="run the same command again"):
            run()
    result = run()
    assert result.spent.task.calls == 3 * agent.attempts
    assert result.spent.rollouts == agent.attempts - outages
