"""Says how a call that was not recorded differs from the nearest one that was."""

from collections.abc import Iterable, Iterator

from gepa_agents.parts.calls.entries import Entry
from gepa_agents.words.call import Call
from gepa_agents.words.frozen import JsonValue

AROUND = 30
"""Characters that are shown on each side of a difference."""
SHOWN = 2
"""Differences that are shown."""


def nearest(call: Call, at: str, task: str, entries: Iterable[Entry]) -> Entry | None:
    """The recorded call that is most like this one: same kind and name, then what its request has in common."""
    alike = [entry for entry in entries if entry.kind == call.kind]
    for wanted in (lambda entry: entry.name == call.name, lambda entry: _node(entry.at) == _node(at)):
        alike = [entry for entry in alike if wanted(entry)] or alike
    asked = dict(_leaves(call.request))
    return max(alike, key=lambda entry: (_shared(asked, entry), entry.task == task, entry.at == at), default=None)


def differences(call: Call, entry: Entry) -> str:
    """What differs, place by place: `messages.0.content is "…now…", was "…then…"`."""
    if entry.name != call.name:
        return f"it is of `{entry.name}`"
    now, then = dict(_leaves(call.request)), dict(_leaves(entry.request))
    changed = [path for path in dict.fromkeys([*now, *then]) if now.get(path, _NONE) != then.get(path, _NONE)]
    said = [_change(path, now.get(path, _NONE), then.get(path, _NONE)) for path in changed[:SHOWN]]
    if not said:
        return "the same stands in another form"
    more = len(changed) - len(said)
    return "; ".join(said) + (f"; and {more} more" if more > 0 else "")


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


_NONE = _Nothing()


def _change(path: str, now: object, then: object) -> str:
    if isinstance(now, str) and isinstance(then, str):
        start = len(_prefix(now, then))
        return f"`{path}` is {_around(now, start)!r} and was {_around(then, start)!r}"
    return f"`{path}` is {_short(now)} and was {_short(then)}"


def _around(text: str, start: int) -> str:
    begin = max(start - AROUND, 0)
    end = start + AROUND
    return ("…" if begin else "") + text[begin:end] + ("…" if end < len(text) else "")


def _short(value: object) -> str:
    said = repr(value)
    return said if len(said) <= 2 * AROUND else said[: 2 * AROUND] + "…"


def _prefix(one: str, other: str) -> str:
    length = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:length]


def _shared(asked: dict[str, JsonValue], entry: Entry) -> float:
    """How much two requests have in common: equal leaves, and of a text that differs, how far it goes along."""
    total = 0.0
    for path, then in _leaves(entry.request):
        now = asked.get(path)
        if now == then:
            total += 1
        elif isinstance(now, str) and isinstance(then, str) and (now or then):
            ends = len(_prefix(now, then)) + len(_prefix(now[::-1], then[::-1]))
            total += min(ends / max(len(now), len(then)), 0.99)
        else:
            total -= 0.1
    return total


def _leaves(value: JsonValue, path: str = "") -> Iterator[tuple[str, JsonValue]]:
    below: Iterable[tuple[object, JsonValue]] = ()
    match value:
        case dict() if value:
            below = value.items()
        case list() if value:
            below = enumerate(value)
        case _:
            yield path or "request", value
    for key, held in below:
        yield from _leaves(held, f"{path}.{key}" if path else str(key))


def _node(at: str) -> str:
    return at.partition("@")[0]
