"""The contract of agents, on adapters of the official package that our engine drives."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from gepa.core.adapter import EvaluationBatch, GEPAAdapter
from gepa_agents_gepa import AdapterAgent, wrap

from gepa_agents.testing.agent_contract import AgentContract, Build, Deliberate

PROMPT = "You are a shop assistant."


class Echo(GEPAAdapter[str, dict[str, str], dict[str, Any]]):
    """Answers in the voice of its prompt."""

    def evaluate(
        self, batch: list[str], candidate: dict[str, str], capture_traces: bool = False
    ) -> EvaluationBatch[dict[str, str], dict[str, Any]]:
        """One point for everybody."""
        said = [f"({candidate['shop']}) {instance}" for instance in batch]
        return EvaluationBatch(
            outputs=[{"said": one} for one in said],
            scores=[1.0 for _ in batch],
            trajectories=[{"asked": instance, "said": one} for instance, one in zip(batch, said, strict=True)],
        )

    def make_reflective_dataset(
        self, candidate: dict[str, str], eval_batch: EvaluationBatch[Any, Any], components_to_update: list[str]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """The recommended keys."""
        return {
            name: [
                {"Inputs": trace["asked"], "Generated Outputs": trace["said"], "Feedback": "Fine."}
                for trace in eval_batch.trajectories or []
            ]
            for name in components_to_update
        }


class Failing(Echo):
    """Raises what the contract waits for."""

    def evaluate(
        self, batch: list[str], candidate: dict[str, str], capture_traces: bool = False
    ) -> EvaluationBatch[dict[str, str], dict[str, Any]]:
        """Not to be had."""
        raise Deliberate("on purpose")


class TestAdapterAgent(AgentContract):
    """The contract, as far as an adapter shows what happens in it."""

    prompt = PROMPT

    @pytest.fixture
    def build(self) -> Build:
        return lambda: wrap(Echo(), {"shop": PROMPT})

    @pytest.fixture
    def changed(self) -> AdapterAgent:
        return wrap(Echo(), {"shop": "Bake bread, and nothing else."})

    @pytest.fixture
    def failing(self) -> AdapterAgent:
        return wrap(Failing(), {"shop": PROMPT})

    async def test_shows_its_tools(self, build: Build) -> None:
        """The one claim that can't be made: reflective records know no tools."""
        pytest.skip("an adapter's reflective records tell of no tool calls")
