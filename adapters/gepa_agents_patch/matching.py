"""Whether a component's text stands in a place, and what has to stand there instead.

A text may get from its place to the prompt in several ways (see `readings`, `templates`). Where they would ask for
different texts, nothing is chosen by chance: `Unwritable` says what is not known.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gepa_agents.words.component import Component
from gepa_agents_patch.places import Place
from gepa_agents_patch.readings import AsItIs, Cleaned, Dedented, Reading, Stripped
from gepa_agents_patch.templates import Format, Jinja, Template, Verbatim, swap, swap_fields
from gepa_agents_patch.writing import Unwritable

FORMATS = re.compile(r"\.format\(|format_map|PromptTemplate|from_template|from_messages|Template\(")
REPLACES = re.compile(r"\.replace\(|\.sub\(")
LOOSE: tuple[Reading, ...] = (Stripped(), Dedented(strip=True), Dedented(strip=False))


@dataclass(frozen=True)
class Habits:
    """What the repository's code does with texts anywhere in it."""

    formats: bool
    """It fills in templates whose braces are doubled."""
    replaces: bool
    """It replaces parts of texts."""

    @classmethod
    def of(cls, sources: Iterable[str]) -> "Habits":
        """Look through the code."""
        code = list(sources)
        return cls(any(map(FORMATS.search, code)), any(map(REPLACES.search, code)))


@dataclass(frozen=True)
class Match:
    """A place that holds a component's text, and the ways in which it may become the prompt."""

    place: Place
    component: Component
    ways: tuple[tuple[Reading, Template | None], ...]

    def value(self, tuned: str, habits: Habits) -> str:
        """What must stand in the place for `tuned`. Raises `Unwritable`."""
        for ways in (self.ways, [way for way in self.ways if self._likely(way[1], habits)]):
            for written in (self._value(*way, tuned) for way in ways):
                if written is not None and all(self._reads(written, *way, tuned) for way in ways):
                    return written
        if len({template for _, template in self.ways}) > 1 and set("{}") & set(tuned):
            raise Unwritable(
                "the tuned text has braces, and whether they are to be doubled there, as `str.format` and prompt "
                "templates want them, can't be seen"
            )
        raise Unwritable("the tuned text would not come out of it as it is, but with other white space or braces")

    def _value(self, reading: Reading, template: Template | None, tuned: str) -> str | None:
        """The text to write for one way; None when there is none."""
        inner = _swapped(reading.read(self.place.value), self.component, template, tuned)
        return None if inner is None else reading.write(self.place.value, inner)

    def _reads(self, value: str, reading: Reading, template: Template | None, tuned: str) -> bool:
        """Whether a value becomes the tuned text in one way."""
        new = self.component.model_copy(update={"text": tuned})
        return _swapped(reading.read(value), new, template, tuned) is not None

    def _likely(self, template: Template | None, habits: Habits) -> bool:
        if isinstance(template, Format):
            return habits.formats
        return not (isinstance(template, Verbatim) and self.component.slots and not habits.replaces)


def match(place: Place, component: Component) -> Match | None:
    """The component's own text in the place; None when it is another text."""
    for readings in _readings(place):
        ways = tuple(_ways(place, component, readings))
        if ways:
            return Match(place, component, ways)
    return None


def _ways(place: Place, component: Component, readings: Sequence[Reading]) -> Iterator[tuple[Reading, Template | None]]:
    for reading in readings:
        shown = reading.read(place.value)
        for template in _templates(place, component):
            if _swapped(shown, component, template, component.text) is not None:
                yield reading, template


def _swapped(shown: str, component: Component, template: Template | None, tuned: str) -> str | None:
    slots = [slot.name for slot in component.slots]
    if template is None:
        return swap_fields(shown, slots, component.text, tuned)
    return swap(template, shown, slots, component.text, tuned)


def _readings(place: Place) -> Iterator[Sequence[Reading]]:
    """What may be done to it, the likeliest first; what comes later counts only if nothing before fits."""
    yield (AsItIs(),)
    yield LOOSE if place.margin is None else (*LOOSE, Cleaned(place.margin))


def _templates(place: Place, component: Component) -> Sequence[Template | None]:
    if place.formatted:
        return (None,)
    if component.registered or component.kind != "prompt":
        return (Verbatim(),)
    return (Verbatim(), Format(), Jinja())
