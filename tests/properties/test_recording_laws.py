"""Laws of recordings: nothing is lost on the way into the file, and each call finds its own answer again."""

import json
import tempfile
from pathlib import Path
from typing import Any

from gepa_agents_langgraph.held import Around, from_message, given, held, message
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.types import Command, Send

from gepa_agents import Recording
from gepa_agents.parts.calls.difference import differences, nearest
from gepa_agents.parts.calls.entries import Entry, key, line, read
from gepa_agents.parts.masking.personal import Emails
from gepa_agents.parts.masking.pseudonyms import NAMED, Pseudonyms
from gepa_agents.parts.masking.secrets import Secrets
from gepa_agents.ports.raising import described, rebuilt
from gepa_agents.words.call import Call, Outcome, Raised, Run

NAMES = st.sampled_from(["a", "b", "c"])
PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=5), PLAIN, max_size=3)
TOOL_CALLS = st.fixed_dictionaries({"name": NAMES, "args": OBJECTS, "id": NAMES, "type": st.just("tool_call")})
MESSAGES: st.SearchStrategy[BaseMessage] = st.one_of(
    st.builds(SystemMessage, st.text()),
    st.builds(HumanMessage, st.text(), name=st.none() | NAMES),
    st.builds(AIMessage, st.text(), tool_calls=st.lists(TOOL_CALLS, max_size=2), response_metadata=OBJECTS),
    st.builds(ToolMessage, st.text(), tool_call_id=NAMES, status=st.sampled_from(["success", "error"]), artifact=PLAIN),
    st.builds(AIMessageChunk, st.text(), response_metadata=OBJECTS),
)
HELD: st.SearchStrategy[Any] = st.recursive(
    PLAIN | MESSAGES | st.builds(lambda text: {"!": text}, st.text()),
    lambda below: (
        st.lists(below, max_size=3)
        | st.tuples(below, below)
        | st.dictionaries(st.text(max_size=3) | st.integers(), below, max_size=3)
        | st.builds(Command, update=below)
        | st.builds(Send, NAMES, below)
    ),
    max_leaves=6,
)
SECRETS = ("sk-abcdefghijklmnopqrstuvwx", "sk-zyxwvutsrqponmlkjihgfedc", "ada@acme.io", "bob@acme.io")
TALK = st.lists(st.sampled_from([*SECRETS, "hello ", "password: ", " ", "[email "]), max_size=6).map(" ".join)


@examples(HELD)
def test_what_a_tool_returns_comes_back_as_it_was(value: Any):
    """Messages, commands, tuples, odd keys: through JSON and back."""
    again = given(json.loads(json.dumps(held(value))))
    assert again == value
    assert type(again) is type(value)


@examples(MESSAGES)
def test_a_message_comes_back_as_it_was(value: BaseMessage):
    """With its type and every field."""
    assert from_message(json.loads(json.dumps(message(value)))) == value


@examples(st.lists(MESSAGES, min_size=1, max_size=4), st.data())
def test_messages_that_were_handed_in_are_those_of_the_replay(messages: list[BaseMessage], data: st.DataObject):
    """A handoff that returns the graph's own messages returns those that the graph has now."""
    known = [one.model_copy(update={"id": f"recorded {n}"}) for n, one in enumerate(messages)]
    now = [one.model_copy(update={"id": f"replayed {n}"}) for n, one in enumerate(messages)]
    chosen = data.draw(st.lists(st.sampled_from(range(len(messages))), max_size=4))
    kept = held([known[n] for n in chosen], Around("id 1", known))
    assert given(kept, Around("id 2", now)) == [now[n] for n in chosen]


@examples(st.sampled_from([ValueError, KeyError, ConnectionError, OSError, TimeoutError]), st.lists(PLAIN, max_size=3))
def test_an_exception_comes_back_as_it_was(kind: type[Exception], args: list[Any]):
    """Its class, its arguments, its words."""
    error = kind(*args)
    again = rebuilt(Raised.model_validate_json(json.dumps(described(error).model_dump(mode="json"))))
    assert isinstance(again, kind)
    assert str(again) == str(error)
    assert again.args == error.args or not error.args


@examples(st.text(), st.lists(st.sampled_from(["nowhere:Gone", "builtins:ValueError", "builtins:len"]), max_size=3))
def test_an_exception_of_an_unknown_class_has_a_stand_in(message: str, types: list[str]):
    """Under the nearest class that is known, with the same words; nothing is imported or called for it."""
    again = rebuilt(Raised(types=tuple(types), message=message))
    assert str(again) == message
    assert isinstance(again, ValueError) == ("builtins:ValueError" in types)


@examples(PLAIN, PLAIN, NAMES, st.integers(0, 5))
def test_an_entry_is_read_as_it_was_written(request: Any, answer: Any, name: str, n: int):
    """And a change of any character of it is noticed."""
    call = Call(kind="tool", name=name, request=request)
    entry = Entry(kind="tool", name=name, key=key(call), request=request, answer=answer, n=n)
    assert read(line(entry)) == entry


@settings(deadline=None)
@examples(st.lists(st.tuples(NAMES, NAMES, st.integers(0, 99)), max_size=12), st.randoms(use_true_random=False))
def test_in_the_run_that_was_recorded_each_call_finds_its_own_answer(asked: list[tuple[str, str, int]], random: Any):
    """Whatever the order in which parallel branches ask: order counts within a branch only."""
    at = [""]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "calls.jsonl"
        with Recording(file) as calls, calls.session(Run("c", "t"), lambda: at[0]) as session:
            for at[0], question, answer in asked:
                session.ask(Call(kind="tool", name=question, request=None)).keep(Outcome(value=answer))
        branches: dict[str, list[tuple[str, int]]] = {}
        for branch, question, answer in asked:
            branches.setdefault(branch, []).append((question, answer))
        with Recording(file, "replay") as calls, calls.session(Run("c", "t"), lambda: at[0]) as session:
            while branches:
                at[0] = random.choice(sorted(branches))
                question, answer = branches[at[0]].pop(0)
                outcome = session.ask(Call(kind="tool", name=question, request=None)).outcome
                assert outcome is not None
                assert outcome.value == answer
                if not branches[at[0]]:
                    del branches[at[0]]


@examples(TALK, TALK)
def test_what_is_hidden_can_be_compared_and_shown_again(said: str, other: str):
    """Hiding twice is hiding once; equal texts stay equal and different ones different; and nothing stays hidden."""
    veil = Pseudonyms([Secrets(), Emails()])
    hidden = veil.hide(said)
    assert isinstance(hidden, str)
    assert not any(secret in hidden for secret in SECRETS)
    assert veil.hide(hidden) == hidden
    assert veil.show(hidden) == said
    assert (veil.hide(other) == hidden) == (other == said)
    strange = Pseudonyms([Secrets(), Emails()])
    assert strange.show(hidden) == hidden or not NAMED.search(hidden)


@examples(PLAIN, st.lists(PLAIN, min_size=1, max_size=4))
def test_a_call_that_is_missing_always_has_a_nearest_one(asked: Any, recorded: list[Any]):
    """And a sentence that says how it differs."""
    call = Call(kind="tool", name="a", request=asked)
    known = [Call(kind="tool", name="a", request=request) for request in recorded]
    entries = [Entry(kind="tool", name="a", key=key(one), request=one.request) for one in known]
    found = nearest(call, "", "", entries)
    assert found in entries
    assert found is not None
    assert differences(call, found)
