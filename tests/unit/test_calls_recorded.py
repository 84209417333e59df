"""Functions, language models and metrics, recorded and replayed."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from gepa_agents_evaluators import Judge
from gepa_agents_langgraph import taped

from gepa_agents import Completion, Recording, RecordingError, Rollout, Task, language_model, recorded
from gepa_agents.parts.runs.fingerprint import fingerprint
from gepa_agents.ports.language_model import LanguageModel
from gepa_agents.testing.language_model_contract import LanguageModelContract
from gepa_agents.words.errors import MissingRecording, ModelError, ModelRefused, ModelUnavailable
from gepa_agents.words.usage import Usage


class Refused(Exception):
    """An error of the user's own."""

    def __init__(self, order: str, code: int) -> None:
        super().__init__(order, code)
        self.code = code


CALLED: list[str] = []


@recorded
def price(article: str, *, currency: str = "EUR") -> dict[str, Any]:
    """Asks a shop."""
    CALLED.append(article)
    if article == "moon":
        raise Refused(article, 7)
    return {"article": article, "price": len(article), "currency": currency}


@recorded(ignore=["client"])
async def aprice(client: object, article: str) -> int:
    """Asks a shop through a client."""
    CALLED.append(article)
    return len(article)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the recording goes."""
    CALLED.clear()
    return tmp_path / "calls.jsonl"


def test_a_function_is_answered_from_the_recording(file: Path):
    """With its arguments however they were passed, and it is not called."""
    with Recording(file) as calls, taped(calls):
        made = price("lamp")
    CALLED.clear()
    with Recording(file, "replay") as calls, taped(calls):
        assert price(article="lamp", currency="EUR") == made
    assert CALLED == []


def test_a_function_outside_any_recording_is_as_it_was():
    """The mark costs nothing and changes nothing."""
    assert price("lamp")["price"] == 4
    assert price.__name__ == "price"


async def test_an_async_function_may_leave_arguments_out(file: Path):
    """A client is no part of the question; the answers stay with their task."""
    with Recording(file) as calls, taped(calls, "one"):
        assert await aprice(object(), "lamp") == 4
    with Recording(file, "replay") as calls, taped(calls, "one"):
        assert await aprice(object(), "lamp") == 4
    with Recording(file, "replay") as calls, pytest.raises(MissingRecording), taped(calls, "two"):
        await aprice(object(), "lamp")
    assert CALLED == ["lamp"]


def test_an_exception_is_replayed_as_its_own_type(file: Path):
    """With its arguments and attributes, and without its constructor."""
    raised = []
    for mode in ("record", "replay"):
        with Recording(file, mode) as calls, taped(calls):
            with pytest.raises(Refused) as error:
                price("moon")
            raised.append((str(error.value), error.value.args, error.value.code))

    assert raised[0] == raised[1] == ("('moon', 7)", ("moon", 7), 7)


def test_what_cant_be_kept_is_said_when_it_is_recorded(file: Path):
    """Arguments and answers that are no plain data."""

    @recorded
    def odd(given: object) -> object:
        return {1, 2}

    with Recording(file) as calls, taped(calls):
        with pytest.raises(RecordingError, match=r'recorded\(ignore=\["given"\]\)'):
            odd(object())
        with pytest.raises(RecordingError, match="returned set, which a recording can't hold"):
            odd(1)


async def test_a_simulator_may_be_async_where_the_function_is(file: Path):
    """And its answers are kept when the mode is to fill in."""

    async def simulated(call: Any) -> int:
        return len(call.request["article"]) * 100

    for _ in range(2):
        with Recording(file, "fill", missing=simulated) as calls, taped(calls):
            assert await aprice(object(), "lamp") == 400
    assert CALLED == []
    assert '"simulated": true' in await asyncio.to_thread(file.read_text)
    with Recording(file, "fill", missing=simulated) as calls, pytest.raises(RecordingError, match="sync"), taped(calls):
        price("lamp")


class Recorded(LanguageModelContract):
    """The contract, on a model in front of a recording."""

    mode: Any = "record"

    @pytest.fixture
    def calls(self, tmp_path: Path) -> Any:
        with Recording(tmp_path / "calls.jsonl", self.mode) as calls:
            yield calls

    @pytest.fixture
    def model(self, calls: Recording) -> LanguageModel:
        return calls.model(echo)

    @pytest.fixture
    def refused(self, calls: Recording) -> LanguageModel:
        return calls.model(failing(ModelRefused))

    @pytest.fixture
    def unavailable(self, calls: Recording) -> LanguageModel:
        return calls.model(failing(ModelUnavailable))


class TestWhileRecording(Recorded):
    """The model is asked."""


class TestWhileFillingIn(Recorded):
    """The model is asked for what is missing."""

    mode = "fill"


def echo(prompt: str) -> Completion:
    """Repeats the last word."""
    return Completion(text=prompt.split()[-1], usage=Usage(calls=1, input_tokens=3, output_tokens=1))


def failing(kind: type[ModelError]) -> LanguageModel:
    """A model that fails in one way."""

    def fail(_prompt: str) -> str:
        raise kind(f"the model `{__name__}.failing.<locals>.fail` is out of order; mend it")

    return language_model(fail)


async def test_a_models_answers_and_failures_are_replayed(file: Path):
    """Text, usage and truncation as they were; a failure as the error that it was; and what is not there is missing."""
    whole = Completion(text="half a sen", usage=Usage(calls=2, output_tokens=9, usd=0.5), truncated=True)
    with Recording(file) as calls:
        assert await calls.model(lambda _prompt: whole).complete("go on") == whole
        with pytest.raises(ModelUnavailable):
            await calls.model(failing(ModelUnavailable)).complete("fail")

    def live(_prompt: str) -> str:
        raise AssertionError("a live call")

    with Recording(file, "replay") as calls:
        live.__qualname__ = test_a_models_answers_and_failures_are_replayed.__qualname__ + ".<locals>.<lambda>"
        assert await calls.model(live).complete("go on") == whole
        with pytest.raises(ModelUnavailable, match="out of order; mend it"):
            await calls.model(failing(ModelUnavailable)).complete("fail")
        with pytest.raises(MissingRecording, match="`prompt` is 'go in' and was 'go on'"):
            await calls.model(live).complete("go in")


async def test_a_metrics_own_calls_belong_to_its_rollout(file: Path):
    """The same question about two rollouts has two answers, in whatever order the metric is asked."""
    answers = iter("AB")

    @recorded
    def judge(question: str) -> str:
        return next(answers)

    def metric(task: Task, rollout: Rollout) -> tuple[float, str]:
        return 1.0, judge("how was it?")

    async def ametric(task: Task, rollout: Rollout) -> tuple[float, str]:
        return metric(task, rollout)

    first, second = (Rollout(candidate="c", task=name, repeat=0) for name in ("one", "two"))
    task = Task(id="one", input="x")
    with Recording(file) as calls:
        scored: Any = calls.metric(metric)
        assert [scored(task, first), scored(task, second)] == [(1.0, "A"), (1.0, "B")]
    with Recording(file, "replay") as calls:
        ascored: Any = calls.metric(ametric)
        assert asyncio.iscoroutinefunction(ascored)
        assert [await ascored(task, second), await ascored(task, first)] == [(1.0, "B"), (1.0, "A")]


async def test_a_metric_may_be_an_object_that_is_awaited(file: Path):
    """As judges are: its calls are recorded while it is awaited, and it stays the metric that it is."""

    answers = iter(["well"])

    @recorded
    async def ask(question: str) -> str:
        return next(answers)

    class Judging:
        def __init__(self, rubric: str) -> None:
            self.made_of = (rubric,)

        async def __call__(self, task: Task, rollout: Rollout) -> tuple[float, str]:
            return 1.0, await ask("how was it?")

    task, rollout = Task(id="one", input="x"), Rollout(candidate="c", task="one", repeat=0)
    with Recording(file) as calls:
        scored: Any = calls.metric(Judging("be kind"))
        assert await scored(task, rollout) == (1.0, "well")
    with Recording(file, "replay") as calls:
        again: Any = calls.metric(Judging("be kind"))
        assert await again(task, rollout) == (1.0, "well")
        assert fingerprint(again) == fingerprint(scored)
        assert fingerprint(again) != fingerprint(calls.metric(Judging("be strict")))


async def test_a_judge_inside_a_recorded_metric_is_never_asked_live(file: Path):
    """Whatever model it was given, also where a function of the user's own asks the judge."""
    asked: list[str] = []

    def model(prompt: str) -> str:
        asked.append(prompt)
        return "<reason>It names it.</reason><score>3</score>"

    judge = Judge("It names the price.", model)
    task, rollout = Task(id="one", input="?"), Rollout(candidate="0" * 12, task="one", output="42 EUR")

    async def metric(task: Task, rollout: Rollout) -> Any:
        return await judge(task, rollout)

    with Recording(file) as calls:
        made = await calls.metric(metric)(task, rollout)  # type: ignore[misc]
    assert len(asked) == 1
    with Recording(file, "replay") as calls:
        assert await calls.metric(judge)(task, rollout) == made
        with pytest.raises(MissingRecording, match="no call of the language model"):
            await calls.metric(judge)(task, rollout.model_copy(update={"output": "43 EUR"}))
    assert len(asked) == 1


async def test_filling_asks_again_where_the_model_failed(file: Path):
    """An outage, or a wrong key, is not the answer of every later run; a plain replay still shows it."""
    down = True

    def model(prompt: str) -> str:
        if down:
            raise ModelUnavailable("it is down")
        return "up again"

    with Recording(file, "fill") as calls, pytest.raises(ModelUnavailable):
        await calls.model(model).complete("?")
    with Recording(file, "replay") as calls, pytest.raises(ModelUnavailable):
        await calls.model(model).complete("?")
    down = False
    with Recording(file, "fill") as calls:
        assert (await calls.model(model).complete("?")).text == "up again"
    down = True
    with Recording(file, "fill") as calls:
        assert (await calls.model(model).complete("?")).text == "up again"
