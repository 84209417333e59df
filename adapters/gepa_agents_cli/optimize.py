"""`optimize gepa.toml`: check and foresee, run with everything in sight, close with what it came to."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import typer
from pydantic import ValidationError

from gepa_agents.loop.estimate import Estimate, estimate
from gepa_agents.loop.optimize import aoptimize
from gepa_agents.loop.preconditions import affordable
from gepa_agents.loop.result import Result
from gepa_agents.parts.runs.journal import FILE
from gepa_agents.parts.statistics.intervals import FEWEST
from gepa_agents.words.errors import ConfigError, ModelUnavailable
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.settings import Budget, Settings
from gepa_agents.words.suite import TaskSuite
from gepa_agents_cli import project as files
from gepa_agents_cli.calls import Chosen, called
from gepa_agents_cli.closing import bill, document, verdict, warnings
from gepa_agents_cli.config import Project, load
from gepa_agents_cli.diff import show
from gepa_agents_cli.export import save
from gepa_agents_cli.progress import aside, watching
from gepa_agents_cli.reviewing import AtTerminal, check_terminal
from gepa_agents_cli.running import interruptible
from gepa_agents_cli.screen import Output, say
from gepa_agents_cli.standing import limits

TUNED = "tuned.yaml"


@dataclass(frozen=True)
class Instead:
    """What stands in for the file's own."""

    seed: int | None = None
    folder: Path | None = None
    tune: str | None = None
    calls: Chosen = field(default_factory=Chosen)


@dataclass(frozen=True)
class Person:
    """What the person at the terminal wants to be asked."""

    start: bool = True
    """Whether to start."""
    review: bool = False
    """Whether a proposal that did well may join the pool."""


def optimize(file: Path, instead: Instead, out: Output, person: Person) -> None:
    """Run the optimization that `file` describes; raises every `GepaError` there is."""
    with called(load(file), instead.calls, out) as project:
        _optimize(project, instead, out, person)


def _optimize(project: Project, instead: Instead, out: Output, person: Person) -> None:
    if person.review:
        check_terminal(out)
    budget = project.tables.budget
    if budget is None:
        raise project.missing("budget", "[budget] rollouts = 500")
    settings = tuning(project.tables.settings, instead.tune)
    if instead.seed is not None:
        settings = settings.model_copy(update={"seed": instead.seed})
    folder = instead.folder or project.run_folder
    model = files.reflection(project)
    suite, metric, agent = files.suite(project), files.metric(project), files.agent(project)
    stored = files.stored(project)
    needed = estimate(suite, settings, edits=person.review)
    affordable(needed, budget)

    resumed = (folder / FILE).is_file()
    for line in foreseen(project, suite, budget, needed):
        say(out.course, line)
    say(out.course, f"run folder  {folder}" + (" (goes on where it stopped)" if resumed else ""))
    if person.start and not (resumed or agreed(out)):
        raise typer.Exit(0)
    with watching(out, budget) as observer:
        work = aoptimize(
            agent,
            suite,
            metric=metric,
            reflection_lm=model,
            budget=budget,
            settings=settings,
            run=folder,
            observer=observer,
            prices=files.prices(project, budget),
            stored=stored,
            reviewer=AtTerminal(out.course, partial(aside, observer)) if person.review else None,
        )
        result = interruptible(
            work,
            out.end,
            f"everything that was paid for is in {folder}; the same command again goes on from here. "
            "Waiting for calls under way, Ctrl-C again to leave at once",
        )
    close(out, result, folder)


def tuning(settings: Settings, wanted: str | None) -> Settings:
    """The settings with what is wanted on the command line, kinds of texts with commas; `ConfigError` for others."""
    if wanted is None:
        return settings
    kinds = tuple(kind.strip() for kind in wanted.split(","))
    try:
        return Settings.model_validate({**settings.model_dump(), "tune": kinds})
    except ValidationError as error:
        raise ConfigError(f"--tune {wanted}: give prompts, tools, or prompts,tools") from error


def foreseen(project: Project, suite: TaskSuite, budget: Budget, needed: Estimate) -> Iterator[str]:
    """What is about to be run, and what it will take."""
    tables = project.tables
    yield f"agent       {tables.agent.graph}"
    yield f"tasks       {len(suite.train)} train, {len(suite.val)} val, {len(suite.test)} test ({project.tasks_file})"
    yield f"metric      {files.metric_name(project)}"
    yield f"reflection  {files.reflection_name(project)}"
    yield f"budget      {limits(budget)}"
    yield (
        f"estimate    {needed.baseline} rollouts for the baseline, {needed.rejected} to {needed.accepted} a proposal, "
        + (f"{needed.recheck} to re-check the best, " if needed.recheck else "")
        + f"{needed.test} for the closing test"
    )
    if budget.rollouts is not None:
        least, most = needed.proposals(budget.rollouts)
        yield f"            the budget pays for {least} to {most} proposals"
    if len(suite.test) < FEWEST:
        yield f"            test is too small to show a significant difference: that takes {FEWEST} tasks"


def agreed(out: Output) -> bool:
    """Ask before money is spent; where nobody sees what to answer, the budget in the file is the answer."""
    if out.course.quiet or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return True
    return typer.confirm("Start?", default=True)


def close(out: Output, result: Result, folder: Path) -> None:
    """Baseline against tuned, the diff, the paths; raises `ModelUnavailable` after it when reflection gave out."""
    tuned = folder / TUNED
    say(out.end, "")
    for line in verdict(result):
        say(out.end, line)
    for line in (*warnings(result), *bill(result)):
        say(out.end, line)
    if result.best.texts:
        say(out.end, "")
        show(GraphConfig(), result.best, out.end, ("baseline", TUNED))
    save(result.best, tuned)
    say(out.end, "")
    say(out.end, f"wrote {tuned} and {folder / FILE}")
    out.document(document(result, folder, tuned))
    if result.stopped.reason == "reflection":
        raise ModelUnavailable(f"the search stopped early: {result.stopped.detail}; the result above is kept")
