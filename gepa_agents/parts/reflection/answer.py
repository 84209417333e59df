"""Reads what a reflection model answered: strictly, because what is taken from it becomes an agent's prompt."""

import re

from gepa_agents.ports.reflection import Malformed, Proposal, Request

__all__ = ["MOST_RULES", "Malformed", "Proposal", "rules", "tagged"]

_TAG = re.compile(r"</?(?:text|diagnosis)>")
_BULLET = re.compile(r"^[ \t]*(?:`?(?:[-*•]|\d+[.)])`?[ \t]+)+(?P<rule>\S.*?)[ \t\r]*$", re.MULTILINE)
"""A line with one or more list marks; small models quote the mark that they were asked for, or write it twice."""
_FENCED = re.compile(r"\s*(?P<fence>`{3,})[ \w]*\n(?P<inside>(?:(?!^`{3,}).*\n)*)(?P=fence)\s*", re.MULTILINE)
MOST_RULES = 5
"""Rules that a brief answer may add; small models repeat themselves."""


def tagged(request: Request, answer: str) -> Proposal | Malformed:
    """The diagnosis and the text between their tags. Prose around them is passed over; anything ambiguous is refused.

    The text is kept to the letter, but for line ends around it and for a fence around the whole, which models take over
    from the way they were shown the current text.
    """
    tags = [(match.group(), match.start(), match.end()) for match in _TAG.finditer(answer)]
    names = [name for name, _, _ in tags]
    if names.count("<text>") == 0:
        return Malformed(reason="there is no <text> in it")
    if names.count("<text>") > 1:
        return Malformed(reason="there is more than one <text> in it")
    opening = names.index("<text>")
    if names[opening + 1 : opening + 2] != ["</text>"]:
        return Malformed(reason="its <text> is not closed by </text> (was it cut off?)")
    if "</text>" in names[opening + 2 :]:
        return Malformed(reason="there is more than one </text> in it")
    text = answer[tags[opening][2] : tags[opening + 1][1]].strip("\r\n")
    fence = _FENCED.fullmatch(text)
    if fence is not None and not request.text.lstrip().startswith("```"):
        text = fence["inside"].strip("\r\n")
    if not text.strip():
        return Malformed(reason="its <text> is empty")
    diagnosis = ""
    if names[:2] == ["<diagnosis>", "</diagnosis>"]:
        diagnosis = answer[tags[0][2] : tags[1][1]].strip()
    return Proposal(text=text, diagnosis=diagnosis)


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
