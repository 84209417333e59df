"""The official engine (`gepa`) on a world: the same rollouts, the same feedback component by component, the same
reflection model behind its own default prompt."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from gepa.api import optimize
from gepa.core.adapter import EvaluationBatch, GEPAAdapter
from gepa.core.callbacks import GEPACallback, ValsetEvaluatedEvent
from gepa.proposer.reflective_mutation.base import LanguageModel
from gepa.strategies.proposal_sampling import IndependentSampling, SameParentSampling
from gepa.strategies.proposal_selection import BestImprovement

from benchmarks.search.course import Course, Meter
from benchmarks.search.world import Job, Outcome, World

SETTINGS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "default": lambda: {},
    "merge": lambda: {"use_merge": True},
    "batch": lambda: {"sampling_strategy": IndependentSampling(3), "selection_strategy": BestImprovement()},
    "all": lambda: {"module_selector": "all"},
    "all10": lambda: {"module_selector": "all", "reflection_minibatch_size": 10},
    "all10-merge": lambda: {"module_selector": "all", "reflection_minibatch_size": 10, "use_merge": True},
    "all10-greedy": lambda: {
        "module_selector": "all",
        "reflection_minibatch_size": 10,
        "candidate_selection_strategy": "current_best",
    },
    "all10-batch": lambda: {
        "module_selector": "all",
        "reflection_minibatch_size": 10,
        "sampling_strategy": SameParentSampling(2),
        "selection_strategy": BestImprovement(),
    },
}
"""Options of `gepa.optimize` by the name of a setting, made anew for each search because strategies may keep state."""
FLOOR = 2.0**-30
"""Least score that is reported: its merge divides by the sum of scores and raises where all are zero."""

_PROMPT = re.compile(r"```\n(.*?)\n```.*?```\n(.*?)\n```\n\nYour task is to write", re.DOTALL)


def search(world: World, family: str, budget: int, setting: str = "default") -> Course:
    """One search."""
    meter = Meter(world)
    leading = _Leading(meter)
    result = optimize(
        seed_candidate=world.seeds,
        trainset=list(world.train),
        valset=list(world.val),
        adapter=WorldAdapter(meter),
        reflection_lm=_reflection(meter),
        max_metric_calls=budget,
        logger=_Silent(),
        callbacks=[cast(GEPACallback, leading)],  # its protocol has 22 methods, all of them optional
        seed=world.seed,
        **SETTINGS[setting](),
    )
    best = result.best_candidate
    assert isinstance(best, dict)
    meter.lead(best)
    return meter.course(setting, family, budget)


@dataclass
class WorldAdapter(GEPAAdapter[Job, Outcome, str]):
    """A world as a `GEPAAdapter`."""

    meter: Meter

    def evaluate(
        self, batch: list[Job], candidate: dict[str, str], capture_traces: bool = False
    ) -> EvaluationBatch[Outcome, str]:
        outcomes = [self.meter.run(candidate, job) for job in batch]
        return EvaluationBatch(
            outputs=["Done."] * len(batch),
            scores=[max(FLOOR, outcome.score) for outcome in outcomes],
            trajectories=outcomes if capture_traces else None,
        )

    def batch_evaluate(self, items: list[tuple[dict[str, str], list[Job]]]) -> list[EvaluationBatch[Outcome, str]]:
        return [self.evaluate(batch, candidate, capture_traces=True) for candidate, batch in items]

    def make_reflective_dataset(
        self,
        candidate: dict[str, str],
        eval_batch: EvaluationBatch[Outcome, str],
        components_to_update: list[str],
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        outcomes = eval_batch.trajectories or []
        return {component: [_record(outcome, component) for outcome in outcomes] for component in components_to_update}


def _record(outcome: Outcome, component: str) -> dict[str, str]:
    told = "\n".join(outcome.feedback.get(component, ())) or "Nothing to mend here."
    return {"Inputs": "A task.", "Generated Outputs": "Done.", "Feedback": f"Score {outcome.score:.2f}. {told}"}


@dataclass
class _Leading:
    """A callback that knows at each moment which candidate would be returned."""

    meter: Meter
    leader: Mapping[str, str] | None = None

    def on_valset_evaluated(self, event: ValsetEvaluatedEvent) -> None:
        if event["is_best_program"] or self.leader is None:
            self.leader = event["candidate"]
        self.meter.lead(self.leader)


class _Silent:
    def log(self, message: str) -> None:
        pass


def _reflection(meter: Meter) -> LanguageModel:
    def reflect(prompt: str | list[dict[str, Any]]) -> str:
        """Reads its default prompt and answers as it asks to."""
        assert isinstance(prompt, str)
        found = _PROMPT.search(prompt)
        assert found is not None, f"this is not the prompt of gepa 0.1.4: {prompt[:200]}"
        text = meter.world.reflector.rewrite(found.group(1), found.group(2), meter.asked(prompt))
        return f"```\n{text}\n```"

    return reflect
