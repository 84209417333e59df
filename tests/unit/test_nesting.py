"""How deep plain data may be nested."""

from typing import Any

import pytest

from gepa_agents import Case, Rollout, Task
from gepa_agents.words.nesting import DEEPEST, too_deep


def nested(levels: int, kind: type[list[Any]] | type[dict[str, Any]] = list) -> Any:
    """A value of so many levels."""
    value: Any = "x"
    for _ in range(levels):
        value = [value] if kind is list else {"a": value}
    return value


@pytest.mark.parametrize("kind", [list, dict])
def test_what_is_not_too_deep_can_be_written_and_read(kind: type[list[Any]] | type[dict[str, Any]]):
    """The deepest that is taken survives in a task, in a run, and in the file of runs; one level more is refused."""
    deepest = nested(DEEPEST, kind)
    assert not too_deep(deepest)
    assert too_deep(nested(DEEPEST + 1, kind))
    case = Case(task=Task(id="t", input=deepest), rollout=Rollout(candidate="c", task="t", output={"a": [deepest]}))
    assert Case.model_validate_json(case.model_dump_json()) == case


def test_what_holds_itself_is_too_deep():
    """A circle has no end, and a few references may stand for more than there is room for."""
    circle: list[Any] = []
    circle.append({"a": circle})
    assert too_deep(circle)
    many: Any = ["x"]
    for _ in range(30):
        many = [many, many]
    assert too_deep(many, widest=1000)
    assert not too_deep([["x"]] * 1000, widest=1000)
