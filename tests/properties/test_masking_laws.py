"""Laws of masking, for texts with secrets and personal data in any surroundings."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from gepa_agents.parts.masking.mask import Masked, detectors
from gepa_agents.parts.masking.records import Mask
from gepa_agents.words.frozen import JsonValue
from tests.rollouts import call, case, ran, said, user

KINDS = ("secrets", "emails", "phones", "cards", "ibans")
EVERY = detectors(KINDS, {"SERVICE_TOKEN": "zx81-spectrum-48k"})
VALUES = (
    "sk-proj-abcDEF0123456789abcDEF0123",
    "AKIAIOSFODNN7EXAMPLE",
    "zx81-spectrum-48k",
    "ann.lee@acme.io",
    "+49 30 901820",
    "4111 1111 1111 1111",
    "DE89 3704 0044 0532 0130 00",
)
AROUND = st.text(alphabet="?!()<>[]{}#*~;:,'`“”€… \t\n\"\\日👩", max_size=6)
PIECES = st.one_of(st.sampled_from(VALUES), st.sampled_from(['"', "\\", "{", "[", "\n", "and", "password: "]))
TEXTS = st.lists(PIECES, max_size=5).map(
    ", ".join
)  # rows of digits with nothing but spaces between them are anybody's guess
JSON: st.SearchStrategy[JsonValue] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(TEXTS, inner, max_size=2)),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(AROUND, st.sampled_from(VALUES), AROUND)
def test_a_value_is_found_between_spaces_and_signs(before: str, value: str, after: str) -> None:
    """Whatever signs stand around it, nothing of it is left."""
    assert value not in Masked(EVERY).text(f"{before} {value} {after}")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_masked_once(text: str) -> None:
    """No text breaks it, and masking what is masked changes nothing."""
    masked = Masked(EVERY).text(text)
    assert Masked(EVERY).text(masked) == masked


@settings(max_examples=100, deadline=None)
@given(JSON)
def test_data_stays_data(value: JsonValue) -> None:
    """Of the same shape: no key is lost, and a text that was JSON still is."""
    masked = Masked(EVERY)
    found = masked.data(value)
    assert type(found) is type(value) or isinstance(found, str)
    if isinstance(value, dict) and isinstance(found, dict):
        assert len(found) == len(value)
    assert not any(one in json.dumps(found) for one in VALUES)
    json.loads(masked.text(json.dumps(value)))


@settings(max_examples=100, deadline=None)
@given(TEXTS, TEXTS, TEXTS, JSON)
def test_a_rollout_holds_nothing_that_was_found(first: str, second: str, third: str, value: JsonValue) -> None:
    """Anywhere in it; the same rollout is masked the same way, and the task with it."""
    told = case(
        said(first, given=[user(second)], calls=[call("refund", value)]),
        ran("refund", value, third),
        given={"text": second, "data": value},
        output=value,
    )
    mask = Mask(EVERY)
    kept = mask.rollout(told.task, told.rollout)
    assert kept == mask.rollout(told.task, told.rollout)
    assert not any(one in kept.model_dump_json() for one in VALUES)
    assert not any(one in mask.task(told.task).model_dump_json() for one in VALUES)
