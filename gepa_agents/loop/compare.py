"""Two evaluations of the same tasks, compared task by task: better, worse, or not to be told apart."""

from gepa_agents.loop.evaluate import Evaluation
from gepa_agents.parts.statistics.intervals import paired
from gepa_agents.parts.statistics.unseen import unseen_loss
from gepa_agents.words.comparison import Change, Comparison
from gepa_agents.words.errors import ConfigError

SAME = 1e-9
"""Scores of a task that differ by less are the same: means of equal numbers can differ in their last bits."""


def compare(baseline: Evaluation, candidate: Evaluation) -> Comparison:
    """Compare two evaluations; raises `ConfigError` when they are not of the same tasks."""
    before, after = baseline.scores, candidate.scores
    if before.keys() != after.keys():
        odd = sorted(before.keys() ^ after.keys())
        raise ConfigError(
            f"these evaluations are not of the same tasks ({', '.join(f'`{task}`' for task in odd[:3])}"
            f"{' and more' if len(odd) > 3 else ''} in one only); evaluate both on the same tasks"
        )
    pairs = [(before[task], after[task]) for task in before]
    spread = paired([b for b, _ in pairs], [a for _, a in pairs])
    changes = [Change(task=task, before=before[task], after=after[task]) for task in before]
    changes.sort(key=lambda one: one.after - one.before)
    return Comparison(
        verdict="better" if spread.low > 0 else "worse" if spread.high < 0 else "no significant difference",
        tasks=len(pairs),
        before=sum(before.values()) / len(pairs),
        after=sum(after.values()) / len(pairs),
        difference=spread.mean,
        low=spread.low,
        high=spread.high,
        unseen_loss=unseen_loss([b for b, _ in pairs], [a for _, a in pairs]),
        lost=tuple(one for one in changes if one.after - one.before < -SAME),
        gained=tuple(one for one in reversed(changes) if one.after - one.before > SAME),
    )
