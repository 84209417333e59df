"""How deep plain data is nested: what is deeper than our files can hold is refused where it is read."""

from collections.abc import Iterator

DEEPEST = 100
"""Levels of lists and objects in a value from outside. Pydantic reads back JSON of 200 levels, and a value stands some
levels deep in what is written of it."""
WIDEST = 10_000_000
"""Values on one level; a few lines of YAML can refer to each other until they stand for more than any memory holds."""


def too_deep(value: object, levels: int = DEEPEST) -> bool:
    """Whether lists and objects in a value stand more than so many levels deep, or stand for too many values."""
    layer = [value]
    for _ in range(levels + 1):
        layer = [inner for one in layer for inner in _inside(one)]
        if not layer:
            return False
        if len(layer) > WIDEST:
            return True
    return True


def _inside(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value
