"""`init AGENT`: the files of a first optimization, made to fit a graph that is there. The graph is not run."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from gepa_agents.words.errors import AgentError, ConfigError
from gepa_agents_cli import templates
from gepa_agents_cli.documents import Initialized, Input
from gepa_agents_cli.loading import Reference
from gepa_agents_cli.screen import Output, say

TOML, METRIC, TASKS = "gepa.toml", "metric.py", "tasks.jsonl"


def init(reference: str, folder: Path, out: Output) -> None:
    """Write `gepa.toml`, `metric.py` and `tasks.jsonl` into `folder`.

    Raises `AgentError` for a graph that can't be loaded, `ConfigError` when a file can't be written, or one of them is
    there already: then none is written.
    """
    from gepa_agents_langgraph.loading import load
    from gepa_agents_langgraph.shape import shape

    _check_free(folder)
    found = Reference(reference, Path.cwd(), AgentError).load()
    try:
        graph, name = load(found)
    except AgentError as error:
        raise AgentError(f"`{reference}`: {error}") from error
    looked = shape(graph)
    seen = _seen_from(folder, reference)
    _write(
        folder,
        {
            METRIC: templates.metric(name, looked),
            TASKS: templates.tasks(looked),
            TOML: templates.toml(seen, name, looked),  # last: what it names is there
        },
    )
    files = tuple(str(folder / file) for file in (TOML, METRIC, TASKS))
    document = Initialized(
        agent=name,
        nodes=dict(looked.nodes),
        inputs=tuple(Input(name=key.name, kind=key.kind, required=key.required) for key in looked.inputs),
        context=tuple(Input(name=key.name, kind=key.kind, required=key.required) for key in looked.context),
        files=files,
        next=f"gepa-agents inspect {folder / TOML} --tasks 1",
    )
    for line in told(document):
        say(out.end, line)
    out.document(document)


def told(done: Initialized) -> Iterator[str]:
    """What was found, what was written, and what to type next."""
    nodes = (f"{node} (model)" if model else node for node, model in done.nodes.items())
    yield f"agent    {done.agent}: {', '.join(nodes)}"
    for title, keys in (("input", done.inputs), ("context", done.context)):
        if keys:
            yield f"{title:<8} " + ", ".join(f"{k.name} ({k.kind}{'' if k.required else ', optional'})" for k in keys)
    yield f"wrote    {', '.join(done.files)}"
    yield ""
    if done.inputs and not any(key.required for key in done.inputs):
        yield "No key of the input is marked as required: keep in tasks.jsonl those that your graph starts from."
    yield "Put your tasks into tasks.jsonl and say in metric.py what makes a rollout good. Prompts show when the agent"
    yield "runs; this lets it run once, on your first task, with its costs and side effects:"
    yield f"  {done.next}"


def _check_free(folder: Path) -> None:
    there = [str(folder / file) for file in (TOML, METRIC, TASKS) if (folder / file).exists()]
    if there:
        raise ConfigError(
            f"{' and '.join(there)} {'is' if len(there) == 1 else 'are'} there already and would be overwritten; "
            "nothing was written. Move it away, or name another folder with --folder"
        )


def _seen_from(folder: Path, reference: str) -> str:
    """The reference as it reads from a `gepa.toml` in `folder`; here it is read from the current one."""
    module, _, attribute = reference.rpartition(":")
    here = Path.cwd()
    if folder.resolve() == here:
        return reference
    if module.endswith(".py"):
        return f"{_relative(Path(module), folder)}:{attribute}"
    file = getattr(sys.modules[module], "__file__", None)
    top = here / module.partition(".")[0]
    if file is None or not (top.is_dir() or top.with_suffix(".py").is_file()):
        return reference  # installed: found from anywhere
    if "." in module or top.is_dir():
        raise ConfigError(
            f"`{module}` is a package of this folder, and would not be found from {folder}; leave --folder out"
        )
    return f"{_relative(Path(file), folder)}:{attribute}"


def _relative(file: Path, folder: Path) -> str:
    return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()


def _write(folder: Path, texts: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            with (folder / name).open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise ConfigError(f"{error.filename} can't be written ({error.strerror}); name another --folder") from error
