"""The commands and their options. Each body is imported when it is called, so that `--help` is quick."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gepa_agents.words.errors import ConfigError
from gepa_agents_cli.errors import MEANING, reported

# The line of its own keeps the help from refilling what follows.
EXIT_CODES = "\b\nExit codes:\n" + "\n".join(f"  {code.value:>3}  {meaning}" for code, meaning in MEANING.items())

app = typer.Typer(
    name="gepa-agents",
    help="Tunes the texts of a LangGraph agent from what its traces say, without a change to the agent.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Write JSON, one object a line; the last one is the result.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what it came to, and errors.")]
Toml = Annotated[Path, typer.Argument(help="A gepa.toml: it names agent, tasks and metric.")]
Record = Annotated[Path | None, typer.Option(help="Keep the calls of models and tools in this file.")]
Replay = Annotated[Path | None, typer.Option(help="Answer the calls of models and tools from this file; none is made.")]


class Split(StrEnum):
    """A split of the tasks."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


def _ending(output: Path | None) -> str:
    return "json" if output is not None and output.suffix == ".json" else "yaml"


def _forms() -> list[str]:
    from gepa_agents.parts.exports.forms import names

    return names()


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"gepa-agents {version('gepa-agents')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """What goes before a command."""
    del version  # its callback has ended the command already


@app.command()
def init(
    agent: Annotated[str, typer.Argument(help="module:attribute of a compiled graph, or of a function that makes it.")],
    folder: Annotated[Path, typer.Option(help="Write there.")] = Path(),
    as_json: Json = False,
) -> None:
    """Write gepa.toml, a metric to fill in and tasks to replace, made to fit a graph.

    It looks into the graph and doesn't run it. A file that is there is never overwritten.
    """
    with reported(as_json=as_json) as out:
        from gepa_agents_cli.init import init as body

        body(agent, folder, out)


@app.command()
def inspect(
    agent: Annotated[str, typer.Argument(help="module:attribute of a compiled graph, or a gepa.toml.")],
    probe: Annotated[
        list[str] | None,
        typer.Option(
            help="Run the agent on this task (a text, or a JSON object as graph state); may be repeated. "
            "It calls the agent's models and tools, with their costs and side effects."
        ),
    ] = None,
    tasks: Annotated[
        int, typer.Option(min=0, help="With a gepa.toml: also run the first so many train tasks (costs, as --probe).")
    ] = 0,
    full: Annotated[bool, typer.Option("--full", help="Show texts in full length.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show what can be tuned, and what can't.

    Nodes, edges, the prompts found in each node, tools; for what is out of reach, the reason and the remedy.
    """
    with reported(as_json=as_json, quiet=quiet) as out:
        from gepa_agents_cli.inspect import inspect as body

        body(agent, tuple(probe or ()), tasks, out, full=full)


@app.command()
def optimize(
    file: Toml,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Start without asking.")] = False,
    seed: Annotated[int | None, typer.Option(help="Instead of the file's seed.")] = None,
    folder: Annotated[Path | None, typer.Option("--run", help="Run folder, instead of the file's.")] = None,
    tune: Annotated[
        str | None, typer.Option(help="What to tune, instead of the file's: prompts, tools, or prompts,tools.")
    ] = None,
    review: Annotated[
        bool, typer.Option("--review", help="Ask about each proposal that did well: accept, reject, or edit it.")
    ] = False,
    record: Record = None,
    replay: Replay = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Tune the agent, or go on with a run.

    It checks and estimates first, and ends with baseline against tuned on tasks that nothing was tuned on. Ctrl-C loses
    nothing that was paid for: the same command goes on from there.
    """
    with reported(as_json=as_json, quiet=quiet) as out:
        from gepa_agents_cli.calls import Chosen
        from gepa_agents_cli.optimize import Instead, Person
        from gepa_agents_cli.optimize import optimize as body

        body(file, Instead(seed, folder, tune, Chosen(record, replay)), out, Person(not yes, review))


@app.command()
def evaluate(
    file: Toml,
    candidate: Annotated[
        Path | None, typer.Option(help="A saved candidate; without it, the agent as it stands.")
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Rollouts of each task.")] = 1,
    split: Annotated[Split, typer.Option(help="Which tasks.")] = Split.TEST,
    baseline: Annotated[
        str | None,
        typer.Option(help="Evaluate this one too, and compare: a saved candidate, or `baseline` for the agent itself."),
    ] = None,
    fail_if_worse: Annotated[
        bool, typer.Option("--fail-if-worse", help="With --baseline: exit code 7 when the candidate is worse.")
    ] = False,
    record: Record = None,
    replay: Replay = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Score the agent or a saved candidate.

    The mean with its 95 % interval, failures, cost and latency; with --baseline, whether it is better or worse, by a
    test that is paired by task.
    """
    with reported(as_json=as_json, quiet=quiet) as out:
        from gepa_agents_cli.calls import Chosen, called
        from gepa_agents_cli.config import load
        from gepa_agents_cli.evaluate import evaluate as alone
        from gepa_agents_cli.trial import Trial
        from gepa_agents_cli.versus import versus

        if baseline is None and fail_if_worse:
            raise ConfigError("--fail-if-worse needs something to be worse than; name it with --baseline")
        with called(load(file), Chosen(record, replay), out) as project:
            trial = Trial.of(project, split.value, repeats)
            if baseline is None:
                alone(trial, candidate, out)
            else:
                versus(trial, candidate, baseline, out, fail_if_worse=fail_if_worse)


@app.command()
def judge(
    file: Toml,
    labels: Annotated[
        Path,
        typer.Option(help="Labelled runs: JSON lines, JSON or CSV with `input`, `output`, `label`; docs/metrics.md."),
    ],
    threshold: Annotated[float, typer.Option(min=0, max=1, help="From here on, a label or a score is good.")] = 0.5,
    worst: Annotated[int, typer.Option(min=0, help="Show so many disagreements.")] = 5,
    record: Record = None,
    replay: Replay = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show how well the metric agrees with people, on runs that they labelled.

    Accuracy, Cohen's kappa, rank correlation, each with its interval; and the worst disagreements with the reasons. No
    agent is run.
    """
    with reported(as_json=as_json, quiet=quiet) as out:
        from gepa_agents_cli.calls import Chosen
        from gepa_agents_cli.judging import Held
        from gepa_agents_cli.judging import judge as body

        body(file, Held(labels, threshold, worst), Chosen(record, replay), out)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The run folder of an `optimize`.")],
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="In which form, see docs/export.md; yaml, or json when the output's name says so.",
            autocompletion=_forms,
        ),
    ] = None,
    candidate: Annotated[str, typer.Option(help="Id or number of a candidate, or `best`.")] = "best",
    choose: Annotated[
        str | None, typer.Option(help="Which candidate, in words: `cheapest within 1 % of best`; see docs/cli.md.")
    ] = None,
    options: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="An option of the form; may be repeated.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write there instead of to stdout.")] = None,
    as_json: Json = False,
) -> None:
    """Write a candidate of a run in a form that others take.

    yaml and json are what `evaluate`, `diff` and `agent.apply` take; docs/export.md has the others.
    """
    with reported(as_json=as_json) as out:
        from gepa_agents_cli.export import Wanted
        from gepa_agents_cli.export import export as body

        body(folder, Wanted(form or _ending(output), candidate, choose, tuple(options or ()), output), out)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The run folder of an `optimize`, finished or not.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Write there.")] = Path("report.html"),
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a run as one HTML file that opens offline.

    The verdict, the graph and what changed, the search, tasks that flipped with what happened in them, the ledger.
    """
    with reported(as_json=as_json, quiet=quiet) as out:
        from gepa_agents_cli.report import report as body

        body(folder, output, out)


@app.command()
def watch(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder; it may still be empty.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes a free one.")] = 8765,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show the report in a browser and keep it up to date while the run goes on.

    For this machine only; Ctrl-C ends it.
    """
    with reported(as_json=as_json, quiet=quiet) as out:
        from gepa_agents_cli.watch import watch as body

        body(folder, port, out)


@app.command()
def diff(
    a: Annotated[str, typer.Argument(help="A saved candidate, or `baseline`.")],
    b: Annotated[str, typer.Argument(help="A saved candidate, or `baseline`.")],
    as_json: Json = False,
) -> None:
    """Show what changed, text by text."""
    with reported(as_json=as_json) as out:
        from gepa_agents_cli.diff import diff as body

        body(a, b, out)


@app.command()
def ingest(
    traces: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="OTLP, JSON or protobuf, or JSON of LangSmith, Langfuse or Phoenix; packed with gzip or not.",
        ),
    ],
    graph: Annotated[
        str | None, typer.Option(help="The agent they are of: module:attribute, or a gepa.toml. Finds more prompts.")
    ] = None,
    score: Annotated[str, typer.Option(help="Which score counts, by its name, where a trace has several.")] = "",
    tasks: Annotated[Path | None, typer.Option(help="Write the inputs there, as tasks, each once.")] = None,
    trajectories: Annotated[Path | None, typer.Option(help="Write the runs there, as task and rollout.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Show texts in full length.")] = False,
    as_json: Json = False,
) -> None:
    """Show what stored traces tell, without calling a model.

    The prompts and tools of a running system, what goes wrong in it, how it was scored; and tasks and evidence from it.
    """
    with reported(as_json=as_json) as out:
        from gepa_agents_cli.ingest import Wanted
        from gepa_agents_cli.ingest import ingest as body

        body(traces, graph, score, Wanted(full, tasks, trajectories), out)
