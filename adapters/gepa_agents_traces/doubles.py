"""Tells when several spans are about one call, because two instrumentations watched it; it must count once."""

from collections.abc import Iterable

from gepa_agents.words.trajectory import ModelStep, Step, ToolStep
from gepa_agents_traces.conventions import CONVENTIONS
from gepa_agents_traces.span import Span
from gepa_agents_traces.trace import Trace


def inside_another(step: Step, around: Iterable[Step]) -> bool:
    """Whether a step tells of what one around it tells of already: two instrumentations, one inside the other."""
    if isinstance(step, ModelStep):
        return any(isinstance(one, ModelStep) for one in around)
    return isinstance(step, ToolStep) and any(isinstance(one, ToolStep) and one.tool == step.tool for one in around)


def one_by_one(found: list[tuple[Span, Step]], trace: Trace) -> list[tuple[Span, Step]]:
    """The steps without those that two instrumentations tell of side by side: the same content at the same time."""
    if len({id(trace.convention(span)) for span, _ in found}) < 2:
        return found
    known: dict[str, list[Span]] = {}
    single = []
    for convention in CONVENTIONS:
        for span, step in found:
            if trace.convention(span) is convention:
                same = known.setdefault(_content(step), [])
                if not any(trace.convention(one) is not convention and _overlap(one, span) for one in same):
                    single.append((span, step))
                same.append(span)
    return single


def _content(step: Step) -> str:
    match step:
        case ModelStep():
            made = [call.name for call in step.reply.tool_calls] if step.reply else []
            return f"model {step.reply.text if step.reply else ''} {made}"
        case ToolStep():
            return f"tool {step.tool} {step.call_id}"
        case _:
            return f"node {step.node}"


def _overlap(one: Span, other: Span) -> bool:
    return one.start <= other.end and other.start <= one.end
