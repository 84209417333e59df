"""Reads a judge's answer: strictly, because a misread score would steer a whole run."""

import re
from collections.abc import Iterable

from gepa_agents.words.frozen import Frozen
from gepa_agents_evaluators.rubric import ONLY

__all__ = ["Unreadable", "Verdict", "read"]

TAG = re.compile(r'<(?P<close>/?)(?P<kind>reason|score)(?:\s+criterion="(?P<name>[^"<>]*)")?\s*>')
DIGITS = 9
"""A longer number is none that was asked for."""


class Verdict(Frozen):
    """A usable answer."""

    scores: dict[str, int]
    """By criterion, on the judge's scale."""
    reasons: dict[str, str]


class Unreadable(Frozen):
    """An answer that can't be used."""

    reason: str
    """What is wrong with it, for the second round and for people."""


def read(answer: str, criteria: Iterable[str], highest: int) -> Verdict | Unreadable:
    """The reason and the score of each criterion. Prose around the tags is passed over; anything ambiguous is refused.

    Refused are: a criterion that is missing, unknown or judged twice, tags within tags or not closed, a score that is
    no whole number from 0 to `highest`, and an empty reason.
    """
    names = list(criteria)
    found: dict[tuple[str, str], str] = {}
    tags = list(TAG.finditer(answer))
    for opening, closing in zip(tags[::2], [*tags[1::2], None], strict=False):
        what = _called(opening["kind"], opening["name"])
        if opening["close"]:
            return Unreadable(reason=f"there is a closing tag of {what} without its opening one")
        if closing is None or not closing["close"] or closing["kind"] != opening["kind"]:
            return Unreadable(reason=f"the {what} is not closed before the next tag (was it cut off?)")
        key = opening["kind"], opening["name"] or ONLY
        if key[1] not in names:
            return Unreadable(reason=f"there is a {what}, which the rubric does not have")
        if key in found:
            return Unreadable(reason=f"there is more than one {what}")
        found[key] = answer[opening.end() : closing.start()].strip()
    return _checked(found, names, highest)


def _checked(found: dict[tuple[str, str], str], names: list[str], highest: int) -> Verdict | Unreadable:
    for name in names:
        for kind in ("reason", "score"):
            if not found.get((kind, name)):
                return Unreadable(reason=f"there is no {_called(kind, name)} in it")
        score = found["score", name]
        if not score.isascii() or not score.isdigit() or len(score) > DIGITS or int(score) > highest:
            return Unreadable(
                reason=f"the {_called('score', name)} is {score[:40]!r}, and no whole number from 0 to {highest}"
            )
    return Verdict(
        scores={name: int(found["score", name]) for name in names},
        reasons={name: found["reason", name] for name in names},
    )


def _called(kind: str, name: str | None) -> str:
    return f'<{kind} criterion="{name}">' if name else f"<{kind}>"
