"""A check of where arguments come from: ids and addresses that stand in nothing the model had been given."""

import re
from collections.abc import Iterator

from gepa_agents.parts.feedback import quoting
from gepa_agents.parts.feedback.calls import Call, calls
from gepa_agents.words.finding import Finding
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import Trajectory

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NAMED = re.compile(r"(?:^|_)(?:ids?|uuid|number|no|code|ref|reference|key|sku|iban)$|[a-z](?:Id|ID|Ids|Number|Code)$")
"""Names of arguments that take an identifier."""
_IDENTIFIER = re.compile(r"[#\w-]*\d[\w-]*")
_DIGITS = re.compile(r"\d{2,}")


def invented_argument(trajectory: Trajectory) -> Iterator[Finding]:
    """A model called a tool with an id or an e-mail address that was nowhere in what it had been given.

    An id counts by its figures, so that `SO-1036` may be made from `#1036`; one whose figures were given is not
    reported, nor is anything in running text.
    """
    for call in calls(trajectory):
        if call.asked is None:
            continue
        given = "\n".join(
            [message.text for message in call.asked.messages if message.role != "assistant"]
            + [f"{tool.description} {quoting.text(tool.parameters)}" for tool in call.asked.tools]
        ).casefold()
        invented = [(path, value) for path, value in _leaves(call.arguments) if _is_new(path, value, given)]
        if invented:
            yield _finding(call, invented)


def _is_new(path: str, value: str, given: str) -> bool:
    addresses = _ADDRESS.findall(value) if _ADDRESS.fullmatch(re.split(r"[,;]\s*", value)[0]) else []
    if addresses:
        return any(address.casefold() not in given for address in addresses)
    if not _NAMED.search(path) or not _IDENTIFIER.fullmatch(value):
        return False
    figures = _DIGITS.findall(value)
    return bool(figures) and value.casefold() not in given and not all(figure in given for figure in figures)


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
    where = f"In {quoting.name(call.node)}, " if call.node else "In the agent, "
    listed = ", ".join(quoting.arguments({path: value}, 80) for path, value in invented[:4])
    sentence = (
        f"{where}the tool {quoting.name(call.tool)} was called with {listed}, "
        "which stood in nothing that the model had been given; it made that up."
    )
    return Finding(check="invented_argument", node=call.node, tool=call.tool, step=call.step, sentence=sentence)
