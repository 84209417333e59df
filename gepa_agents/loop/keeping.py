"""Keeps rollouts in the journal, masked; and for a while, in memory, what must be read unmasked: the agent's prompts.

All but the metric see a rollout as it is read back from the journal, so that a replay sees the same.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic_core import PydanticSerializationError

from gepa_agents.parts.masking.records import Mask
from gepa_agents.parts.runs.journal import Journal
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import Trajectory


@dataclass
class Keeping:
    """Where rollouts are kept, and how much of them."""

    journal: Journal
    mask: Mask | None = None
    """What is not kept; without it everything is."""

    def __post_init__(self) -> None:
        self._held: dict[str, tuple[Task, Rollout]] = {}

    def keep(self, task: Task, rollout: Rollout, texts: Iterable[str]) -> Rollout:
        """Record a rollout that ran with the new `texts`; returned as it is read back."""
        kept = rollout
        if self.mask is not None:
            kept = self.mask.rollout(task, rollout, texts)
            if self.mask.own is None and self.mask.hides_a_prompt(kept):
                self._held[key(rollout.candidate, rollout.task, rollout.repeat)] = task, rollout
        body = _written(kept)
        self.journal.record(key(rollout.candidate, rollout.task, rollout.repeat), body)
        return Rollout.model_validate_json(body)

    def recall(self, candidate: str, task: str, repeat: int) -> Rollout | None:
        """The rollout that is kept, if any; perhaps not judged yet."""
        return self.journal.restore(key(candidate, task, repeat), Rollout)

    def lacks(self, rollout: Rollout) -> bool:
        """Whether what was kept of a rollout won't do, so that it has to be made again.

        The metric judges what really happened, and prompts are read from what was really sent. Only a run that was
        interrupted between making a rollout and judging it, or during the baseline, has to do that again.
        """
        if self.mask is None or not rollout.masked:
            return False
        if rollout.score is None and rollout.fault is None:
            return True
        held = key(rollout.candidate, rollout.task, rollout.repeat) in self._held
        return self.mask.own is None and not held and self.mask.hides_a_prompt(rollout)

    def sent(self, rollouts: Sequence[Rollout]) -> list[Trajectory]:
        """What really happened in the rollouts of the baseline, for the agent's texts to be read from."""
        keys = [key(rollout.candidate, rollout.task, rollout.repeat) for rollout in rollouts]
        held = {name: rollout for name, (_, rollout) in self._held.items()}
        return [held.get(name, rollout).trajectory for name, rollout in zip(keys, rollouts, strict=True)]

    def settle(self) -> bool:
        """Keep the baseline anew, now that the mask knows the agent's own texts; says whether there was need to."""
        held, self._held = self._held, {}
        for task, rollout in held.values():
            self.keep(task, rollout, ())
        return bool(held)


def key(candidate: str, task: str, repeat: int) -> str:
    """Under which key a rollout is in the journal."""
    return f"rollout/{candidate}/{task}/{repeat}"


def as_read(rollout: Rollout) -> Rollout:
    """The rollout as a journal gives it back, so that a metric which is asked after a resume sees the same."""
    return Rollout.model_validate_json(_written(rollout))


def _written(rollout: Rollout) -> str:
    try:
        return rollout.model_dump_json()
    except PydanticSerializationError:
        # A lone surrogate, as models and tools produce it from cut-off text, can't be encoded.
        body = json.dumps(rollout.model_dump(mode="json"), ensure_ascii=False)
        return body.encode("utf-8", "replace").decode("utf-8")
