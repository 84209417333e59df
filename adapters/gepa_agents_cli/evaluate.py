"""`evaluate gepa.toml`: one configuration on one split, with an interval, failures, cost and latency."""

from collections.abc import Iterator
from pathlib import Path

from gepa_agents.loop.evaluate import Evaluation
from gepa_agents.words.task import Split
from gepa_agents_cli.documents import Evaluated, Judged
from gepa_agents_cli.running import interruptible
from gepa_agents_cli.screen import Output, say
from gepa_agents_cli.standing import counted, money, paid
from gepa_agents_cli.trial import Side, Trial

SHOWN = 3
"""Failures that are shown by name."""


def evaluate(trial: Trial, candidate: Path | None, out: Output) -> None:
    """Evaluate the agent, or a saved candidate of it; raises what `aevaluate` raises, and `GraphConfigError`."""
    work = trial.evaluated(Side.of(candidate), out)
    evaluation = interruptible(work, out.end, "an evaluation keeps nothing; run it again")
    for line in report(evaluation):
        say(out.end, line)
    out.document(document(evaluation, candidate, trial.split))


def document(evaluation: Evaluation, candidate: Path | None, split: Split) -> Evaluated:
    """The same for scripts."""
    return Evaluated(
        candidate=None if candidate is None else str(candidate),
        split=split,
        mean=evaluation.mean,
        low=evaluation.low,
        high=evaluation.high,
        repeats=evaluation.repeats,
        faults=evaluation.faults,
        usage=evaluation.usage,
        seconds=evaluation.seconds,
        rollouts=tuple(
            Judged(
                task=one.task,
                repeat=one.repeat,
                score=one.score.value if one.score else None,
                feedback=one.score.feedback if one.score else "",
                fault=one.fault.message if one.fault else None,
                objectives=one.score.objectives if one.score else {},
            )
            for one in evaluation.rollouts
        ),
    )


def report(evaluation: Evaluation) -> Iterator[str]:
    """The figures, and the first failures by name."""
    rollouts = evaluation.rollouts
    yield f"score      {evaluation.mean:.3f}, 95 % interval {evaluation.low:.3f} to {evaluation.high:.3f}"
    yield f"rollouts   {len(rollouts)} ({counted(evaluation.repeats, 'repeat')}), {evaluation.faults} failed"
    usage = evaluation.usage
    each = f", {money(usage.usd / len(rollouts))} a rollout" if usage.usd else ""
    yield f"cost       {paid(usage)}{each}, {counted(usage.tokens, 'token')}"
    yield f"latency    {evaluation.seconds:.2f} s a rollout"
    faults = [(rollout.task, rollout.fault.message) for rollout in rollouts if rollout.fault is not None]
    for task, message in faults[:SHOWN]:
        yield f"failed     {task}: {message}"
