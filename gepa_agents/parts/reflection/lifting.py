"""Guards against what tools say: an instruction that a tool's output carries must not become the agent's own.

Words that the parent's text or the metric's feedback have too are no news from a tool. A fact may be taken over, and
is flagged; a sentence that tells its reader what to do is refused. Only what is taken over word for word is noticed.
"""

import re
from collections.abc import Iterator, Sequence

from gepa_agents.parts.reflection.spans import Rows, Span, Words
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.trajectory import ModelStep, ToolStep

ORDER, FACT = 4, 8
"""Words in a row that make a taken-over instruction, and a taken-over fact."""
SHOWN = 120
"""Characters of a span that a message quotes."""

_READER = r"\b(?:you|your|yours|yourself|assistant|ai|llm|language model|system prompt)\b"
_RULES = r"(?:instruction|rule|prompt|polic|above|previous|earlier|guideline)"
_REPLY = r"\b(?:repl(?:y|ies)|responses?|answers?|messages?|outputs?|e-?mails?)\b"
_TO_READER = re.compile(
    rf"{_READER}|\b(?:ignore|disregard|forget|override|bypass)\b.{{0,40}}\b{_RULES}"
    rf"|{_REPLY}.{{0,20}}\b(?:must|should|shall|have to|need to)\b",
    re.IGNORECASE | re.DOTALL,
)
_BEGINNING = r"^[\s>*#\"'“(\[\d.)-]*"
_VERBS = (
    "add|always|append|approve|ask|before|book|buy|call|cancel|change|click|contact|copy|create|delete|disable|do|don't|"
    "download|email|ensure|execute|export|fetch|first|follow|forward|from now on|give|go|grant|ignore|include|insert|"
    "install|instead|invite|leave|mail|make|mention|never|note|open|output|paste|pay|please|post|print|publish|purchase|"
    "read|recommend|redirect|refund|remember|remove|repeat|reply|report|reset|respond|return|reveal|run|say|search|send|"
    "set|share|show|sign|skip|start|stop|submit|tell|think|transfer|treat|upload|use|visit|wire|write"
)
_IMPERATIVE = re.compile(rf"{_BEGINNING}(?:{_VERBS})\b(?!\s*[:=(])", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s\"'<>)\]]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def heard(rollouts: Sequence[Rollout]) -> Iterator[str]:
    """What tools answered, results and errors, in these rollouts."""
    for rollout in rollouts:
        for step in rollout.trajectory.steps:
            if isinstance(step, ToolStep):
                yield from (text for text in (step.result, step.error) if text)
            elif isinstance(step, ModelStep):
                yield from (message.text for message in step.messages if message.role == "tool")


def said(rollouts: Sequence[Rollout]) -> Iterator[str]:
    """What the metric said of these rollouts."""
    for rollout in rollouts:
        if rollout.score is not None:
            yield rollout.score.feedback
            yield from rollout.score.by_component.values()


def order(text: str, rollouts: Sequence[Rollout], known: Sequence[str]) -> str | None:
    """An instruction that `text` takes over from a tool's output; None when there is none."""
    for words, span in _lifted(text, rollouts, known, ORDER):
        sentence = words.sentence(span)
        if _TO_READER.search(text[span.start : span.end]) or _IMPERATIVE.match(sentence):
            return _short(sentence.strip())
    return None


def facts(text: str, rollouts: Sequence[Rollout], known: Sequence[str]) -> list[str]:
    """What `text` takes over from tools' output without being told to: long rows of words, and addresses."""
    spans = [_short(text[span.start : span.end]) for _, span in _lifted(text, rollouts, known, FACT)]
    outputs, elsewhere = "\n".join(heard(rollouts)), "\n".join([*known, *said(rollouts)])
    addresses = dict.fromkeys(match[0].rstrip(".,;:") for match in _ADDRESS.finditer(text))
    return spans + [one for one in addresses if one in outputs and one not in elsewhere]


def _lifted(text: str, rollouts: Sequence[Rollout], known: Sequence[str], length: int) -> list[tuple[Words, Span]]:
    words = Words(text)
    spans = words.shared(Rows(length, heard(rollouts)), [Rows(length, [*known, *said(rollouts)])])
    return [(words, span) for span in spans]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 2]} …"
