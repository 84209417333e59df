"""A task and its rollout as LangSmith's evaluators of the form `(run, example)` read them: a run and an example."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from gepa_agents import ModelStep, Rollout, Task, ToolStep
from gepa_agents.words.frozen import JsonValue

if TYPE_CHECKING:
    from langsmith.schemas import Example, Run

__all__ = ["example", "run"]

OURS = UUID("7b0f64a5-5a0c-4d0c-9a3e-6f2b1f0c7d11")
"""Namespace of the ids: the same rollout has the same ids each time."""
BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
"""A rollout knows how long its steps took, and no date."""


def run(task: Task, rollout: Rollout) -> "Run":
    """The rollout as a run, with a child for each model call and tool run."""
    from langsmith.schemas import Run

    name = f"{rollout.candidate}/{rollout.task}/{rollout.repeat}"
    identity = uuid5(OURS, name)
    children = [
        Run(id=uuid5(identity, str(number)), trace_id=identity, parent_run_id=identity, **fields)
        for number, fields in enumerate(_steps(rollout))
    ]
    return Run(
        id=identity,
        trace_id=identity,
        name=rollout.task,
        run_type="chain",
        start_time=BEGIN,
        end_time=BEGIN + timedelta(seconds=rollout.trajectory.seconds),
        inputs=_object("input", task.input),
        outputs=_object("output", rollout.output),
        error=None if rollout.fault is None else rollout.fault.message,
        child_runs=children,
    )


def example(task: Task) -> "Example":
    """The task as an example of a dataset."""
    from langsmith.schemas import Example

    return Example(
        id=uuid5(OURS, task.id),
        inputs=_object("input", task.input),
        outputs=None if task.expected is None else _object("output", task.expected),
        metadata=dict(task.metadata),
    )


def _object(key: str, value: JsonValue) -> dict[str, JsonValue]:
    """LangSmith's inputs and outputs are objects; anything else stands under a key."""
    return dict(value) if isinstance(value, dict) else {key: value}


def _steps(rollout: Rollout) -> Iterator[dict[str, Any]]:
    for step in rollout.trajectory.steps:
        begin = BEGIN + timedelta(seconds=step.started)
        timed = {"start_time": begin, "end_time": begin + timedelta(seconds=step.seconds), "error": step.error}
        match step:
            case ModelStep(reply=reply):
                sent = {"messages": [message.model_dump(mode="json") for message in step.messages]}
                said = {} if reply is None else {"outputs": reply.model_dump(mode="json")}
                yield {"name": step.model or "model", "run_type": "llm", "inputs": sent, **said, **timed}
            case ToolStep():
                given = _object("input", step.arguments)
                yield {
                    "name": step.tool,
                    "run_type": "tool",
                    "inputs": given,
                    "outputs": {"output": step.result},
                    **timed,
                }
            case _:
                pass
