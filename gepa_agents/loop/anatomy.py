"""Finds what of the agent can be tuned, in what was really sent to models, and tells the mask which texts these are.

A text that was read from a masked rollout would go back to the agent with placeholders in it. So where a prompt holds
something that is masked, the anatomy is recorded once, and a resumed run does not read it from its journal's rollouts.
"""

import os
from collections.abc import Sequence

from gepa_agents.loop.rollouts import Rollouts
from gepa_agents.parts.masking.mask import detectors
from gepa_agents.parts.masking.records import Mask
from gepa_agents.parts.runs.journal import Journal
from gepa_agents.ports.masking import Detector
from gepa_agents.words.component import Anatomy
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.settings import Settings

RECORDED = "anatomy"


def masking(settings: Settings, journal: Journal, own: Sequence[Detector] = ()) -> Mask | None:
    """What this run masks, by its settings and the user's own detectors; None for nothing."""
    found = [*detectors(settings.mask, os.environ), *own]
    if not found:
        return None
    secrets = detectors([kind for kind in settings.mask if kind == "secrets"], os.environ)
    mask = Mask(found, secrets, by_key=bool(secrets))
    recorded = journal.outcome(RECORDED)
    if recorded is not None:
        mask.settle(Anatomy.model_validate_json(recorded))
    return mask


def discover(rollouts: Rollouts, baseline: Sequence[Rollout]) -> Anatomy:
    """What the baseline shows of the agent: read from it as it was, or as it was read the first time."""
    recorded = rollouts.journal.outcome(RECORDED)
    if recorded is not None:
        return Anatomy.model_validate_json(recorded)
    found = rollouts.agent.anatomy(rollouts.keeping.sent(baseline))
    if rollouts.mask is None:
        return found
    found = rollouts.mask.settle(found)
    # First the rollouts, then the record: a crash in between leaves a baseline that is read or made again.
    if rollouts.keeping.settle():
        rollouts.journal.conclude(RECORDED, found.model_dump_json())
    return found
