"""A check of where arguments come from: ids and addresses that stand in nothing the model had been given."""

import re
from collections.abc import Collection, Iterator

from gepa_agents.parts.feedback import quoting
from gepa_agents.parts.feedback.calls import Call, calls
from gepa_agents.words.finding import Finding
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import ModelStep, Trajectory

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NAMED = re.compile(r"(?:^|_)(?:ids?|uuid|number|no|code|ref|reference|key|sku|iban)$|[a-z](?:Id|ID|Ids|Number|Code)$")
"""Names of arguments that take an identifier."""
_IDENTIFIER = re.compile(r"[#\w-]*\d[\w-]*")
_PLACEHOLDER = re.compile(
    r"(?:\w+_)?(?:id|ids|identifier)(?:_\w+)?|placeholder\w*|your[_ -]\w+|[<\[{]+[\w .:-]+[>\]}]+", re.IGNORECASE
)
"""What stands for an identifier that is not known: `latest_email_id`, `<order id>`."""
_DIGITS = re.compile(r"\d{2,}")
_SET_OFF = re.compile(r"[\s()+./'’_-]")
_MASKED = re.compile(r"\[[a-z]+ [0-9a-f]{1,6}\]")
"""What stands for a value that was masked: `[phone 2]` may well have been given, written in another way."""


def invented_argument(trajectory: Trajectory) -> Iterator[Finding]:
    """A model called a tool with an id or an e-mail address that was nowhere in what it had been given.

    However it is set off: `4111 1111` is `41111111`. An id counts by its figures, so that `SO-1036` may be made from
    `#1036`; one whose figures were given is not reported, nor is anything in running text. What only stands for an id,
    such as `latest_email_id`, counts as made up.
    """
    written = {step.reply.text for step in trajectory.models() if step.reply is not None}
    for call in calls(trajectory):
        named = [(path, value) for path, value in _leaves(call.arguments) if _names(path, value)]
        if call.asked is None or not named:
            continue
        given = _given(call.asked, written)
        invented = [(path, value) for path, value in named if _is_new(value, given)]
        if invented:
            yield _finding(call, invented)


def _given(step: ModelStep, written: Collection[str]) -> str:
    """All that a model had been given, in lower case; what assistants had said before the run began is part of it."""
    told = [message.text for message in step.messages if message.role != "assistant" or message.text not in written]
    return "\n".join(
        [*told, *(f"{tool.description} {quoting.text(tool.parameters)}" for tool in step.tools)]
    ).casefold()


def _names(path: str, value: str) -> bool:
    """Whether a value is an address, or several, or stands where an identifier belongs and looks like one."""
    if _MASKED.search(value):
        return False
    if all(map(_ADDRESS.fullmatch, _parts(value))):
        return True
    if not _NAMED.search(path):
        return False
    return bool(_PLACEHOLDER.fullmatch(value) or (_IDENTIFIER.fullmatch(value) and _DIGITS.search(value)))


def _is_new(value: str, given: str) -> bool:
    if "@" in value:
        return any(address.casefold() not in given for address in _parts(value))
    figures = _DIGITS.findall(value)
    written = value.casefold() in given or _joined(value.casefold()) in _joined(given)
    return not written and not (figures and all(figure in given for figure in figures))


def _joined(text: str) -> str:
    """The text without what sets off groups of letters and figures: `4111 1111` is `4111-1111` is `41111111`."""
    return _SET_OFF.sub("", text)


def _parts(value: str) -> list[str]:
    return re.split(r"[,;]\s*", value)


def _leaves(value: JsonValue, path: str = "") -> Iterator[tuple[str, str]]:
    """The texts in arguments, each with the name of the argument that it stands in."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part, path)
    elif isinstance(value, str):
        yield path, value.strip()


def _finding(call: Call, invented: list[tuple[str, str]]) -> Finding:
    listed = ", ".join(quoting.arguments({path: value}, 80) for path, value in invented[:4])
    sentence = (
        f"{quoting.where(call.node)}the tool {quoting.name(call.tool)} was called with {listed}, "
        "which stood in nothing that the model had been given; it made that up."
    )
    return Finding(check="invented_argument", node=call.node, tool=call.tool, step=call.step, sentence=sentence)
