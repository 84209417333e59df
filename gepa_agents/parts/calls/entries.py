"""One recorded call as a line of a file: what identifies it, what was asked, what came back, and a check of its own.

Lines are JSON with sorted content, so that the same call gives the same line on any machine.
"""

import hashlib
import json
import re
from typing import Any

from pydantic import ValidationError

from gepa_agents.words.call import Call, CallKind, Raised, Run
from gepa_agents.words.frozen import Frozen, JsonValue

FORMAT = "gepa-agents/calls/1"
DIGITS = re.compile(r"\d+")


class Broken(ValueError):
    """A line that can't be used; the message says why."""


class Entry(Frozen):
    """One call. `candidate`, `task`, `repeat`, `at` and `n` say which one it was; `key` says what was asked."""

    kind: CallKind
    name: str
    candidate: str = ""
    task: str = ""
    repeat: int = 0
    at: str = ""
    """Place in the agent: node, step of the graph, branch."""
    n: int = 0
    """How many times the same had been asked there before."""
    key: str
    """Hash of kind, name and request."""
    request: JsonValue
    """Masked."""
    answer: JsonValue = None
    error: Raised | None = None
    inside: bool = False
    """True when other calls were recorded within it."""
    simulated: bool = False
    """True when a simulator answered."""

    @property
    def run(self) -> Run:
        """Whose call it was."""
        return Run(self.candidate, self.task, self.repeat)

    @property
    def identity(self) -> tuple[object, ...]:
        """Of two entries with the same, the later one counts."""
        return (*self.run, self.at, self.kind, self.name, self.key, self.n)

    @property
    def order(self) -> tuple[str | int, ...]:
        """Where it stands in a tidy file: run by run, numbers in a place by their value."""
        place = DIGITS.sub(lambda number: number[0].zfill(6), self.at)
        return (self.task, self.candidate, self.repeat, place, self.kind, self.name, self.n, self.key)


def key(call: Call) -> str:
    """What a call is found by: a hash of its content (128 bits)."""
    return _hash([call.kind, call.name, call.request])[:32]


def header() -> str:
    """The first line of a file."""
    return json.dumps({"format": FORMAT})


def line(entry: Entry) -> str:
    """An entry as a line, without the line's end."""
    fields: dict[str, Any] = entry.model_dump(mode="json", exclude_defaults=True)
    fields["check"] = _hash(fields)[:16]
    return _json(fields)


def read(text: str) -> Entry:
    """The entry that a line holds. Raises `Broken` for one that was changed or cut off.

    A line without `check` was written by a person, and is taken as it is.
    """
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise Broken("it is no JSON") from error
    if not isinstance(fields, dict):
        raise Broken("it is no object")
    check = fields.pop("check", None)
    if check is not None and check != _hash(fields)[:16]:
        raise Broken("it was changed or damaged since it was written; delete its `check` if you changed it on purpose")
    try:
        entry = Entry.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise Broken(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if entry.key != key(Call(kind=entry.kind, name=entry.name, request=entry.request)):
        raise Broken("its `key` is not that of its request; record the call again")
    return entry


def _hash(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _json(fields: dict[str, Any]) -> str:
    text = json.dumps(fields, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate, as cut-off text has it
        return json.dumps(fields)
    return text
