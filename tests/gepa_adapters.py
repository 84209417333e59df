"""Adapters of the official package as people write them: small, sync, without a network."""

from collections.abc import Mapping, Sequence
from typing import Any

from gepa.core.adapter import EvaluationBatch, GEPAAdapter

SEED = {"extract": "Find the facts.", "answer": "Answer the question."}
"""Two components; the second comes first in nobody's alphabet."""


class Clerk(GEPAAdapter[dict[str, str], dict[str, str], str]):
    """Two steps, each with a rule that only feedback reveals; written after the example in the protocol's own words.

    `extract` must look under the year, `answer` must use capital letters.
    """

    def __init__(self) -> None:
        self.candidates: list[dict[str, str]] = []

    def evaluate(
        self, batch: list[dict[str, str]], candidate: dict[str, str], capture_traces: bool = False
    ) -> EvaluationBatch[dict[str, str], str]:
        """Half a point for each step that is done right."""
        self.candidates.append(candidate)
        traces = [self._one(instance, candidate) for instance in batch]
        scores = [("1999" in trace["facts"]) / 2 + trace["answer"].isupper() / 2 for trace in traces]
        return EvaluationBatch(
            outputs=[trace["answer"] for trace in traces],
            scores=scores,
            trajectories=traces if capture_traces else None,
            objective_scores=[{"short": -len(trace["answer"]) / 100} for trace in traces],
        )

    def _one(self, instance: Mapping[str, str], candidate: Mapping[str, str]) -> dict[str, str]:
        facts = f"year 1999: {instance['word']}" if "year" in candidate["extract"] else instance["word"]
        answer = f"it is {facts}"
        answer = answer.upper() if "capital" in candidate["answer"] else answer
        return {"question": instance["question"], "facts": facts, "answer": answer}

    def make_reflective_dataset(
        self,
        candidate: dict[str, str],
        eval_batch: EvaluationBatch[dict[str, str], str],
        components_to_update: list[str],
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """The recommended keys, and one more."""
        made: dict[str, list[Mapping[str, Any]]] = {}
        for name in components_to_update:
            made[name] = []
            for trace, score in zip(eval_batch.trajectories or [], eval_batch.scores, strict=True):
                extract = name == "extract"
                said = "Look under the year." if extract else "Use capital letters."
                done = "1999" in trace["facts"] if extract else trace["answer"].isupper()
                made[name].append(
                    {
                        "Inputs": {"question": trace["question"]} if extract else trace["facts"],
                        "Generated Outputs": trace["facts"] if extract else trace["answer"],
                        "Feedback": "Well done." if done else said,
                        "score": score,
                    }
                )
        return made


INSTANCES = [{"question": f"What is word {number}?", "word": f"word{number}"} for number in range(12)]


class Broken(GEPAAdapter[Any, Any, Any]):
    """An adapter whose `evaluate` returns, and whose records are, what the test says."""

    def __init__(self, batch: Any, records: Any = None) -> None:
        self.batch = batch
        self.records = records

    def evaluate(self, batch: list[Any], candidate: dict[str, str], capture_traces: bool = False) -> Any:
        """What was given; raised if it is an exception."""
        if isinstance(self.batch, Exception):
            raise self.batch
        return self.batch

    def make_reflective_dataset(
        self, candidate: dict[str, str], eval_batch: Any, components_to_update: list[str]
    ) -> Any:
        """What was given; raised if it is an exception."""
        if isinstance(self.records, Exception):
            raise self.records
        return self.records
