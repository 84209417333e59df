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
    rf"{_READER}|\bplease\b|\b(?:ignore|disregard|forget|override|bypass)\b.{{0,40}}\b{_RULES}"
    rf"|{_REPLY}.{{0,20}}\b(?:must|should|shall|have to|need to)\b",
    re.IGNORECASE | re.DOTALL,
)
_VERBS = (
    "add|append|approve|ask|book|buy|call|cancel|change|click|contact|copy|create|delete|disable|download|email|ensure|"
    "execute|export|fetch|follow|forward|give|go|grant|ignore|include|insert|install|invite|leave|look|mail|make|mention|"
    "open|output|paste|pay|post|print|publish|purchase|put|read|recommend|redirect|refund|remember|remove|repeat|replace|"
    "reply|report|reset|respond|return|reveal|run|say|search|send|set|share|show|skip|start|stop|submit|tell|transfer|"
    "treat|update|upload|use|visit|wire|write"
)
_OBJECTS = (
    r"the|an?|all|every|each|any|this|that|these|those|it|them|me|us|him|her|my|our|their|his|no|only|up|out|to|with|at|"
    r"in|from|back|here|money|https?|\d+|[\"'“`<\[{]\w+"
)
_CLAUSE = r"(?:^|\n|\\n|[.!?:;,>\"“”'(*#•-]\s{0,3})\s*"
_ORDER = (
    rf"(?:(?:and|then|first|next|now|instead|always|never|do not|don'?t|don t|must)\s+)*(?:{_VERBS})\s+(?:{_OBJECTS})\b"
)
_IMPERATIVE = re.compile(rf"{_ORDER}", re.IGNORECASE)
_INNER = re.compile(rf"(?:{_CLAUSE}|\b(?:and|then|always|never|do not|don'?t|don t)\s+){_ORDER}", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s\"'<>)\]]+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


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
    for span in _lifted(text, rollouts, known, ORDER):
        taken = text[span.start : span.end]
        plain = Words(taken).plain  # whatever stands between the words
        if any(_TO_READER.search(one) or _INNER.search(one[1:]) for one in (taken, plain)) or _begins(plain, rollouts):
            return _short(taken)
    return None


def _begins(plain: str, rollouts: Sequence[Rollout]) -> bool:
    """Whether the words begin with an imperative, and begin a clause where the tool said them."""
    if not _IMPERATIVE.match(plain):
        return False
    first = r"[\W_]+".join(map(re.escape, plain.split()[:ORDER]))
    return any(re.search(rf"{_CLAUSE}{first}", output, re.IGNORECASE) for output in heard(rollouts))


def facts(text: str, rollouts: Sequence[Rollout], known: Sequence[str]) -> list[str]:
    """What `text` takes over from tools' output without being told to: long rows of words, and addresses."""
    spans = [_short(text[span.start : span.end]) for span in _lifted(text, rollouts, known, FACT)]
    outputs, elsewhere = "\n".join(heard(rollouts)), "\n".join([*known, *said(rollouts)])
    addresses = dict.fromkeys(match[0].rstrip(".,;:") for match in _ADDRESS.finditer(text))
    return spans + [one for one in addresses if one in outputs and one not in elsewhere]


def _lifted(text: str, rollouts: Sequence[Rollout], known: Sequence[str], length: int) -> list[Span]:
    return Words(text).shared(Rows(length, heard(rollouts)), [Rows(length, [*known, *said(rollouts)])])


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 2]} …"
