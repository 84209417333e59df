"""The official engine on the scene, with what it offers for speed: its batch calls, on pools of threads."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import sleep
from typing import Any

from gepa.api import optimize
from gepa.core.adapter import EvaluationBatch, GEPAAdapter
from gepa.core.result import GEPAResult
from gepa.strategies.proposal_sampling import IndependentSampling, SingleMutationSampling

from benchmarks.pipeline.scene import SEED_TEXT, TRAIN, VAL, Gauge, Scene

COMPONENT = "agent.system"


def search(scene: Scene, proposals: int, workers: int, batch: int) -> tuple[Gauge, int]:
    """One search of `batch` proposals at once (1: its default loop); the gauge, and how many were accepted."""
    gauge = Gauge()
    with ThreadPoolExecutor(workers) as pool, ThreadPoolExecutor(workers) as reflecting:
        model = _Reflecting(scene, gauge, reflecting)
        result: GEPAResult[float, int] = optimize(
            seed_candidate={COMPONENT: SEED_TEXT},
            trainset=[f"train{number}" for number in range(TRAIN)],
            valset=[f"val{number}" for number in range(VAL)],
            adapter=SceneAdapter(scene, gauge, pool),
            reflection_lm=model,
            sampling_strategy=IndependentSampling(batch) if batch > 1 else SingleMutationSampling(),
            stop_callbacks=lambda gepa_state: _asked(gauge) >= proposals,
            logger=_Silent(),
        )
    return gauge, len(result.candidates) - 1


def _asked(gauge: Gauge) -> int:
    return sum(span.kind == "reflection" for span in gauge.spans)


@dataclass
class SceneAdapter(GEPAAdapter[str, str, float]):
    """The scene as a `GEPAAdapter` that runs everything it is given at once."""

    scene: Scene
    gauge: Gauge
    pool: ThreadPoolExecutor

    def evaluate(
        self, batch: list[str], candidate: dict[str, str], capture_traces: bool = False
    ) -> EvaluationBatch[str, float]:
        return self.batch_evaluate([(candidate, batch)])[0]

    def batch_evaluate(self, items: list[tuple[dict[str, str], list[str]]]) -> list[EvaluationBatch[str, float]]:
        pending = [
            [self.pool.submit(self._once, candidate[COMPONENT], task) for task in batch] for candidate, batch in items
        ]
        return [
            EvaluationBatch(outputs=scores, scores=scores, trajectories=batch)
            for (_, batch), futures in zip(items, pending, strict=True)
            for scores in [[future.result() for future in futures]]
        ]

    def make_reflective_dataset(
        self,
        candidate: dict[str, str],
        eval_batch: EvaluationBatch[str, float],
        components_to_update: list[str],
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        records = [{"Inputs": task} for task in eval_batch.trajectories or ()]
        return dict.fromkeys(components_to_update, records)

    def _once(self, text: str, task: str) -> float:
        with self.gauge.call("rollout", task):
            sleep(self.scene.seconds("rollout", text, task))
            return self.scene.score(text, task)


@dataclass
class _Reflecting:
    scene: Scene
    gauge: Gauge
    pool: ThreadPoolExecutor
    total_cost: float = 0.0

    def __call__(self, prompt: str | list[dict[str, Any]]) -> str:
        assert isinstance(prompt, str)
        with self.gauge.call("reflection"):
            sleep(self.scene.seconds("reflection", prompt))
            current = prompt.split("```\n")[1].rstrip("\n")
            return f"```\n{self.scene.rewrite(current, prompt)}\n```"

    def batch_complete(self, messages_list: list[list[dict[str, Any]]]) -> list[str]:
        return list(self.pool.map(self, [messages[0]["content"] for messages in messages_list]))


class _Silent:
    def log(self, message: str) -> None:
        pass
