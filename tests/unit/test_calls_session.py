"""What is done about a call: which recorded one answers, when it is made, and what is said when neither may be."""

import re
from pathlib import Path
from typing import Any

import pytest

from gepa_agents import Recording, RecordingError, RecordingSettings
from gepa_agents.ports.calls import Session
from gepa_agents.words.call import Call, Outcome, Run
from gepa_agents.words.errors import ConfigError, MissingRecording

BASE, CHILD = Run("base", "t1"), Run("child", "t1")


def tool(name: str = "look_up", bound: bool = False, **arguments: Any) -> Call:
    """A call of a tool."""
    return Call(kind="tool", name=name, request=arguments, bound=bound)


def model(text: str) -> Call:
    """A call of a model."""
    return Call(kind="model", name="m", request={"messages": [{"role": "system", "content": text}]})


def make(session: Session, call: Call, answer: Any) -> Any:
    """Make a call as an adapter does: what is recorded, or else `answer`."""
    ticket = session.ask(call)
    if ticket.outcome is not None:
        return ticket.outcome.value
    ticket.keep(Outcome(value=answer))
    return answer


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the recording goes."""
    return tmp_path / "calls.jsonl"


def record(file: Path, *calls: tuple[Run, str, Call, Any], mode: Any = "record") -> None:
    """Record calls of several runs, each in a place."""
    at = [""]
    with Recording(file, mode) as recording:
        for run in dict.fromkeys(run for run, *_ in calls):
            with recording.session(run, lambda: at[0]) as session:
                for of, at[0], call, answer in calls:
                    if of == run:
                        make(session, call, answer)


def replayed(file: Path, run: Run, *asked: tuple[str, Call], **more: Any) -> list[Any]:
    """What the calls of a run are answered."""
    at = ""
    with Recording(file, "replay", **more) as recording, recording.session(run, lambda: at) as session:
        answers = []
        for place, call in asked:
            at = place
            answers.append(make(session, call, "made"))
        return answers


def test_the_same_call_is_answered_in_its_order(file: Path):
    """What was asked three times with three answers gives them in turn."""
    record(file, *((BASE, "a@1", tool(id=1), answer) for answer in ("open", "open", "closed")))

    assert replayed(file, BASE, *[("a@1", tool(id=1))] * 3) == ["open", "open", "closed"]


def test_branches_find_their_own_answers_in_any_order(file: Path):
    """The same question in two branches of one step: each is answered as it was there."""
    record(file, (BASE, "a@1.0", tool(id=1), "first"), (BASE, "a@1.1", tool(id=1), "second"))

    assert replayed(file, BASE, ("a@1.1", tool(id=1)), ("a@1.0", tool(id=1))) == ["second", "first"]


def test_what_was_always_answered_the_same_is_so_however_often(file: Path):
    """A look-up may be asked more often than it was recorded."""
    record(file, (BASE, "a@1", tool(id=1), "x"), (BASE, "a@1", tool(id=1), "x"))

    assert replayed(file, BASE, *[("a@1", tool(id=1))] * 5) == ["x"] * 5


def test_beyond_the_last_of_different_answers_nothing_is_guessed(file: Path):
    """The error says how often it was recorded."""
    record(file, *((BASE, "a@1", tool(id=1), answer) for answer in ("open", "closed")))

    with pytest.raises(MissingRecording, match=r"asked for the 3\. time, and was recorded 2 times"):
        replayed(file, BASE, *[("a@1", tool(id=1))] * 3)


def test_another_candidate_is_answered_from_the_closest_run(file: Path):
    """The same task goes before others; then names decide, never time."""
    others = [(Run("base", f"t{n}"), "a@1", tool(id=1), f"of t{n}") for n in (3, 2, 1)]
    record(file, *others)

    assert replayed(file, CHILD, ("b@7", tool(id=1))) == ["of t1"]
    assert replayed(file, Run("child", "t9"), ("b@7", tool(id=1))) == ["of t1"]


def test_what_depends_on_injected_state_never_comes_from_another_task(file: Path):
    """The same arguments mean something else there."""
    record(file, (Run("base", "t2"), "a@1", tool(bound=True), "of t2"))

    assert replayed(file, Run("child", "t2"), ("a@1", tool(bound=True))) == ["of t2"]
    with pytest.raises(MissingRecording):
        replayed(file, Run("child", "t3"), ("a@1", tool(bound=True)))


def test_a_changed_byte_is_told(file: Path):
    """The nearest recorded call, where it stands, and what differs."""
    record(file, (BASE, "plan@1", model("You plan trips to Rome, always."), "x"), (BASE, "b@1", model("Other."), "y"))

    with pytest.raises(MissingRecording) as error:
        replayed(file, BASE, ("plan@1", model("You plan trips to Rome; always.")))
    assert str(error.value) == (
        f"{file} has no call of the model `m` like this one in node `plan`, task `t1`; of the nearest one (line 3, "
        "task `t1`, node `plan`) `messages.0.content` is 'You plan trips to Rome; always.' and was "
        "'You plan trips to Rome, always.'. Nothing was called; record what is missing with the mode `fill`, or record "
        "anew"
    )


def test_a_miss_that_was_caught_is_raised_again(file: Path):
    """A graph's own `except Exception` does not turn a replay into something else."""
    record(file, (BASE, "a@1", tool(id=1), "x"))

    with Recording(file, "replay") as recording, recording.session(BASE) as session:
        with pytest.raises(MissingRecording):
            session.ask(tool(id=2))
        with pytest.raises(MissingRecording):
            session.check()


def test_fill_makes_what_is_missing_and_keeps_it(file: Path):
    """The second time nothing is missing."""
    record(file, (BASE, "a@1", tool(id=1), "old"))
    record(file, (BASE, "a@1", tool(id=1), "new"), (BASE, "a@1", tool(id=2), "added"), mode="fill")

    assert replayed(file, BASE, ("a@1", tool(id=1)), ("a@1", tool(id=2))) == ["old", "added"]


def test_filling_in_a_repetition_asks_the_model_again(file: Path):
    """Or else repetitions would all be the first one."""
    record(file, (BASE, "a@1", model("hi"), "first"))
    record(file, (Run("base", "t1", 1), "a@1", model("hi"), "second"), mode="fill")

    assert replayed(file, Run("base", "t1", 1), ("a@1", model("hi"))) == ["second"]


def test_filling_in_does_not_depend_on_timing(file: Path):
    """What another run has just recorded answers nobody else."""
    with Recording(file, "fill") as recording:
        for run, answer in ((BASE, "one"), (CHILD, "two")):
            with recording.session(run) as session:
                assert make(session, tool(id=1), answer) == answer


def test_models_may_be_live_while_tools_are_replayed(file: Path):
    """What a candidate with new prompts needs."""
    record(file, (BASE, "a@1", model("old prompt"), "x"), (BASE, "b@1", tool(id=1), "recorded"))

    assert replayed(file, CHILD, ("a@1", model("new prompt")), ("b@1", tool(id=1)), models="live") == [
        "made",
        "recorded",
    ]


def test_an_unknown_call_of_a_tool_may_fail_its_rollout_alone(file: Path):
    """It is no error of the run then; a model's still is."""
    record(file, (BASE, "a@1", tool(id=1), "x"))

    with Recording(file, "replay", missing="fail") as recording, recording.session(CHILD) as session:
        with pytest.raises(Exception, match="has no call of the tool `look_up`") as error:
            session.ask(tool(id=2))
        assert not isinstance(error.value, MissingRecording)
        session.check()
        with pytest.raises(MissingRecording):
            session.ask(model("new"))


def test_a_simulator_is_asked_for_unknown_calls_of_tools(file: Path):
    """It gets the call, and the ticket keeps nothing."""
    record(file, (BASE, "a@1", tool(id=1), "x"))
    before = file.read_bytes()

    with Recording(file, "replay", missing=lambda call: f"no {call.name}") as recording:
        with recording.session(CHILD) as session:
            ticket = session.ask(tool(id=2))
            assert ticket.simulator is not None
            assert ticket.simulator(tool(id=2)) == "no look_up"
            assert not ticket.keeps
        assert recording.counts == {"simulated": 1}
    assert file.read_bytes() == before


def test_tools_named_live_are_left_alone(file: Path):
    """By patterns over their names."""
    settings = RecordingSettings(live=("shop_*",))

    assert replayed_anything(file, tool("shop_refund"), settings) == "made"
    assert "shop_refund" not in file.read_text()


def replayed_anything(file: Path, call: Call, settings: RecordingSettings) -> Any:
    """What a call is answered over an empty recording."""
    record(file)
    with Recording(file, "replay", settings=settings) as recording, recording.session(BASE) as session:
        return make(session, call, "made")


def test_volatile_parts_do_not_count(file: Path):
    """A date in a prompt that is another one today."""
    settings = RecordingSettings(volatile=(r"\d{4}-\d\d-\d\d",))
    with Recording(file, settings=settings) as recording, recording.session(BASE) as session:
        make(session, model("Today is 2026-01-01."), "x")

    assert replayed(file, BASE, ("", model("Today is 2026-02-02.")), settings=settings) == ["x"]


def test_secrets_are_not_written_and_found_all_the_same(file: Path):
    """A key in a request and a password in an answer: neither is in the file, and the known one comes back."""
    key = "sk-abcdefghijklmnopqrstuvwx"
    record(file, (BASE, "", tool(header=f"Bearer {key}"), {"echo": key, "password": "hunter2-x"}))

    assert key not in file.read_text()
    assert "hunter2" not in file.read_text()
    (answer,) = replayed(file, BASE, ("", tool(header=f"Bearer {key}")))
    assert answer["echo"] == key
    assert re.fullmatch(r"\[secret [0-9a-f]{6}\]", answer["password"])


def test_what_was_masked_in_an_answer_can_be_asked_about(file: Path):
    """A replayed run sends the placeholder where the real one sent the value, and is still found."""
    secret = "sk-abcdefghijklmnopqrstuvwx"
    record(file, (BASE, "", tool("login"), secret), (BASE, "", tool("use", key=secret), "welcome"))

    with Recording(file, "replay") as recording, recording.session(BASE) as session:
        given = make(session, tool("login"), "made")
        assert secret not in given
        assert make(session, tool("use", key=given), "made") == "welcome"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"mode": "play"}, "'play' is no mode"),
        ({"missing": "ignore"}, "missing='ignore'"),
        ({"settings": RecordingSettings(volatile=("(",))}, "no regular expression"),
        ({"settings": RecordingSettings(mask=("names",))}, "'names' is nothing that can be masked"),  # type: ignore[arg-type]
    ],
)
def test_wrong_settings_are_named(file: Path, wrong: dict[str, Any], said: str):
    """Before anything is called."""
    with pytest.raises(ConfigError, match=re.escape(said)):
        Recording(file, **wrong)


def test_a_missing_file_is_an_error_at_once(file: Path):
    """Not at the first call."""
    with pytest.raises(RecordingError, match="record one first"):
        Recording(file, "replay")
