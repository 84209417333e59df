"""Assertions on what an agent did: which tools it called, with what, in which order, and how much it took.

    run = AgentRun(rollout)
    run.assert_called("search", before=run.ANSWER)
    run.assert_not_called("refund", more_than=1)

Every message shows the run's steps. Needs no pytest; the pytest plugin's fixture `agent_run` is one of these.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from gepa_agents.parts.feedback import quoting
from gepa_agents.parts.feedback.calls import Call, calls
from gepa_agents.parts.feedback.diagnosis import Diagnosis
from gepa_agents.parts.feedback.findings import CHECKS
from gepa_agents.parts.feedback.steps import called, lines, numbers
from gepa_agents.parts.masking.mask import Kind
from gepa_agents.parts.masking.showing import masked
from gepa_agents.words.case import Case
from gepa_agents.words.finding import Finding
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.settings import Settings
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import ModelStep, Trajectory

Expected = Mapping[str, JsonValue | Callable[[JsonValue], object] | object]
"""Arguments by name: a value that must be equal (`pytest.approx(12.5)` is), or a function that must say yes."""
TEXT = 600
"""Longest text of a task, an answer or a feedback that a message shows, in characters."""


@dataclass(frozen=True, repr=False)
class AgentRun:
    """One rollout, with questions that fail with its steps. What is asked about is what really happened."""

    rollout: Rollout
    task: Task | None = None
    """Shown in messages, when it is known."""
    mask: tuple[Kind, ...] = Settings().mask
    """What messages do not show, as in `Settings.mask`: they end up in logs. `()` shows everything."""

    ANSWER: ClassVar[str] = "the agent's answer"
    """For `before`: the last call of a model, which words the agent's answer."""

    def __repr__(self) -> str:
        # Whole, it would fill a log, with what is masked elsewhere.
        return f"<AgentRun of {self.rollout.task}: {self._standing()}>"

    @property
    def trajectory(self) -> Trajectory:
        """What happened."""
        return self.rollout.trajectory

    @property
    def text(self) -> str:
        """The agent's final words."""
        return self.rollout.text

    @property
    def score(self) -> float | None:
        """What the metric said; None where it was not asked, or the run failed."""
        return None if self.rollout.score is None else self.rollout.score.value

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What went wrong, found without a model; see `docs/feedback.md`."""
        return Diagnosis().of(self._shown)

    def assert_called(
        self, tool: str, *, arguments: Expected | None = None, before: str | None = None, times: int | None = None
    ) -> None:
        """The tool was called, whether it then failed or not: at least once, or exactly so many `times`.

        `arguments`: only calls with these count; others than those named may be there. `before`: only calls count that
        had ended when the first call of that tool, the first step in that node, or the answer (`ANSWER`) began; if none
        ever did, all count.
        """
        __tracebackhide__ = True
        found = self._calls(tool, arguments, before)
        if times is None and not found:
            self._fail(f"{_wanted(tool, arguments)} was not called{_until(before)}", tool)
        if times is not None and len(found) != times:
            self._fail(f"{_wanted(tool, arguments)} was called {_times(found)}{_until(before)}, not {times}", tool)

    def assert_not_called(
        self, tool: str, *, arguments: Expected | None = None, before: str | None = None, more_than: int = 0
    ) -> None:
        """The tool was not called, or not more often than so many times.

        `arguments`: only calls with these count. `before`: only calls count that were made before the first call of
        that tool had ended, or the first step in that node, or the answer (`ANSWER`), had begun; if none ever did, all
        count. So `assert_not_called("refund", before="find_order")` fails for a refund without a look at the order,
        also where nothing was looked up at all.
        """
        __tracebackhide__ = True
        found = [call for call in self._calls(tool, arguments, None) if before is None or self._early(call, before)]
        if len(found) > more_than:
            most = f", at most {more_than} expected" if more_than else ""
            self._fail(f"{_wanted(tool, arguments)} was called {_times(found)}{_until(before)}{most}", tool)

    def assert_within(
        self,
        *,
        steps: int | None = None,
        tokens: int | None = None,
        seconds: float | None = None,
        usd: float | None = None,
    ) -> None:
        """The run took no more than so much: model calls and tool runs together, tokens read and written, seconds of
        wall time, US dollars. Dollars that are not known, because a model has no known price, fail.
        """
        __tracebackhide__ = True
        usage, trajectory = self.rollout.usage, self.trajectory
        taken = sum(1 for _ in trajectory.models()) + sum(1 for _ in trajectory.tools())
        spent: list[tuple[str, float, float | None]] = [
            ("steps", taken, steps),
            ("tokens", usage.tokens, tokens),
            ("seconds", trajectory.seconds, seconds),
            ("US dollars", usage.usd, usd),
        ]
        over = [
            f"{amount:g} {unit}, at most {most:g} expected"
            for unit, amount, most in spent
            if most is not None and amount > most
        ]
        if usd is not None and usage.unpriced_calls:
            over.append(
                f"US dollars that are not known, since {usage.unpriced_calls} of its model calls have no known price"
            )
        if over:
            self._fail(f"the run took {'; '.join(over)}")

    def assert_no_findings(self, *checks: str) -> None:
        """None of these checks found anything, or without names none of all: `assert_no_findings("ignored_error")`.

        Raises `ValueError` for a name that no check has.
        """
        __tracebackhide__ = True
        unknown = sorted(set(checks) - set(CHECKS))
        if unknown:
            raise ValueError(f"there is no check {', '.join(unknown)}; there are {', '.join(CHECKS)}")
        found = [one for one in self.findings if not checks or one.check in checks]
        if found:
            self._fail("; ".join(f"{one.check}: {one.sentence}" for one in found))

    def told(self) -> str:
        """The run in lines, for a person: the task, the steps, the answer, what was found and what the metric said."""
        return "\n".join(self._told())

    def _told(self) -> Iterator[str]:
        task, rollout = self._shown.task, self._shown.rollout
        yield f"task {task.id}" + (f", repeat {rollout.repeat}" if rollout.repeat else "") + f": {self._standing()}"
        places = numbers(rollout.trajectory)
        if self.task is not None:
            yield f"  asked: {quoting.line(task.input, TEXT)}"
        yield from (f"  {line}" for line in lines(rollout.trajectory))
        if rollout.fault is not None:
            yield f"  failed ({rollout.fault.kind}): {quoting.line(rollout.fault.message, TEXT)}"
        elif rollout.text:
            yield f"  answer: {quoting.line(rollout.text, TEXT)}"
        for finding in self.findings:
            number = None if finding.step is None else places.get(finding.step)
            yield f"  found: {finding.sentence}" + (f" (step {number})" if number else "")
        if rollout.score is not None and rollout.score.feedback:
            yield f"  metric: {quoting.line(rollout.score.feedback, TEXT)}"

    def _standing(self) -> str:
        return "failed" if self.rollout.fault else "no score" if self.score is None else f"score {self.score:.3f}"

    @cached_property
    def _shown(self) -> Case:
        task = self.task or Task(id=self.rollout.task, input=None)
        return masked(Case(task=task, rollout=self.rollout), self.mask)

    def _calls(self, tool: str, arguments: Expected | None, before: str | None) -> list[Call]:
        found = [call for call in calls(self.trajectory) if call.tool == tool and _fit(call, arguments)]
        bound = self._first(before) if before is not None else None
        return [call for call in found if bound is None or _ended(call) < bound[0]]

    def _early(self, call: Call, before: str) -> bool:
        bound = self._first(before)
        return bound is None or call.step <= bound[1]

    def _first(self, name: str) -> tuple[int, int] | None:
        """Where what `before` names first began and ended, as indices of steps; None when it never did."""
        steps = self.trajectory.steps
        if name == self.ANSWER:
            places = [index for index, step in enumerate(steps) if isinstance(step, ModelStep)]
            return (places[-1], places[-1]) if places else None
        made = [(call.step, _ended(call)) for call in calls(self.trajectory) if call.tool == name]
        visits = [
            (index, index) for index, step in enumerate(steps) if step.node == name or step.node.startswith(f"{name}/")
        ]
        return min([*made, *visits], default=None)

    def _fail(self, sentence: str, tool: str | None = None) -> None:
        __tracebackhide__ = True
        shown = self._shown.rollout.trajectory
        places = numbers(shown)
        made = [call for call in calls(shown) if call.tool == tool]
        listed = [f"  step {places[call.step]}: {called(call.tool, call.arguments)}" for call in made]
        raise AssertionError("\n".join([sentence, *listed, "", *self._told()]))


def _ended(call: Call) -> int:
    return call.step if call.run_step is None else call.run_step


def _fit(call: Call, expected: Expected | None) -> bool:
    if not expected:
        return True
    given = call.arguments
    if not isinstance(given, dict):
        return False
    return all(name in given and _fits(want, given[name]) for name, want in expected.items())


def _fits(want: object, value: JsonValue) -> bool:
    return bool(want(value)) if callable(want) else bool(want == value)


def _wanted(tool: str, arguments: Expected | None) -> str:
    if not arguments:
        return tool
    parts = (f"{name}={getattr(want, '__name__', repr(want))}" for name, want in arguments.items())
    return f"{tool}({', '.join(parts)})"


def _until(before: str | None) -> str:
    return f" before {before}" if before else ""


def _times(found: list[Call]) -> str:
    return "once" if len(found) == 1 else f"{len(found)} times"
