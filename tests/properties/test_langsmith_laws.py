"""A prompt comes back from LangChain's serializer to the letter, whatever braces it holds."""

import inspect
from typing import Any

import pytest
from gepa_agents_langsmith import prompt
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.load import dumps, loads

from gepa_agents import Component, Slot

CORE: dict[str, Any] = {"allowed_objects": "core"} if "allowed_objects" in inspect.signature(loads).parameters else {}
"""What newer versions of LangChain want to be told."""
NAMES = ("city", "slot_1", "slot_12")
FIXED = st.lists(
    st.sampled_from(
        ["{", "}", "{{", "}}", "{}", "{0}", "{city.x}", "{city!r}", "{{city}}", "{% if %}", '{"lc": 1}', "\n"]
    )
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    max_size=6,
).map("".join)


@pytest.mark.filterwarnings("ignore:The function `loads` is in beta")
@settings(deadline=None)
@given(
    fixed=st.lists(FIXED, min_size=1, max_size=5),
    order=st.lists(st.sampled_from(NAMES), min_size=4, max_size=4),
    values=st.tuples(FIXED, FIXED, FIXED),
    role=st.sampled_from(["system", "user"]),
)
def test_a_prompt_comes_back(fixed: list[str], order: list[str], values: tuple[str, str, str], role: str):
    """Filled in after a round trip, it reads as the text with its slots filled in, and nothing else replaced."""
    text = fixed[0] + "".join(f"{{{name}}}{part}" for name, part in zip(order, fixed[1:], strict=False))
    component = Component(
        name="a.system", kind="prompt", text=text, node="a", role=role, slots=tuple(Slot(name=name) for name in NAMES)
    )
    template = prompt(component, text)
    again = loads(dumps(template), **CORE)
    assert again == template
    filled = dict(zip(NAMES, values, strict=True))
    (message,) = again.format_messages(**filled)
    expected, rest = "", text
    while rest:
        name = next((one for one in NAMES if rest.startswith(f"{{{one}}}")), None)
        expected += rest[0] if name is None else filled[name]
        rest = rest[1:] if name is None else rest[len(name) + 2 :]
    assert message.content == expected
