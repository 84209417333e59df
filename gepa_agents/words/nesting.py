"""How deep plain data is nested: what is deeper than our files can hold is refused where it is read."""

from collections.abc import Iterable

DEEPEST = 100
"""Levels of lists and objects in a value from outside. Pydantic reads back JSON of 200 levels, and a value stands some
levels deep in what is written of it."""
WIDEST = 10_000_000
"""Lists and objects on one level, at most. Only references can make more: a few lines of YAML may stand for more than
any memory holds."""

Holder = dict[object, object] | list[object] | tuple[object, ...]


def too_deep(value: object, widest: int = WIDEST) -> bool:
    """Whether lists and objects in a value stand more than `DEEPEST` levels deep, or more than `widest` of them on one
    level; a value that holds itself does."""
    layer = _holders([value])
    for _ in range(DEEPEST):
        layer = [found for one in layer for found in _holders(one.values() if isinstance(one, dict) else one)]
        if not layer:
            return False
        if len(layer) > widest:
            return True
    return bool(layer)


def _holders(values: Iterable[object]) -> list[Holder]:
    return [one for one in values if isinstance(one, dict | list | tuple)]
