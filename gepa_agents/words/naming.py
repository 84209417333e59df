"""Names for others' registries, which take fewer characters than ours. Knows texts only."""

import hashlib
from collections import Counter
from collections.abc import Mapping


def distinct(names: Mapping[str, str]) -> dict[str, str]:
    """What each is called there, by its name here: where several would be called the same, a hash of their own names
    tells them apart (`desk-a-b-3f9a1c`).
    """
    taken = Counter(names.values())
    return {own: name if taken[name] == 1 else f"{name}-{_hash(own)}" for own, name in names.items()}


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:6]
