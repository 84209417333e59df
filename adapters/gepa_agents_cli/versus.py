"""`evaluate gepa.toml --baseline old.yaml`: is a candidate better or worse than another, task by task?"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

from gepa_agents.loop.compare import compare
from gepa_agents.loop.evaluate import Evaluation
from gepa_agents.words.comparison import Change, Comparison
from gepa_agents.words.errors import ConfigError
from gepa_agents_cli.errors import ExitCode
from gepa_agents_cli.evaluate import document
from gepa_agents_cli.running import interruptible
from gepa_agents_cli.screen import Output, say
from gepa_agents_cli.standing import counted, paid
from gepa_agents_cli.trial import BASELINE, Side, Trial

SHOWN = 10
"""Tasks that are named of those that scored lower, and of those that scored higher."""
STYLES = {"better": "green", "worse": "bold red"}


def versus(trial: Trial, candidate: Path | None, baseline: str, out: Output, *, fail_if_worse: bool) -> None:
    """Evaluate both sides on the same tasks and compare them.

    `baseline` is a saved candidate or the word `baseline`, for the agent as it stands. Raises `typer.Exit` with
    `ExitCode.WORSE` if the candidate is worse and that is to fail; `ConfigError` when both sides are the same.
    """
    if candidate is None and baseline == BASELINE:
        raise ConfigError("both sides are the agent as it stands; name a saved candidate with --candidate")
    sides = Side.of(None if baseline == BASELINE else Path(baseline)), Side.of(candidate)

    async def both() -> tuple[Evaluation, Evaluation]:
        # The newer one first: if it does not fit the agent, that shows before anything is spent on the other.
        return await trial.evaluated(sides[1], out), await trial.evaluated(sides[0], out)

    after, before = interruptible(both(), out.end, "an evaluation keeps nothing; run it again")
    found = compare(before, after)
    for line in report(before, after, found):
        say(out.end, line)
    say(out.end, verdict(found), STYLES.get(found.verdict, ""))
    other = document(before, sides[0].file, trial.split)
    out.document(document(after, candidate, trial.split).model_copy(update={"baseline": other, "comparison": found}))
    if fail_if_worse and found.verdict == "worse":
        raise typer.Exit(ExitCode.WORSE)


def report(before: Evaluation, after: Evaluation, found: Comparison) -> Iterator[str]:
    """Both sides' figures, and the tasks that scored otherwise."""
    spread = f"{found.difference:+.3f}, 95 % interval {found.low:+.3f} to {found.high:+.3f}"
    repeats = f"{counted(found.tasks, 'task')}, {counted(after.repeats, 'repeat')}"
    yield f"score      {found.before:.3f} → {found.after:.3f}, difference {spread} (paired by task; {repeats})"
    yield f"failed     {before.faults} → {after.faults} of {counted(len(after.rollouts), 'rollout')}"
    yield f"cost       {paid(before.usage)} → {paid(after.usage)}"
    yield f"tokens     {before.usage.tokens:,} → {after.usage.tokens:,}"
    yield f"latency    {before.seconds:.2f} → {after.seconds:.2f} s a rollout"
    yield from _named("lost", found.lost)
    yield from _named("gained", found.gained)
    yield f"same       {counted(found.tasks - len(found.lost) - len(found.gained), 'task')}"


def verdict(found: Comparison) -> str:
    """What to make of it, in a sentence."""
    match found.verdict:
        case "better":
            return "better: the whole interval of the difference lies above 0"
        case "worse":
            return "worse: the whole interval of the difference lies below 0"
        case _:
            return (
                "no significant difference: the interval includes 0; with so many tasks, a loss of up to "
                f"{found.unseen_loss:.3f} could have gone unseen"
            )


def _named(label: str, changes: Sequence[Change]) -> Iterator[str]:
    for change in changes[:SHOWN]:
        yield f"{label:<10} {change.task}: {change.before:.3f} → {change.after:.3f}"
    if changes[SHOWN:]:
        yield f"{'':<10} and {counted(len(changes) - SHOWN, 'task')} more"
