"""How deep plain data is nested: what is deeper than our files can hold is refused where it is read."""

from collections.abc import Iterator

DEEPEST = 100
"""Levels of lists and objects in a value from outside. Pydantic reads back JSON of 200 levels, and a value stands some
levels deep in what is written of it."""
WIDEST = 10_000_000
"""Values on one level, at most. Only references can make more: a few lines of YAML may stand for more than any memory
holds."""


def too_deep(value: object, widest: int = WIDEST) -> bool:
    """Whether lists and objects in a value stand more than `DEEPEST` levels deep, or hold more than `widest` values on
    one level; a value that holds itself does."""
    layer = [value]
    for _ in range(DEEPEST + 1):
        layer = [inner for one in layer for inner in _inside(one)]
        if not layer:
            return False
        if len(layer) > widest:
            return True
    return True


def _inside(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value
