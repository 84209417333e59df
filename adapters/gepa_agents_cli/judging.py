"""`judge gepa.toml --labels FILE`: how well the metric agrees with what people said of labelled runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gepa_agents_evaluators.agreement import Agreement, Disagreement, Measured, Spread, ameasure
from gepa_agents_evaluators.labels import labelled

from gepa_agents.words.suite import TaskSuite
from gepa_agents.words.task import Task
from gepa_agents_cli import project as files
from gepa_agents_cli.calls import Chosen, called
from gepa_agents_cli.config import load
from gepa_agents_cli.running import interruptible
from gepa_agents_cli.screen import Output, say
from gepa_agents_cli.standing import counted, paid


class Compared(Measured):
    """A metric held against labels."""

    result: Literal["judge"] = "judge"
    metric: str
    """As gepa.toml names it."""
    labels: str
    """The file."""
    threshold: float


@dataclass(frozen=True)
class Held:
    """What the metric is held against, and how."""

    labels: Path
    threshold: float
    """From here on a label or a score counts as good."""
    worst: int
    """Disagreements that are shown."""


def judge(file: Path, held: Held, chosen: Chosen, out: Output) -> None:
    """Ask the metric about labelled runs and show how it agrees; raises what `labelled` and `ameasure` raise."""
    labels, threshold = held.labels, held.threshold
    with called(load(file), chosen, out) as project:
        suite, metric, name = files.suite(project), files.metric(project), files.metric_name(project)
        runs = labelled(labels, _by_id(suite))
        say(out.course, f"metric     {name}")
        say(out.course, f"labels     {counted(len(runs), 'run')} ({labels})")
        work = ameasure(metric, runs, threshold=threshold, together=project.tables.settings.concurrency)
        measured = interruptible(work, out.end, "a measurement keeps nothing; run it again")
    for line in report(measured, threshold, held.worst):
        say(out.end, line)
    out.document(
        Compared.model_validate(
            {**measured.model_dump(), "metric": name, "labels": str(labels), "threshold": threshold}
        )
    )


def _by_id(suite: TaskSuite) -> dict[str, Task]:
    return {task.id: task for task in (*suite.train, *suite.val, *suite.test)}


def report(measured: Measured, threshold: float, worst: int) -> Iterator[str]:
    """The figures, the worst disagreements with both reasons, and what could not be judged."""
    for agreement in measured.agreements:
        yield from _figures(agreement, threshold, alone=len(measured.agreements) == 1)
    yield f"cost       {paid(measured.usage)}, {counted(measured.usage.tokens, 'token')}"
    for unjudged in measured.unjudged[:worst]:
        yield f"unjudged   {unjudged.task}: {unjudged.problem}"
    if len(measured.unjudged) > worst:
        yield f"           … and {len(measured.unjudged) - worst} more"
    if measured.disagreements[:worst]:
        yield ""
        every = counted(len(measured.disagreements), "disagreement")
        yield every if len(measured.disagreements) <= worst else f"the worst {worst} of {every}"
    for one in measured.disagreements[:worst]:
        yield from _disagreement(one)


def _figures(agreement: Agreement, threshold: float, *, alone: bool) -> Iterator[str]:
    if not alone:
        yield ""
        yield f"{agreement.name}, {counted(agreement.runs, 'run')}"
    yield f"accuracy   {_spread(agreement.accuracy)} (both on the same side of {threshold:g})"
    yield f"kappa      {_spread(agreement.kappa)}"
    if agreement.spearman is not None:
        yield f"spearman   {_spread(agreement.spearman)}"
    yield f"distance   {agreement.error:.3f} between label and score, on average"
    cells = agreement.confusion
    yield "                    judged good  judged bad"
    yield f"    labelled good   {cells.both_good:>11}  {cells.only_label:>10}"
    yield f"    labelled bad    {cells.only_judge:>11}  {cells.both_bad:>10}"


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return "can't be told: they always say the same"
    return f"{spread.value:.3f}, 95 % interval {spread.low:.3f} to {spread.high:.3f}"


def _disagreement(one: Disagreement) -> Iterator[str]:
    which = "" if one.name == "score" else f", {one.name}"
    yield f"  {one.task}{which}: labelled {one.label:g}, judged {one.score:.3g}"
    for who, words in (("judge", one.said), ("label", one.why)):
        for number, line in enumerate(words.splitlines()):
            yield f"    {f'{who}:' if number == 0 else '':<7}{line}"
