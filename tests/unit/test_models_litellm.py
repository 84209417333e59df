"""LiteLLM's models over real HTTP: what is retried, what is refused, what is counted, what is said."""

import asyncio
import logging
import os
import traceback
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from gepa_agents_litellm import LiteLLMModel, Options, language_model, prices
from gepa_agents_litellm.vendor import litellm

from gepa_agents.words.errors import ConfigError, ModelError, ModelRefused, ModelUnavailable
from gepa_agents.words.usage import Usage
from tests.chat_server import ChatServer, Failure, Hang, HangUp, Raw, Reply, Step, too_many
from tests.waiting import until

Make = Callable[..., LiteLLMModel]


@pytest.fixture(scope="module")
def _warm() -> None:
    """LiteLLM loads much of itself at its first call, which a time-out of a test must not meet."""
    with ChatServer() as server:
        asyncio.run(LiteLLMModel("openai/tiny", Options(api_base=server.url, api_key=server.key)).complete("hello"))


@pytest.fixture
def server(_warm: None) -> Iterator[ChatServer]:
    """A chat server."""
    with ChatServer() as server:
        yield server


@pytest.fixture
def waits() -> list[float]:
    """The seconds that a model of `make` waited between its attempts; no time passes."""
    return []


@pytest.fixture
def make(server: ChatServer, waits: list[float]) -> Make:
    """Makes a model of the server; options replace the usual ones."""

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    def model(name: str = "openai/tiny", **options: object) -> LiteLLMModel:
        given = {"api_base": server.url, "api_key": server.key, "retries": 2, **options}
        return LiteLLMModel(name, Options.checked(name, given), sleep=sleep)

    return model


PASSING: dict[str, Step] = {
    "429": too_many(),
    "500": Failure(500),
    "502": Failure(502),
    "503": Failure(503),
    "529 (overloaded)": Failure(529),
    "408": Failure(408),
    "malformed JSON": Raw(b'{"choices": [not json'),
    "a web page": Raw(b"<html>Bad gateway</html>", content_type="text/html"),
    "JSON of another shape": Raw(b'{"detail": "soon"}'),
    "JSON null": Raw(b"null"),
    "no choices": Raw(b'{"id": "1", "object": "chat.completion", "created": 1, "model": "tiny", "choices": []}'),
    "a body cut off": Raw(b'{"id": "1", "choices": [', promise=4000),
    "a connection cut off": HangUp(),
    "an empty answer": Reply(""),
    "only white space": Reply(" \n"),
}


@pytest.mark.parametrize("step", PASSING.values(), ids=PASSING.keys())
async def test_what_may_pass_is_tried_again(step: Step, server: ChatServer, make: Make, waits: list[float]) -> None:
    """After two failures that may pass, the third attempt's answer is returned; each attempt is one request."""
    server.script(step, step, Reply("at last"))

    completion = await make().complete("hello")

    assert completion.text == "at last"
    assert completion.usage.calls == 3
    assert len(server.requests) == 3
    assert len(waits) == 2
    assert 0.5 <= waits[0] <= 1.0 <= waits[1] <= 2.0


@pytest.mark.parametrize("step", PASSING.values(), ids=PASSING.keys())
async def test_what_does_not_pass_in_time_is_unavailable(step: Step, server: ChatServer, make: Make) -> None:
    """When the retries are used up, the error says so in one line: model, host, attempts, reason."""
    server.script(step, step, step)

    with pytest.raises(ModelUnavailable) as caught:
        await make().complete("hello")

    said = str(caught.value)
    assert said.startswith(f"`openai/tiny` at {urlsplit(server.url).netloc} gave no usable answer in 3 attempts")
    assert "\n" not in said
    assert len(server.requests) == 3


REFUSED = {
    "400": (Failure(400, "the prompt is too long", "context_length_exceeded"), "the prompt is too long (HTTP 400)"),
    "402": (Failure(402), "the account has to be paid"),
    "403": (Failure(403), "check what its key may do"),
    "404": (Failure(404, "no such page"), "check its name and its address"),
    "422": (Failure(422), "check its name, its options"),
    "429 without credit": (Failure(429, "You exceeded your quota", "insufficient_quota"), "top up the account"),
}


@pytest.mark.parametrize(("step", "advice"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_will_not_pass_is_refused_at_once(
    step: Step, advice: str, server: ChatServer, make: Make, waits: list[float]
) -> None:
    """A request that can't succeed is made once, and the error says what to do."""
    server.script(step)

    with pytest.raises(ModelRefused, match="`openai/tiny` at 127") as caught:
        await make().complete("hello")

    assert advice in str(caught.value)
    assert len(server.requests) == 1
    assert not waits


async def test_an_unknown_model_is_refused(make: Make) -> None:
    """The server's own words for an unknown model come through."""
    with pytest.raises(ModelRefused, match=r"`openai/nope` at .* does not exist \(HTTP 404\); check its name"):
        await make("openai/nope").complete("hello")


async def test_a_wrong_key_is_refused_and_never_shown(make: Make) -> None:
    """A server that echoes the wrong key does not get it into the message or the traceback."""
    key = "sk-wrong-key-0987654321"
    with pytest.raises(ModelRefused, match="check its key") as caught:
        await make(api_key=key).complete("hello")
    assert key not in "".join(traceback.format_exception(caught.value))
    assert "Incorrect API key provided: ***" in str(caught.value)


async def test_a_key_of_the_environment_is_never_shown_either(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The vendor's environment variable is masked like a key that was given."""
    key = "sk-env-key-0987654321"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(ModelRefused) as caught:
        await make(api_key=None).complete("hello")
    assert key not in "".join(traceback.format_exception(caught.value))


async def test_a_missing_key_is_refused(make: Make, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any key there is nothing to try again: the error names the option and the environment variable."""
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ModelRefused, match=r"OPENAI_API_KEY.*give `api_key`"):
        await make(api_key=None).complete("hello")
    assert not server.requests


async def test_the_address_is_named_without_its_password(make: Make) -> None:
    """A host that nobody listens on is named, with its port, without what stands before the @."""
    with ChatServer() as gone:
        address = gone.url
    host = urlsplit(address).netloc
    with pytest.raises(ModelUnavailable, match=f"`openai/tiny` at {host} .*check its address") as caught:
        await make(api_base=address.replace("http://", "http://user:geheim@")).complete("hello")
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("before", [b"", b'{"id": "1", "choices": ['], ids=["at once", "in the middle of the body"])
async def test_a_server_that_hangs_is_left(before: bytes, server: ChatServer, make: Make) -> None:
    """A hanging server is a time-out, whether it hangs before or in its answer; the call may have cost something."""
    server.script(Hang(before), Reply("at last"))

    completion = await make(timeout=0.5).complete("hello")

    assert completion.text == "at last"
    assert completion.usage.calls == 2
    assert completion.usage.unpriced_calls == 2


async def test_a_server_that_keeps_hanging_is_unavailable(server: ChatServer, make: Make) -> None:
    """The error says after how long the attempts were given up."""
    server.script(Hang())
    with pytest.raises(ModelUnavailable, match=r"in one attempt.*no whole answer within 0\.5 s; raise `timeout`"):
        await make(timeout=0.5, retries=0).complete("hello")


@pytest.mark.parametrize(("asked", "least", "most"), [("7", 7, 7), ("0", 0.5, 1), ("3600", 60, 60), ("soon", 0.5, 1)])
async def test_waits_as_long_as_the_server_asks(
    asked: str, least: float, most: float, server: ChatServer, make: Make, waits: list[float]
) -> None:
    """Retry-After is honoured up to a minute, and never makes the wait shorter; nonsense in it is passed over."""
    server.script(too_many(asked))
    await make().complete("hello")
    assert len(waits) == 1
    assert least <= waits[0] <= most


async def test_counts_tokens_of_answers_that_were_empty(server: ChatServer, make: Make) -> None:
    """An empty answer was paid for, so its tokens are counted with those of the answer."""
    server.script(Reply("", prompt_tokens=10, completion_tokens=1), Reply("hi", prompt_tokens=10, completion_tokens=2))
    assert (await make().complete("hello")).usage == Usage(
        calls=2, input_tokens=20, output_tokens=3, usd=0.0, unpriced_calls=2
    )


async def test_a_listed_model_has_its_price(make: Make, server: ChatServer) -> None:
    """Dollars come from LiteLLM's list by the name of the model, failed attempts without a body cost nothing."""
    server.model = "gpt-4o-mini"
    server.script(Failure(500), Reply("hi", prompt_tokens=1_000_000, completion_tokens=1_000_000))
    usage = (await make("openai/gpt-4o-mini").complete("hello")).usage
    assert usage.usd == pytest.approx(0.15 + 0.60)
    assert usage.unpriced_calls == 0


async def test_a_server_that_counts_nothing_leaves_the_call_unpriced(make: Make, server: ChatServer) -> None:
    """Without token counts no price is made up, also for a model whose price is known."""
    server.model = "gpt-4o-mini"
    server.script(Reply("hi", usage=False))
    assert (await make("openai/gpt-4o-mini").complete("hello")).usage == Usage(calls=1, unpriced_calls=1)


async def test_says_when_the_answer_was_cut(make: Make, server: ChatServer) -> None:
    """An answer that ended at the length limit is marked as cut."""
    server.script(Reply("half of", finish_reason="length"))
    assert (await make().complete("hello")).truncated


async def test_reasoning_is_not_the_answer(make: Make, server: ChatServer) -> None:
    """A reasoning model's thoughts stay out of the text; thoughts alone, up to the limit, are no answer."""
    server.script(Reply("42", reasoning="six times seven"), Reply("", reasoning="six ti", finish_reason="length"))
    model = make(retries=0)
    assert (await model.complete("hello")).text == "42"
    with pytest.raises(ModelUnavailable, match="length limit before the answer; raise `max_tokens`"):
        await model.complete("hello")


async def test_options_reach_the_server(make: Make, server: ChatServer) -> None:
    """What was set is sent, what was not set is left to the vendor."""
    await make(temperature=0.5, max_tokens=77, extra={"seed": 5}).complete("hello")
    await make().complete("hello")
    first, second = server.requests
    assert (first["temperature"], first["max_tokens"], first["seed"]) == (0.5, 77, 5)
    assert not {"temperature", "max_tokens", "seed"} & second.keys()
    assert second["messages"] == [{"role": "user", "content": "hello"}]


async def test_prints_and_logs_nothing_when_it_fails(
    make: Make, server: ChatServer, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """LiteLLM's invitation to report the error does not get onto the screen."""
    server.script(*[Failure(500)] * 3)
    with caplog.at_level(logging.WARNING), pytest.raises(ModelUnavailable):
        await make().complete("hello")
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


async def test_a_caller_who_gives_up_is_obeyed(make: Make, server: ChatServer) -> None:
    """Cancelling a call is no failed attempt: nothing is tried again."""
    server.script(Hang())
    call = asyncio.create_task(make().complete("hello"))
    await until(lambda: bool(server.requests))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert len(server.requests) == 1


async def test_what_litellm_itself_refuses_is_one_error_of_ours(make: Make) -> None:
    """An option that LiteLLM refuses for a model is a refusal that names the option."""
    with pytest.raises(ModelRefused, match="temperature"):
        await make("openai/gpt-5", temperature=0.3).complete("hello")


async def test_nothing_of_litellms_comes_out(make: Make) -> None:
    """An option of LiteLLM's own that breaks inside LiteLLM is a `ModelError` still."""
    with pytest.raises(ModelError):
        await make(extra={"response_format": 5}).complete("hello")


@pytest.mark.parametrize("value", [None, 5, print, ["openai/gpt-5"], {"name": "openai/gpt-5"}, "nobody/knows-this", ""])
def test_the_factory_leaves_others_alone(value: object) -> None:
    """What is no name with a provider that LiteLLM knows, and no table with `model`, is somebody else's."""
    assert language_model(value) is None


@pytest.mark.parametrize(
    "value", ["openai/gpt-5", "gpt-5", {"model": "openai/tiny", "api_base": "http://x", "retries": 0}]
)
def test_the_factory_takes_names_and_tables(value: object) -> None:
    """A name, with or without a provider, or a table of options is a model."""
    model = language_model(value)
    assert model is not None
    assert model.name == (value["model"] if isinstance(value, dict) else value)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"model": "tiny"}, "knows no provider for the model 'tiny'; write the provider first"),
        ({"model": 5}, "knows no provider for the model 5"),
        ({"model": "openai/tiny", "temprature": 1}, "option `temprature` of the language model `openai/tiny`"),
        ({"model": "openai/tiny", "timeout": 0}, "option `timeout`.*greater than 0"),
        ({"model": "openai/tiny", "extra": {"stream": True}}, "stream can't stand in extra"),
    ],
)
def test_a_wrong_table_is_one_sentence(table: dict[str, object], said: str) -> None:
    """A table that can't be used names the model and the option."""
    with pytest.raises(ConfigError, match=said):
        language_model(table)


def test_a_wrong_key_in_a_table_is_not_shown() -> None:
    """The value of a wrong option may be a key; neither message nor traceback holds it."""
    key = "-".join(["sk", "in", "a", "list"])  # Not as it stands in this line, which a traceback shows.
    with pytest.raises(ConfigError, match="option `api_key`") as caught:
        language_model({"model": "openai/tiny", "api_key": [key]})
    assert key not in "".join(traceback.format_exception(caught.value))


def test_a_key_is_not_in_the_repr() -> None:
    """Options can be printed and logged."""
    assert "sk-secret" not in repr(Options.checked("m", {"api_key": "sk-secret"}))


def test_prices_are_litellms() -> None:
    """The list knows models by the names of requests and of responses, and says None for others."""
    usage = Usage(calls=1, input_tokens=1_000_000, output_tokens=1_000_000)
    listed = prices()
    assert listed.usd("gpt-4o-mini", usage) == pytest.approx(0.75)
    assert listed.usd("openai/gpt-4o-mini", usage) == pytest.approx(0.75)
    assert listed.usd("gpt-4o-mini-2024-07-18", usage) == pytest.approx(0.75)
    assert listed.usd("ollama/anything", usage) == 0.0
    for unknown in ("openai/tiny", "nobody/knows", "huggingface/some/one", ""):
        assert listed.usd(unknown, usage) is None
        assert listed.usd(unknown, usage) is None, "the second time from memory"
    assert listed.usd("gpt-4o-mini", Usage(calls=1)) is None


def test_the_price_list_is_the_installed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """LiteLLM was loaded without the network, and the environment is as it was before."""
    monkeypatch.delenv("LITELLM_LOCAL_MODEL_COST_MAP", raising=False)  # the function calling example sets it
    assert litellm().suppress_debug_info
    assert "LITELLM_LOCAL_MODEL_COST_MAP" not in os.environ
