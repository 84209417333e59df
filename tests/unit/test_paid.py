"""What was paid for stays in the books, and a budget that could not bind is refused."""

from pathlib import Path
from typing import Any

import pytest

from gepa_agents import AgentError, Budget, ConfigError, Score, Settings, Usage, optimize
from gepa_agents.words import semconv
from tests.landscape import Landscape, metric, reflect, suite

TOKENS = (semconv.INPUT_TOKENS, semconv.OUTPUT_TOKENS)


class Quiet(Landscape):
    """Its models do not say how much they read and wrote, as many a local server."""

    async def run(self, task: Any, config: Any, tracer: Any) -> Any:
        """As ever, but for the counts."""

        class Without:
            def start_span(self, name: str, attributes: dict[str, Any]) -> Any:
                return tracer.start_span(name, attributes={k: v for k, v in attributes.items() if k not in TOKENS})

        return await super().run(task, config, Without())  # type: ignore[arg-type]


class Broken(Landscape):
    """Asks its models, then breaks."""

    async def run(self, task: Any, config: Any, tracer: Any) -> Any:
        """Paid for, and no outcome."""
        await super().run(task, config, tracer)
        raise ValueError("no key")


def run(agent: Landscape, budget: Budget, folder: Path | None = None, judge: Any = metric) -> Any:
    """A small run."""
    return optimize(
        agent,
        suite(),
        metric=judge,
        reflection_lm=reflect,
        budget=budget,
        settings=Settings(max_iterations=2),
        run=folder,
    )


def test_tokens_that_nobody_counts_are_no_budget(tmp_path: Path) -> None:
    """It would never be used up. What was run until then is not run again under a budget that binds."""
    quiet = Quiet()
    with pytest.raises(ConfigError, match=r"in tokens, but `landscape` never said .* give a budget in rollouts"):
        run(quiet, Budget(tokens=100_000), tmp_path)
    assert len(quiet.runs) == 10
    assert run(quiet, Budget(rollouts=200), tmp_path).spent.rollouts == len(quiet.runs)


def test_tokens_of_a_judge_are_a_budget() -> None:
    """Something binds, if not everything."""

    def judge(task: Any, rollout: Any) -> Score:
        return metric(task, rollout).model_copy(update={"usage": Usage(calls=1, input_tokens=10)})

    assert run(Quiet(), Budget(tokens=100_000), judge=judge).spent.task.tokens > 0


def test_a_baseline_that_failed_is_paid_for_all_the_same(tmp_path: Path) -> None:
    """Its tokens are booked with the rollouts that take its place, though it is forgotten."""
    plain = run(Landscape(), Budget(rollouts=200))
    broken = Broken()
    for _ in range(2):
        with pytest.raises(AgentError, match="all 10 baseline rollouts failed"):
            run(broken, Budget(rollouts=200), tmp_path)
    assert len(broken.runs) == 20
    mended = run(Landscape(), Budget(rollouts=200), tmp_path)
    assert mended.spent.rollouts == plain.spent.rollouts
    assert mended.spent.task.calls - plain.spent.task.calls == 20 * 3
    assert mended.spent.task.tokens > plain.spent.task.tokens
