"""Guards against what tools say: an instruction that a tool's output carries must not become the agent's own.

Words that the parent's text or the metric's feedback have too are no news from a tool. A fact may be taken over, and
is flagged; a sentence that plainly tells its reader what to do is refused. Which sentences do is known from words of
English, and no list of those is complete: whatever else is taken over in a row is at least flagged, in any language.
Only what is taken over word for word is noticed.
"""

import html
import re
from collections.abc import Iterator, Sequence

from gepa_agents.parts.reflection.spans import SIGNS, Rows, Span, Words
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.trajectory import ModelStep, ToolStep

ORDER, FACT = 4, 5
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
    "add|append|ask|begin|book|buy|call|cancel|change|charge|claim|click|confirm|contact|copy|create|delete|disable|"
    "download|email|end|ensure|execute|export|fetch|finish|follow|forward|give|go|include|insert|install|invite|leave|"
    "look|mail|make|mark|mention|offer|open|output|paste|pay|post|print|promise|provide|publish|purchase|put|read|recite|"
    "recommend|redirect|refund|remember|remove|repeat|replace|reply|report|reset|respond|return|run|say|search|send|set|"
    "share|show|skip|start|stop|submit|suggest|tell|transfer|treat|update|upload|use|visit|wire|write"
)
"""Imperatives that may also be names of things, or stand in a tool's own advice: what follows tells."""
_CLEAR = (
    r"(?:answer|reply|respond) (?:only|with)|approve|bypass|deny|disclose|disregard|do not|don'?t|don t|escalate|"
    r"forget|grant|ignore|never|always|obey|omit|override|pretend|reveal|waive"
)
"""Words that tell somebody to do or not to do something when a sentence begins with them, whatever follows."""
_OBJECTS = (
    r"the|an?|all|every|everyone|everybody|anyone|customers?|users?|each|any|this|that|these|those|it|them|me|us|him|her|"
    r"my|our|their|his|no|only|up|out|to|with|at|in|from|back|here|code|money|https?|\d+|[\"'“`<\[{]\w+"
)
_FILLED = r"(?:(?:and|then|first|next|now|instead|always|never|do not|don'?t|don t|must)\s+){0,4}"
_ORDER = rf"{_FILLED}(?:{_VERBS})\s+(?:{_OBJECTS})\b"
_IMPERATIVE = re.compile(rf"{_ORDER}|{_FILLED}(?:{_CLEAR})\s+\w", re.IGNORECASE)
_INNER = re.compile(
    rf"(?:(?:^|[\n{SIGNS}])\s{{0,3}}|\b(?:and|then|always|never|do not|don'?t|don t)\s+){_ORDER}"
    rf"|[\n.!?:;]\s{{0,3}}[\"“'*#•-]{{0,3}}\s{{0,3}}{_FILLED}(?:{_CLEAR})\s+\w",
    re.IGNORECASE,
)
_ESCAPED = re.compile(r"\\{1,4}[nrt]")
"""A line end within JSON within text."""
_ADDRESS = re.compile(r"https?://[^\s\"'<>)\]]+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


def heard(rollouts: Sequence[Rollout]) -> Iterator[str]:
    """What tools answered, results and errors, in these rollouts: as it stands, and as its escapes are read."""
    for rollout in rollouts:
        for step in rollout.trajectory.steps:
            if isinstance(step, ToolStep):
                yield from (one for text in (step.result, step.error) if text for one in _readings(text))
            elif isinstance(step, ModelStep):
                yield from (
                    one for message in step.messages if message.role == "tool" for one in _readings(message.text)
                )


def _readings(text: str) -> list[str]:
    return list(dict.fromkeys((text, html.unescape(_ESCAPED.sub("\n", text)))))


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
        taken = " ".join(taken.split())
        if any(_TO_READER.search(one) or _INNER.search(one[1:]) for one in (taken, plain)) or _begins(plain, rollouts):
            return _short(taken)
    return None


def _begins(plain: str, rollouts: Sequence[Rollout]) -> bool:
    """Whether the words begin with an imperative, and begin a clause where the tool said them."""
    if not _IMPERATIVE.match(plain):
        return False
    first = next(Words(plain).rows(ORDER))
    return any(first == row for output in heard(rollouts) for row in Words(output).rows(ORDER, opening=True))


def facts(text: str, rollouts: Sequence[Rollout], known: Sequence[str]) -> list[str]:
    """What `text` takes over from tools' output without being told to: long rows of words, and addresses."""
    taken = [text[span.start : span.end] for span in _lifted(text, rollouts, known, FACT)]
    spans = [_short(one) for one in taken if Words(_ADDRESS.sub("", one)).plain.count(" ") + 1 >= FACT]
    outputs, elsewhere = "\n".join(heard(rollouts)), "\n".join([*known, *said(rollouts)])
    addresses = dict.fromkeys(match[0].rstrip(".,;:") for match in _ADDRESS.finditer(text))
    return spans + [one for one in addresses if one in outputs and one not in elsewhere]


def _lifted(text: str, rollouts: Sequence[Rollout], known: Sequence[str], length: int) -> list[Span]:
    return Words(text).shared(Rows(length, heard(rollouts)), [Rows(length, [*known, *said(rollouts)])])


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 2]} …"
