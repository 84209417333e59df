"""What `@pytest.mark.agent_suite(...)` asks for, checked. Imports nothing of ours: it is read at collection."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

MARK = "agent_suite"
EXAMPLE = f'@pytest.mark.{MARK}("gepa.toml", candidate="tuned.yaml", min_score=0.8)'
SPLITS = ("train", "val", "test")


class GateError(Exception):
    """The mark can't be used; says why in a sentence."""


@dataclass(frozen=True)
class Gate:
    """A suite and what it has to reach."""

    file: Path
    """The gepa.toml."""
    candidate: Path | None = None
    """A saved candidate; None for the agent as it stands."""
    split: str = "test"
    tasks: str = "*"
    """Which of the split's tasks, as a shell pattern over their ids."""
    repeats: int = 1
    """Rollouts of each task."""
    min_score: float | None = None
    """Least mean score of what the test is given: of the suite for `agent_suite`, of the one run for `agent_run`."""
    max_usd: float | None = None
    """What the rollouts of this file and candidate may cost in this session, in US dollars, all tests together."""

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.file.name}, {self.candidate.name if self.candidate else 'the agent as it stands'}, {self.split}"


def gate(node: pytest.Item | pytest.Collector, folder: Path) -> Gate | None:
    """What the marks on a test say together, an inner one before an outer one; None without a mark.

    Files are looked for beside the test file, then in `folder`, pytest's rootdir. Raises `GateError`.
    """
    wanted: dict[str, object] = {}
    for mark in reversed(list(node.iter_markers(MARK))):
        if len(mark.args) > 1:
            raise GateError(f"the mark {MARK} takes the file and then names: {EXAMPLE}")
        wanted |= {**mark.kwargs, **({"file": mark.args[0]} if mark.args else {})}
    if not wanted and node.get_closest_marker(MARK) is None:
        return None
    known = [field.name for field in fields(Gate)]
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise GateError(f"the mark {MARK} has no {' and no '.join(unknown)}; it has {', '.join(known)}")
    if wanted.get("file") is None:
        raise GateError(f"the mark {MARK} names no file: {EXAMPLE}")
    for name in ("file", "candidate"):
        if wanted.get(name) is not None:
            wanted[name] = _found(name, wanted[name], (node.path.parent, folder))
    return _checked(wanted)


def _found(name: str, value: object, folders: tuple[Path, ...]) -> Path:
    if not isinstance(value, str | Path):
        raise GateError(f"{MARK}: {name} should be a path (it is {value!r})")
    for folder in folders:
        if (folder / value).is_file():
            return (folder / value).resolve()
    looked = " or ".join(map(str, dict.fromkeys(folders)))
    raise GateError(f"{MARK}: there is no file {value} in {looked}; give its path from there")


def _checked(wanted: Mapping[str, object]) -> Gate:
    made = Gate(**wanted)  # type: ignore[arg-type]  # what it holds is looked at here
    if made.split not in SPLITS:
        raise GateError(f"{MARK}: split should be one of {', '.join(SPLITS)} (it is {made.split!r})")
    if not isinstance(made.tasks, str):
        raise GateError(f"{MARK}: tasks should be a pattern such as 'refund-*' (it is {made.tasks!r})")
    if not isinstance(made.repeats, int) or made.repeats < 1:
        raise GateError(f"{MARK}: repeats should be 1 or more (it is {made.repeats!r})")
    for name in ("min_score", "max_usd"):
        value = getattr(made, name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise GateError(f"{MARK}: {name} should be a number (it is {value!r})")
    if made.max_usd is not None and made.max_usd <= 0:
        raise GateError(f"{MARK}: max_usd should be greater than 0 (it is {made.max_usd!r})")
    return made
