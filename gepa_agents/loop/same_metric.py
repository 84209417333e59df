"""Whether the metric of a resumed run still says what it said: scores of two metrics are never mixed."""

from gepa_agents.loop.judging import judge
from gepa_agents.loop.keeping import as_read
from gepa_agents.parts.runs.fingerprint import fingerprint
from gepa_agents.parts.runs.journal import Journal
from gepa_agents.ports.metric import Metric
from gepa_agents.words.errors import JournalMismatch
from gepa_agents.words.rollout import Rollout, Score
from gepa_agents.words.suite import TaskSuite

ASKED = 20
"""Rollouts at most that a metric whose code changed has to judge again."""


async def same_metric(metric: Metric, journal: Journal, suite: TaskSuite) -> None:
    """Note the metric's code, or, when a journal was begun with other code, ask the metric again about what it scored.

    One that was mended or tidied up says the same, and the run goes on. Raises `JournalMismatch` when it does not, and
    `MetricError` as it does. What a metric asks of a model here is not booked.
    """
    now, before = fingerprint(metric), journal.outcome("metric")
    if before is not None and before != now:
        tasks = {task.id: task for task in (*suite.train, *suite.val, *suite.test)}
        for rollout in _scored(journal):
            score = await judge(metric, tasks[rollout.task], rollout.model_copy(update={"score": None}))
            # As a journal gives it back: half a surrogate pair in its words is no difference.
            then, today = _said(rollout.score), _said(as_read(rollout.model_copy(update={"score": score})).score)
            if then != today:
                raise JournalMismatch(
                    f"{journal.place}: the metric changed since this run began. Of task `{rollout.task}` it said "
                    f"{then[:300]} and says {today[:300]} now; use another run folder, or put the metric back"
                )
    if before != now:
        journal.conclude("metric", now)


def _scored(journal: Journal) -> list[Rollout]:
    """Some of the scored rollouts, spread over the journal; of a masked one the metric saw what is not kept."""
    bodies = (Rollout.model_validate_json(body) for _, body in journal.calls("rollout/"))
    scored = [rollout for rollout in bodies if rollout.score is not None and not rollout.masked]
    return scored[:: max(len(scored) // ASKED, 1)][:ASKED]


def _said(score: Score | None) -> str:
    """What a score is compared by, as it is shown: what judging cost may differ."""
    return "nothing" if score is None else score.model_dump_json(exclude={"usage"}, exclude_defaults=True)
