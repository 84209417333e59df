"""The official engine at a given size: its own loop and its own state, with an adapter that costs nothing."""

from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from gepa.api import optimize
from gepa.core.adapter import EvaluationBatch, GEPAAdapter
from gepa.core.state import GEPAState, ValsetEvaluation

from benchmarks.bookkeeping.meter import Cell, Meter, resident
from benchmarks.bookkeeping.rows import COMPONENTS, TEXT, Kind, row

OUTPUT = "o" * 200


def measure(candidates: int, tasks: int, kind: Kind, folder: Path | None, iterations: int) -> Cell:
    """Grow its state to so many candidates by its own method, then take the time of its iterations.

    Half of the proposals are accepted. Its default settings, so no merges; what the adapter and the model take is left
    out. `folder` is its `run_dir`.
    """
    grown = _Growing(candidates, tasks, kind, iterations)
    optimize(
        seed_candidate=dict.fromkeys(COMPONENTS, TEXT),
        trainset=[f"train{number}" for number in range(30)],
        valset=list(range(tasks)),
        adapter=_Adapter(grown),
        reflection_lm=grown.reflect,
        stop_callbacks=grown,
        run_dir=str(folder) if folder else None,
        logger=_Silent(),
    )
    name = "official, run_dir" if folder else "official"
    return grown.meter.cell(name, kind, (candidates, tasks), grown.memory, folder)


class _Growing:
    """Called before each iteration: lets the state grow before the first, and reads the meter after the others."""

    def __init__(self, candidates: int, tasks: int, kind: Kind, iterations: int) -> None:
        self.meter = Meter()
        self.memory = 0.0
        self.proposal = 0
        self.reflected = False
        """Whether the next minibatch is run with a child."""
        self.better = True
        """Whether the child beats its parent."""
        self._size = candidates
        self._tasks = tasks
        self._kind = kind
        self._left = 2 * iterations
        self._calls = count()

    def row(self, number: int) -> list[float]:
        return row(number, self._tasks, self._kind)

    def reflect(self, prompt: object) -> str:
        self.proposal += 1
        self.reflected = True
        return f"```\n{TEXT}{self.proposal}\n```"

    def __call__(self, gepa_state: GEPAState[Any, Any]) -> bool:
        call = next(self._calls)
        if call == 0:
            self._grow(gepa_state)
        elif call == 1:  # A trace as long as that many iterations leave, each like the one that was just made.
            gepa_state.full_program_trace[:0] = [dict(gepa_state.full_program_trace[0]) for _ in range(self._size)]
        else:
            assert len(gepa_state.program_candidates) == self._size + (call + 2) // 2
            self.meter.end("accepted" if self.better else "rejected")
            self._left -= 1
            self.better = not self.better
        self.meter.begin()
        return self._left == 0

    def _grow(self, state: GEPAState[Any, Any]) -> None:
        before = resident()
        for number in range(1, self._size):
            scores = dict(enumerate(self.row(number)))
            found = ValsetEvaluation(
                outputs_by_val_id={task: f"{number} {task} {OUTPUT}" for task in scores},
                scores_by_val_id=scores,
                objective_scores_by_val_id=None,
            )
            text = {COMPONENTS[number % len(COMPONENTS)]: f"{TEXT}grown {number}"}
            state.update_state_with_new_program(
                parent_program_idx=[number // 2],
                new_program={**state.program_candidates[number // 2], **text},
                valset_evaluation=found,
                run_dir=None,
                num_metric_calls_by_discovery_of_new_program=number * self._tasks,
            )
        self.memory = resident() - before


class _Adapter(GEPAAdapter[Any, str, str]):
    """Scores by the number of the candidate: on train the child beats its parent when it is its turn to."""

    def __init__(self, grown: _Growing) -> None:
        self._grown = grown

    def evaluate(
        self, batch: list[Any], candidate: dict[str, str], capture_traces: bool = False
    ) -> EvaluationBatch[str, str]:
        grown = self._grown
        with grown.meter.excluded():
            if len(batch) > 3:
                scores = grown.row(grown._size + grown.proposal)
            else:
                scores = [0.5 if not grown.reflected else 1.0 if grown.better else 0.25] * len(batch)
                grown.reflected = False
            outputs = [f"{grown.proposal} {task} {OUTPUT}" for task in batch]
        return EvaluationBatch(outputs=outputs, scores=scores, trajectories=outputs if capture_traces else None)

    def make_reflective_dataset(
        self, candidate: dict[str, str], eval_batch: EvaluationBatch[str, str], components_to_update: list[str]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        return {name: [{"Inputs": "x"}] for name in components_to_update}


class _Silent:
    def log(self, message: str) -> None:
        pass
