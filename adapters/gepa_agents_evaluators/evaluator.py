"""Others' evaluators as metrics: `openevals`, `agentevals`, LangSmith's, and functions written for them."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal

from gepa_agents import ConfigError, Prices, Rollout, Score, Task
from gepa_agents_evaluators import results
from gepa_agents_evaluators.conversation import messages, visits
from gepa_agents_evaluators.counting import called

__all__ = ["Evaluated", "Seen", "from_evaluator"]

Seen = Literal["text", "state", "messages", "visits"]
"""What an evaluator is given as `outputs`: the agent's final words, its final state, the whole conversation (for the
trajectory evaluators of `agentevals`), or the nodes in the order of their visits (for its graph trajectories)."""

NAMES = ("inputs", "outputs", "reference_outputs")
RUN = ("run", "example")


def from_evaluator(
    evaluator: object, *, outputs: Seen = "text", value: str = "", prices: Prices | None = None
) -> "Evaluated":
    """A metric of an evaluator, sync or async, that somebody wrote for `openevals`, `agentevals` or LangSmith.

    It is called with `inputs` (the task's input), `outputs` (see `Seen`) and `reference_outputs` (what the task
    expects), or those of them that it takes; or, where it takes `run` and `example`, with LangSmith's records of them.
    Its comment becomes feedback. Where it gives several results, all are objectives, and `value` names the one that
    counts; without it, the result `score`, or else the mean.

    What LangChain's models cost within it is in the score's usage, by `prices` or an installed price list. Raises
    `ConfigError` for what can't be called so.
    """
    return Evaluated(evaluator, outputs, value, prices)


class Evaluated:
    """An evaluator as a metric; see `from_evaluator`."""

    def __init__(self, evaluator: object, outputs: Seen, value: str, prices: Prices | None) -> None:
        function = getattr(evaluator, "evaluate_run", evaluator)
        if not callable(function):
            raise ConfigError(f"{evaluator!r:.100} is no evaluator; give a function, or one that a `create_…` made")
        if outputs not in ("text", "state", "messages", "visits"):
            raise ConfigError(f"outputs={outputs!r} is not known; give text, state, messages or visits")
        self._function: Callable[..., object] = function
        self._name = getattr(evaluator, "__name__", type(evaluator).__name__)
        self._given = _parameters(function, self._name)
        self._outputs, self._value, self._prices = outputs, value, prices

    @property
    def made_of(self) -> tuple[object, ...]:
        """What decides its scores: settings, and the evaluator's code."""
        return f"{self._outputs} {self._value}", self._function

    async def __call__(self, task: Task, rollout: Rollout) -> Score:
        """The evaluator's judgement; raises `MetricError` when there is no number in it, and what it raises."""
        call = functools.partial(self._function, **self._arguments(task, rollout))
        answer, usage = await called(call, self._prices)
        return results.score(answer, self._name, self._value, usage)

    def _arguments(self, task: Task, rollout: Rollout) -> Mapping[str, Any]:
        if "run" in self._given:
            from gepa_agents_evaluators import examples

            known: dict[str, Any] = {"run": examples.run(task, rollout), "example": examples.example(task)}
        else:
            known = {
                "inputs": task.input,
                "outputs": self._seen(task, rollout),
                "reference_outputs": self._reference(task),
            }
        return {name: known[name] for name in self._given}

    def _reference(self, task: Task) -> Any:
        """What was expected; beside a conversation, a text is taken for its last message."""
        if self._outputs == "messages" and isinstance(task.expected, str):
            return [{"role": "assistant", "content": task.expected}]
        return task.expected

    def _seen(self, task: Task, rollout: Rollout) -> Any:
        match self._outputs:
            case "text":
                return rollout.text
            case "state":
                return rollout.output
            case "messages":
                return messages(task, rollout)
            case "visits":
                return visits(rollout)


def _parameters(function: Callable[..., object], name: str) -> tuple[str, ...]:
    """Which of the known arguments the function takes."""
    taken = inspect.signature(function).parameters
    every = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in taken.values())
    known = RUN if "run" in taken else NAMES
    needed = [
        one.name
        for one in taken.values()
        if one.default is one.empty and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL) and one.name not in known
    ]
    # What it names, and no more: `openevals`' own functions stumble over names that their **kwargs only let through.
    given = tuple(one for one in known if one in taken) or (NAMES if every else ())
    if needed or not given:
        what = f"needs `{needed[0]}`" if needed else "takes none of them"
        raise ConfigError(
            f"the evaluator `{name}` {what}; it is called with inputs, outputs and reference_outputs, or with run and "
            "example: wrap it in a function that takes these, or write a metric of (task, rollout)"
        )
    return given
