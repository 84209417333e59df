"""A candidate's texts into the files of a repository: finds the one place of each, and makes the patch.

What stands in no place, or in more than one, or can't be written there without a loss, is left out with the reason.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from gepa_agents.words.component import Component
from gepa_agents.words.frozen import Frozen
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents_patch.diffs import unified
from gepa_agents_patch.matching import Habits, Match, match
from gepa_agents_patch.places import Place, SourceFile, of_python, of_text
from gepa_agents_patch.repository import Repository
from gepa_agents_patch.shapes import pieces
from gepa_agents_patch.writing import Unwritable

LINE = re.compile(r":\d+$")
WORD = re.compile(r"[A-Za-z]{4,}")
BEGINNING = 40
"""Characters of a text's first line by which it is looked for where it is part of something longer."""
NAMED = 5
"""Places that a reason names."""


class Left(Frozen):
    """A text that is not in the patch."""

    component: str
    reason: str
    """Why, and what to do, in one sentence."""


class Placed(Frozen):
    """A text that is in the patch."""

    component: str
    place: str
    """`path:line` of what it replaces; a path alone for a text file."""


class Patched(Frozen):
    """A patch and what is not in it."""

    diff: bytes
    """For `git apply`, at `top`."""
    top: Path
    """The top of the repository."""
    placed: tuple[Placed, ...]
    left: tuple[Left, ...]


@dataclass(frozen=True)
class Edit:
    """A place and its new source."""

    place: Place
    source: str
    value: str


def patch(config: GraphConfig, root: str | Path = ".", only: Sequence[str] = ()) -> Patched:
    """Make a patch that puts the tuned texts of `config` where the agent's own texts stand below `root`.

    `only` are the paths to look in, from the top of the repository, as shell patterns; `agent.py:12` is the text that
    begins there. Nothing is written to the repository. Raises `ConfigError` when there is no folder `root`.
    """
    repository = Repository.at(Path(root))
    files = list(repository.files())
    habits = Habits.of(file.text for file in files if file.path.endswith(".py"))
    changed = [one for one in config.overridden() if config.texts[one.name] != one.text]
    searched = list(repository.files([LINE.sub("", one) for one in only])) if only else files
    places = [place for file in searched for place in _places(file, changed) if _meant(place, only)]
    left = dict[str, str]()
    edits = dict[tuple[str, int], Edit]()
    placed = dict[str, Place]()
    for component in changed:
        matches = [found for place in places if (found := match(place, component))]
        try:
            edit = _edit(config, component, matches, habits, searched)
        except Unwritable as reason:
            left[component.name] = str(reason)
            continue
        edits[edit.place.file.path, edit.place.start] = edit
        placed[component.name] = edit.place
    diff = b"".join(_diffs(edits.values()))
    return Patched(
        diff=diff,
        top=repository.top,
        placed=tuple(Placed(component=name, place=str(place)) for name, place in placed.items()),
        left=tuple(Left(component=name, reason=reason) for name, reason in left.items()),
    )


def _meant(place: Place, only: Sequence[str]) -> bool:
    lines = [one for one in only if LINE.search(one)]
    return not lines or str(place) in lines or any(fnmatch(place.file.path, one) for one in only if one not in lines)


def _places(file: SourceFile, components: Iterable[Component]) -> Iterable[Place]:
    """The places of a file that could hold one of the texts, by a few of its words."""
    telling = [sorted(_words(one), key=lambda word: (-len(word), word))[:3] for one in components]

    def wanted(text: str) -> bool:
        return any(not words or any(word in text for word in words) for words in telling)

    if file.path.endswith(".py"):
        return of_python(file, wanted)
    return [of_text(file)] if wanted(file.text) else []


def _words(component: Component) -> set[str]:
    """The words of a text that stand in it whatever its slots hold."""
    return {
        word
        for part in pieces(component.text, [slot.name for slot in component.slots])[::2]
        for word in WORD.findall(part)
    }


def _edit(
    config: GraphConfig,
    component: Component,
    matches: Sequence[Match],
    habits: Habits,
    files: Sequence[SourceFile],
) -> Edit:
    tuned = config.texts[component.name]
    if not matches:
        raise Unwritable(_nowhere(component, files))
    if len(matches) > 1:
        named = ", ".join(str(one.place) for one in matches[:NAMED])
        more = f" and {len(matches) - NAMED} more" if len(matches) > NAMED else ""
        raise Unwritable(
            f"it stands in {len(matches)} places: {named}{more}; name the right one, `--set paths={matches[0].place}`"
        )
    place = matches[0].place
    for other in config.components:
        same = other.text == component.text and other.slots == component.slots
        if same and config.texts.get(other.name, other.text) != tuned:
            raise Unwritable(
                f"the text at {place} serves `{other.name}` too, which is to read otherwise; give each its own text"
            )
    try:
        value = matches[0].value(tuned, habits)
        edit = Edit(place, place.write(value), value)
        _check(edit)
    except Unwritable as reason:
        raise Unwritable(f"at {place}: {reason}; change it there by hand") from reason
    return edit


def _check(edit: Edit) -> None:
    """Read the file again with the new source in it: this text is the new one, and every other is as it was."""
    file = edit.place.file
    text = _text(file, [edit])
    try:
        file.encoded(text)
    except UnicodeEncodeError as error:
        raise Unwritable(f"its encoding, {file.encoding}, lacks a character of the tuned text") from error
    new = SourceFile(file.path, text, file.encoding)
    read: Callable[[SourceFile], list[Place]]
    read = (lambda one: list(of_python(one))) if file.path.endswith(".py") else (lambda one: [of_text(one)])
    expected = [one.told(edit.value if one.start == edit.place.start else one.value) for one in read(file)]
    if [one.told(one.value) for one in read(new)] != expected:
        raise Unwritable("the new text can't be written in the place's notation")


def _text(file: SourceFile, edits: Iterable[Edit]) -> str:
    text = file.text
    for edit in sorted(edits, key=lambda one: -one.place.start):
        text = text[: edit.place.start] + edit.source + text[edit.place.end :]
    return text


def _diffs(edits: Iterable[Edit]) -> Iterable[bytes]:
    by_file: Mapping[str, list[Edit]] = defaultdict(list)
    for edit in edits:
        by_file[edit.place.file.path].append(edit)
    for path, inside in sorted(by_file.items()):
        file = inside[0].place.file
        yield unified(path, file.encoded(file.text), file.encoded(_text(file, inside)))


def _nowhere(component: Component, files: Sequence[SourceFile]) -> str:
    """Why a text was not found: part of something longer, or nowhere at all."""
    lines = [line.strip() for line in component.text.splitlines() if line.strip()]
    beginning = lines[0][:BEGINNING] if lines else ""
    found = [
        f"{file.path}:{file.text[:at].count(chr(10)) + 1}" for file in files if (at := file.text.find(beginning)) >= 0
    ]
    if beginning and found:
        return (
            f"its beginning stands in {', '.join(found[:NAMED])}, but not as a literal or a file of its own that reads "
            "as the prompt does; change it there by hand"
        )
    return "no literal and no file reads so: it is built while the agent runs, or stands elsewhere; change it by hand"
