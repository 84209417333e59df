"""`evaluate gepa.toml`: one configuration on one split, with an interval, failures, cost and latency."""

from collections.abc import Iterator
from pathlib import Path

from gepa_agents.loop.evaluate import Evaluation, aevaluate
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.settings import Budget
from gepa_agents.words.task import Split
from gepa_agents_cli import project as files
from gepa_agents_cli.config import load
from gepa_agents_cli.documents import Evaluated, Judged
from gepa_agents_cli.progress import watching
from gepa_agents_cli.running import interruptible
from gepa_agents_cli.screen import Output, say
from gepa_agents_cli.standing import counted, money, paid

SHOWN = 3
"""Failures that are shown by name."""


def evaluate(file: Path, candidate: Path | None, repeats: int, split: Split, out: Output) -> None:
    """Evaluate the agent, or a saved candidate of it; raises what `aevaluate` raises, and `GraphConfigError`."""
    project = load(file)
    config = GraphConfig() if candidate is None else GraphConfig.load(candidate)
    suite, metric, agent = files.suite(project), files.metric(project), files.agent(project)
    tasks = {"train": suite.train, "val": suite.val, "test": suite.test}[split]
    rollouts = len(tasks) * repeats
    say(out.course, f"{candidate or 'the agent as it stands'} on {counted(len(tasks), 'task')} of {split}")
    with watching(out, Budget(rollouts=rollouts)) as observer:
        work = aevaluate(
            agent,
            tasks,
            metric=metric,
            config=config,
            settings=project.tables.settings,
            repeats=repeats,
            observer=observer,
            prices=files.prices(project),
        )
        evaluation = interruptible(work, out.end, "an evaluation keeps nothing; run it again")
    for line in report(evaluation):
        say(out.end, line)
    out.document(document(evaluation, candidate, split))


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
