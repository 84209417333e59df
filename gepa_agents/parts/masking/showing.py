"""A task and its rollout as a model may be shown them, outside of any run: for judges. Keeps nothing."""

import os
from collections.abc import Iterable

from gepa_agents.parts.masking.mask import Kind, Masked, detectors
from gepa_agents.parts.masking.records import ORDER
from gepa_agents.words.case import Case
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.settings import Settings

__all__ = ["masked"]


def masked(case: Case, kinds: Iterable[Kind] = Settings().mask) -> Case:
    """The case with placeholders such as `[email 1]` for secrets and personal data of these kinds, as in `Settings`.

    The same value has the same placeholder throughout, in the task, in what is expected and in the rollout. Numbers
    follow the order in which values appear: in the task's input, in the rollout, then in what is expected.
    """
    wanted = list(kinds)
    found = detectors(wanted, os.environ)
    if not found:
        return case
    mask = Masked(found, by_key="secrets" in wanted)
    task, rollout = case.task, case.rollout
    shown = mask.data(task.input)
    record: dict[str, JsonValue] = rollout.model_dump(mode="json")
    record |= {part: mask.data(record[part]) for part in ORDER}
    more = {"expected": mask.data(task.expected), "metadata": mask.data(task.metadata)}
    if not mask.placeholders:
        return case
    return Case(
        task=task.model_copy(update={"input": shown, **more}),
        rollout=Rollout.model_validate({**record, "masked": sorted({*rollout.masked, *mask.placeholders})}),
    )
