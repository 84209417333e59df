"""How a text that has slots, or could have, becomes a prompt: not at all, by `str.format`, by Jinja, as an f-string.

Each makes a marked text (see `shapes`) of what stands in the place, and writes one back.
"""

import re
from collections.abc import Sequence
from string import Formatter
from typing import NamedTuple, Protocol

from gepa_agents_patch.shapes import MARK, carry, fill, mark, pieces, split

JINJA = re.compile(r"\{\{.*?\}\}", re.DOTALL)
LOGIC = re.compile(r"\{%|\{#")


class Marked(NamedTuple):
    """A text and the source of its fields, by number."""

    text: str
    fields: tuple[str, ...]


class Template(Protocol):
    """One way from what stands there to a prompt."""

    name: str

    def read(self, value: str, slots: Sequence[str]) -> Marked | None:
        """The text with its fields marked; None when this is no such template."""
        ...

    def literal(self, text: str) -> str | None:
        """How a fixed part is written; None when it can't be."""
        ...


class Verbatim:
    """Nothing is filled in but `{slot}`, as `prompt(...)` and `str.replace` do. All other braces are braces."""

    name = "verbatim"

    def read(self, value: str, slots: Sequence[str]) -> Marked | None:
        parts = pieces(value, slots)
        fields = tuple(f"{{{name}}}" for name in dict.fromkeys(parts[1::2]))
        parts[1::2] = [mark(fields.index(f"{{{name}}}")) for name in parts[1::2]]
        return Marked("".join(parts), fields)

    def literal(self, text: str) -> str | None:
        return text


class Format:
    """`str.format`, or a prompt template of LangChain's in this notation. Braces are doubled."""

    name = "format"

    def read(self, value: str, slots: Sequence[str]) -> Marked | None:
        text, fields = "", list[str]()
        try:
            for fixed, field, spec, conversion in Formatter().parse(value):
                text += fixed
                if field is None:
                    continue
                source = f"{{{field}{f'!{conversion}' if conversion else ''}{f':{spec}' if spec else ''}}}"
                if source not in fields or not field:
                    fields.append(source)
                text += mark(fields.index(source) if field else len(fields) - 1)
        except ValueError:
            return None
        return Marked(text, tuple(fields))

    def literal(self, text: str) -> str | None:
        return text.replace("{", "{{").replace("}", "}}")


class Jinja:
    """Jinja's `{{ name }}`. A text with statements or comments of Jinja is none that we write."""

    name = "jinja"

    def read(self, value: str, slots: Sequence[str]) -> Marked | None:
        fields = tuple(dict.fromkeys(JINJA.findall(value)))
        if not fields or LOGIC.search(value):
            return None
        return Marked(JINJA.sub(lambda found: mark(fields.index(found.group())), value), fields)

    def literal(self, text: str) -> str | None:
        return None if re.search(r"\{[{%#]", text) else text


def swap(template: Template, value: str, slots: Sequence[str], own: str, tuned: str) -> str | None:
    """The value that becomes `tuned`, if `value` becomes `own` by this template. None when it does not, or can't."""
    read = template.read(value, slots)
    marked = None if read is None else carry(read.text, pieces(own, slots), pieces(tuned, slots))
    if read is None or marked is None:
        return None
    parts = split(marked)
    fixed = [template.literal(part) for part in parts[::2]]
    if any(part is None for part in fixed):
        return None
    parts[::2] = [part or "" for part in fixed]
    parts[1::2] = [read.fields[int(number)] for number in parts[1::2]]
    new = "".join(parts)
    again = template.read(new, slots)
    return new if again is not None and _told(*again) == _told(marked, read.fields) else None


def _told(marked: str, fields: Sequence[str]) -> str:
    return fill(marked, [f"{MARK}{one}{MARK}" for one in fields])


def swap_fields(value: str, slots: Sequence[str], own: str, tuned: str) -> str | None:
    """The same for an f-string, whose value is marked already."""
    return carry(value, pieces(own, slots), pieces(tuned, slots))
