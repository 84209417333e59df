"""Makes a rollout of a trace: its steps in order, each call once, what was asked and answered, what was said of it."""

import hashlib
import json
from collections.abc import Container, Sequence

from gepa_agents.words import semconv
from gepa_agents.words.candidate import Candidate
from gepa_agents.words.case import Case
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.rollout import Fault, Rollout
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import ModelStep, Step, ToolStep, Trajectory
from gepa_agents_traces.conventions import CONVENTIONS, OWN
from gepa_agents_traces.doubles import inside_another, one_by_one
from gepa_agents_traces.failure import failure
from gepa_agents_traces.mending import mended
from gepa_agents_traces.remarks import on_span
from gepa_agents_traces.scoring import expected, score, sentence
from gepa_agents_traces.span import Remark, Span
from gepa_agents_traces.states import state
from gepa_agents_traces.tally import Tally
from gepa_agents_traces.trace import Trace

ORDER = {"node": 0, "model": 1, "tool": 2}
"""Steps in order of their start; what starts at the same instant in this order, the enclosing first."""


class Assembler:
    """Makes rollouts of traces, and counts what it found in them."""

    def __init__(self, tally: Tally, chosen: str = "") -> None:
        self._tally = tally
        self._chosen = chosen

    def case(self, spans: Sequence[Span], remarks: Sequence[Remark]) -> Case | None:
        """The run that a trace tells of; None when there is no model or tool call in it that is understood.

        The task's input is what the trace shows, its `metadata` names the trace, `expected` holds a correction. Its id
        is that of the optimizer's own task, or else made of the input: the same input has the same id. The candidate is
        the one whose rollout it was, or else the agent as it stood, without changes.
        """
        kept, began = _attempt(spans)
        self._tally.given_up += len(spans) - len(kept)
        trace = Trace(kept, CONVENTIONS, began)
        found = self._steps(trace)
        if not any(isinstance(step, ModelStep | ToolStep) for _, step in found):
            self._tally.empty += 1
            return None
        steps = tuple(mended(step for _, step in found))
        ended = max((span.end for span in kept if trace.convention(span)), default=trace.began)
        trajectory = Trajectory(steps=steps, seconds=max(ended - trace.began, 0) / 1e9)
        nodes = {span.id: step.node for span, step in found}
        return self._told(trace, trajectory, _all(kept, remarks), nodes)

    def _steps(self, trace: Trace) -> list[tuple[Span, Step]]:
        """The steps in order, each with its span; every span of the trace is counted once."""
        found: list[tuple[Span, Step]] = []
        taken: dict[str, Step] = {}
        for span in trace.spans:
            convention = trace.convention(span)
            step = convention.step(span, trace) if convention is not None else None
            if convention is None or step is None:
                self._tally.passing(convention.name if convention else span.scope or "no instrumentation named")
            elif inside_another(step, [taken[one.id] for one in trace.around(span) if one.id in taken]):
                self._tally.repeated += 1
            else:
                taken[span.id] = step
                found.append((span, step))
        ours = [one for one in found if trace.convention(one[0]) is OWN]
        single = ours or one_by_one(found, trace)
        self._tally.repeated += len(found) - len(single)
        for span, step in single:
            convention = trace.convention(span)
            self._tally.step(convention.name if convention else "", step.kind)
        return sorted(single, key=lambda one: (one[0].start, ORDER[one[1].kind], -one[0].end))

    def _told(self, trace: Trace, trajectory: Trajectory, remarks: Sequence[Remark], nodes: dict[str, str]) -> Case:
        root = trace.roots[0]
        given, gave = _ends(trace, trajectory, nodes)
        judged = score(remarks, nodes, self._chosen)
        metadata: dict[str, JsonValue] = {"trace": root.trace}
        if judged is None and remarks:
            metadata["remarks"] = [sentence(remark) for remark in remarks]
        task = Task(
            id=root.text(semconv.TASK_ID) or _name(given), input=given, expected=expected(remarks), metadata=metadata
        )
        error = failure(root)
        return Case(
            task=task,
            rollout=Rollout(
                candidate=(OWN.claims(root) and root.text(semconv.AGENT_VERSION)) or Candidate().id,
                task=task.id,
                repeat=root.whole(semconv.REPEAT),
                output=gave,
                trajectory=trajectory,
                score=judged,
                fault=None if error is None else Fault(kind="agent", message=error),
                usage=trajectory.usage,
            ),
        )


def _attempt(spans: Sequence[Span]) -> tuple[Sequence[Span], int | None]:
    """The spans of the last attempt at one of our own rollouts, and when it began; every span of any other trace."""
    begun = [time for span in spans if OWN.claims(span) for name, time, _ in span.events if name == semconv.RESTARTED]
    if not begun:
        return spans, None
    return [span for span in spans if span.end >= max(begun) or not OWN.claims(span)], max(begun)


def _all(spans: Sequence[Span], remarks: Sequence[Remark]) -> list[Remark]:
    """What was said beside the trace and within it, each once, in a fixed order."""
    inner = [
        remark
        for span in spans
        for remark in on_span(span.trace, span.id, span.attributes, (attributes for _, _, attributes in span.events))
    ]
    unique = {repr(remark): remark for remark in (*remarks, *inner)}
    return [unique[key] for key in sorted(unique)]


def _ends(trace: Trace, trajectory: Trajectory, steps: Container[str]) -> tuple[JsonValue, JsonValue]:
    """Input and output: from the outermost spans, or else the first question and the last answer of its models.

    What a step inside the agent was given is not what the agent was, so spans that are `steps` do not count.
    """
    outer = [
        [(span, convention) for span in spans if span.id not in steps and (convention := trace.convention(span))]
        for spans in (trace.roots, trace.below)
    ]
    givens = (convention.given(span) for spans in outer for span, convention in spans)
    gaves = (convention.gave(span) for spans in outer for span, convention in reversed(spans))
    given = state(next((one for one in givens if one is not None), None))
    gave = state(next((one for one in gaves if one is not None), None))
    calls = list(trajectory.models())
    if given is None:
        asked = [message.text for call in calls for message in call.messages if message.role == "user"]
        given = asked[0] if asked else None
    if gave is None:
        answers = [call.reply.text for call in calls if call.reply is not None and call.reply.text]
        gave = answers[-1] if answers else None
    return given, gave


def _name(given: JsonValue) -> str:
    """An id for a task, made of its input."""
    canonical = json.dumps(given, sort_keys=True, separators=(",", ":"))
    return f"trace-{hashlib.sha256(canonical.encode()).hexdigest()[:12]}"
