"""Checks of a reply for itself: empty, cut off, a tool call written as text, a step announced and never taken."""

import re
from collections.abc import Iterator

from gepa_agents.parts.feedback import acting, quoting
from gepa_agents.words.finding import Finding
from gepa_agents.words.trajectory import ModelStep, ToolStep, Trajectory

CUT_OFF = frozenset({"length", "max_tokens", "max_output_tokens", "model_context_window_exceeded"})
"""Finish reasons, in lower case, of a reply that met its length limit: OpenAI's, Anthropic's and Google's words."""
_STEP = re.compile(
    r"(?:^(?:(?:now|next|first|then|so|finally),? )?|, (?:so |therefore,? )?)"
    r"(?:let's |let me |i(?:'ll| will)(?: now| next| first| then)? |i(?:'ll| will)? need (?:to|their|its|his|her) |"
    r"i(?:'m| am) going to )|^start(?:ing)? (?:with|by) ",
    re.IGNORECASE,
)
_NO_STEP = re.compile(
    r"\b(?:you|your|please|let me know|not|never|if|once|when|wait|await|assume|move on|going forward)\b|\?|n't\b",
    re.IGNORECASE,
)
"""What is said to a person, depends on something, or is no step: `I will not plot it`, `I will now wait`."""


def empty_reply(trajectory: Trajectory) -> Iterator[Finding]:
    """A model answered nothing: no words, no tool call."""
    for position, step in _models(trajectory):
        reply = step.reply
        if reply is not None and step.error is None and not (reply.text.strip() or reply.tool_calls or reply.other):
            yield _finding("empty_reply", step.node, position, "the model's reply was empty.")


def truncated_reply(trajectory: Trajectory) -> Iterator[Finding]:
    """A model's reply was cut off at its length limit."""
    for position, step in _models(trajectory):
        if step.finish_reason.casefold() in CUT_OFF:
            yield _finding("truncated_reply", step.node, position, "the model's reply was cut off at its length limit.")


def call_as_text(trajectory: Trajectory) -> Iterator[Finding]:
    """A model wrote a call of one of its tools into its reply instead of making it, and nothing ran the tool."""
    for position, step in _models(trajectory):
        if step.reply is None or step.reply.tool_calls:
            continue
        for tool in step.tools:
            later = (run for run in trajectory.steps[position:] if isinstance(run, ToolStep) and run.tool == tool.name)
            if _writes_call(step.reply.text, tool.name) and next(later, None) is None:
                happened = (
                    f"the model wrote a call of {quoting.name(tool.name)} as text instead of calling it, so it never "
                    f'ran: "{quoting.line(step.reply.text, 200)}"'
                )
                yield _finding("call_as_text", step.node, position, happened, tool.name)
                break


def announced_step(trajectory: Trajectory) -> Iterator[Finding]:
    """The run ended with a model that had tools and said what it would do next, but called nothing."""
    last = next(reversed(list(_models(trajectory))), None)
    if last is None or not last[1].tools or last[1].reply is None or last[1].reply.tool_calls:
        return
    position, step = last
    said = acting.sentences(step.reply.text) if step.reply else []
    if said and _announces(said[-1]):
        happened = f'the model announced a next step and stopped without taking it: "{quoting.line(said[-1], 240)}"'
        yield _finding("announced_step", step.node, position, happened)


def _announces(sentence: str) -> bool:
    """Whether a sentence says which tool's work comes next."""
    step = _STEP.search(sentence)
    if step is None or _NO_STEP.search(sentence):
        return False
    return (
        "need" in step[0].casefold() or step[0].casefold().startswith("start") or acting.works(sentence[step.end() :])
    )


def _writes_call(text: str, tool: str) -> bool:
    """Whether the text is a call: JSON that names the tool, or the tool's name and a bracket at its very start."""
    name = re.escape(tool)
    as_json = rf'"(?:action|name|tool|tool_name|function|recipient_name)"\s*:\s*"(?:functions\.)?{name}"'
    return bool(
        re.search(as_json, text) or re.match(rf"\W*(?:(?:action|call|tool|python)\b\W*)?{name}\(", text, re.IGNORECASE)
    )


def _finding(check: str, node: str, step: int, happened: str, tool: str = "") -> Finding:
    return Finding(check=check, node=node, step=step, tool=tool, sentence=quoting.where(node) + happened)


def _models(trajectory: Trajectory, after: int = -1) -> Iterator[tuple[int, ModelStep]]:
    for position, step in enumerate(trajectory.steps):
        if position > after and isinstance(step, ModelStep):
            yield position, step
