"""Reads what a reflection model answered: strictly, because what is taken from it becomes an agent's prompt."""

import itertools
import re

from gepa_agents.ports.reflection import Malformed, Proposal, Request

__all__ = ["MOST_RULES", "Malformed", "Proposal", "rules", "tag", "tagged"]

TAG, DIAGNOSIS = "text", "diagnosis"
"""The names of the two tags."""
_BEFORE = re.compile(r"\s*<(think|thinking)>.*?</\1>", re.DOTALL)
"""What some models think aloud before they answer."""
_BULLET = re.compile(r"^[ \t]*(?:`?(?:[-*•]|\d+[.)])`?[ \t]+)+(?P<rule>\S.*?)[ \t\r]*$", re.MULTILINE)
"""A line with one or more list marks; small models quote the mark that they were asked for, or write it twice."""
_FENCED = re.compile(r"\s*(?P<fence>`{3,})[ \w]*\n(?P<inside>(?:(?!^`{3,}).*\n)*)(?P=fence)\s*", re.MULTILINE)
MOST_RULES = 5
"""Rules that a brief answer may add; small models repeat themselves."""


def tag(request: Request) -> str:
    """The name of the tag around the new text: `text`, unless that stands in what the model may have to write."""
    shown = "\n".join((request.text, request.other or "", request.evidence))
    names = itertools.chain((TAG, f"new_{TAG}"), (f"new_{TAG}_{number}" for number in itertools.count(2)))
    return next(name for name in names if f"<{name}>" not in shown and f"</{name}>" not in shown)


def tagged(request: Request, answer: str) -> Proposal | Malformed:
    """The diagnosis and the text between their tags. Prose around them is passed over; anything ambiguous is refused.

    The text is kept to the letter, but for line ends around it and for a fence around the whole, which models take over
    from the way they were shown the current text. Where another tag than `text` was asked for and is not there, `text`
    will do.
    """
    wanted = tag(request)
    name = wanted if f"<{wanted}>" in answer or f"<{TAG}>" not in answer else TAG
    thought = _BEFORE.match(answer)
    diagnosis, rest = _diagnosis(answer[thought.end() if thought else 0 :], name)
    text = _between(rest, name)
    if isinstance(text, Malformed) and name != wanted:
        return Malformed(
            reason=f"the new text must stand between <{wanted}> and </{wanted}>, for it holds <{TAG}> itself"
        )
    if isinstance(text, Malformed):
        return text
    fence = _FENCED.fullmatch(text)
    if fence is not None and not request.text.lstrip().startswith("```"):
        text = fence["inside"].strip("\r\n")
    if not text.strip():
        return Malformed(reason=f"its <{name}> is empty")
    return Proposal(text=text, diagnosis=diagnosis)


def _diagnosis(answer: str, name: str) -> tuple[str, str]:
    """The diagnosis, if one stands before the text, and what follows it: it may speak of the tags."""
    start, end = answer.find(f"<{DIAGNOSIS}>"), answer.find(f"</{DIAGNOSIS}>")
    if not 0 <= start < end or f"<{name}>" in answer[:start]:
        return "", answer
    return answer[start + len(DIAGNOSIS) + 2 : end].strip(), answer[end + len(DIAGNOSIS) + 3 :]


def _between(answer: str, name: str) -> str | Malformed:
    """What stands between the only two tags of that name, and holds no tag of a diagnosis."""
    found = list(re.finditer(rf"</?(?:{name}|{DIAGNOSIS})>", answer))
    names = [match[0] for match in found]
    opened, closed = f"<{name}>", f"</{name}>"
    if names.count(opened) == 0:
        return Malformed(reason=f"there is no {opened} in it")
    if names.count(opened) > 1:
        return Malformed(reason=f"there is more than one {opened} in it: write the tag around the new text only")
    opening = names.index(opened)
    if names[opening + 1 : opening + 2] != [closed]:
        return Malformed(reason=f"its {opened} is not closed by {closed} (was it cut off?)")
    if closed in names[opening + 2 :]:
        return Malformed(reason=f"there is more than one {closed} in it: write the tag around the new text only")
    return answer[found[opening].end() : found[opening + 1].start()].strip("\r\n")


def rules(request: Request, answer: str) -> Proposal | Malformed:
    """The text with the answer's rules added to it, those that it does not have yet."""
    found = [match["rule"] for match in _BULLET.finditer(answer)]
    known = {line.strip(" -*•").casefold() for line in request.text.splitlines()}
    new = [rule for rule in dict.fromkeys(found) if rule.casefold() not in known][:MOST_RULES]
    if not found:
        return Malformed(reason="there is no line in it that starts with '- '")
    if not new:
        return Malformed(reason="each of its rules stands in the text already")
    return Proposal(text="\n".join([request.text.rstrip(), *(f"- {rule}" for rule in new)]))
