"""LangChain's models as language models: what is taken, what is read from an answer, how errors are told apart."""

from typing import Any

import pytest
from gepa_agents_langgraph.chat_model import ChatModel, language_model
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import FakeListChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda

from gepa_agents.parts.models.resolve import language_model as resolve
from gepa_agents.words.errors import ModelError, ModelRefused, ModelUnavailable
from gepa_agents.words.usage import Usage


class Says(BaseChatModel):
    """A chat model that says one message, or raises."""

    model: str = "says-1"
    message: AIMessage = AIMessage("hello")
    error: Exception | None = None

    @property
    def _llm_type(self) -> str:
        return "says"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        if self.error is not None:
            raise self.error
        return ChatResult(generations=[ChatGeneration(message=self.message)])


async def answer(message: AIMessage) -> Any:
    """What a model that says this message is read as."""
    return await ChatModel(Says(message=message)).complete("hey")


async def test_text_is_read_from_blocks_without_the_reasoning() -> None:
    """Content in blocks, as Anthropic's and OpenAI's newer models give it, becomes its text."""
    blocks: list[str | dict[Any, Any]] = [
        {"type": "reasoning", "reasoning": "hm"},
        {"type": "thinking", "thinking": "hm", "signature": "x"},
        {"type": "text", "text": "an "},
        {"type": "text", "text": "answer"},
    ]
    assert (await answer(AIMessage(content=blocks))).text == "an answer"


async def test_usage_is_counted_and_unpriced() -> None:
    """Tokens come from the message; LangChain knows no prices."""
    counted = AIMessage("x", usage_metadata={"input_tokens": 5, "output_tokens": 3, "total_tokens": 8})
    assert (await answer(counted)).usage == Usage(calls=1, input_tokens=5, output_tokens=3, unpriced_calls=1)
    assert (await answer(AIMessage("x"))).usage == Usage(calls=1, unpriced_calls=1)


@pytest.mark.parametrize(
    ("metadata", "cut"),
    [
        ({"finish_reason": "length"}, True),
        ({"finish_reason": "MAX_TOKENS"}, True),
        ({"stop_reason": "max_tokens"}, True),
        ({"done_reason": "length"}, True),
        ({"incomplete_details": {"reason": "max_output_tokens"}}, True),
        ({"finish_reason": "stop"}, False),
        ({"incomplete_details": None}, False),
        ({}, False),
    ],
)
async def test_says_when_the_answer_was_cut(metadata: dict[str, Any], cut: bool) -> None:
    """Each vendor's word for the length limit is known."""
    assert (await answer(AIMessage("x", response_metadata=metadata))).truncated is cut


class Status(Exception):
    """An error with a status, as the vendors' SDKs have it."""

    def __init__(self, status_code: int) -> None:
        super().__init__("the vendor's words\nin two lines")
        self.status_code = status_code


class APIConnectionError(Exception):
    """An error by the name that OpenAI's and Anthropic's SDKs share."""


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Status(401), ModelRefused),
        (Status(404), ModelRefused),
        (Status(429), ModelUnavailable),
        (Status(500), ModelUnavailable),
        (TimeoutError("slow"), ModelUnavailable),
        (ConnectionRefusedError("nobody there"), ModelUnavailable),
        (APIConnectionError("cut off"), ModelUnavailable),
        (ValueError("odd"), ModelError),
    ],
)
async def test_errors_are_told_apart(error: Exception, kind: type[ModelError]) -> None:
    """By status, or else by kind; the sentence names the model and the error, and chains it."""
    with pytest.raises(kind, match=f"`says-1` raised {type(error).__name__}: ") as caught:
        await ChatModel(Says(error=error)).complete("hey")
    assert type(caught.value) is kind
    assert type(caught.value.__cause__) is type(error)
    assert "\n" not in str(caught.value)


async def test_an_empty_answer_is_none() -> None:
    """Empty text is no usable answer; when the limit ate it, the message says so."""
    with pytest.raises(ModelUnavailable, match=r"`says-1` gave an empty answer$"):
        await answer(AIMessage(""))
    with pytest.raises(ModelUnavailable, match=r"reached its length limit: allow more tokens"):
        await answer(AIMessage("", response_metadata={"finish_reason": "length"}))


async def test_another_answer_than_a_message_is_said() -> None:
    """A runnable that is no model is found at its first call."""
    with pytest.raises(ModelError, match="answered with dict; give a chat model"):
        await ChatModel(RunnableLambda(lambda _prompt: {"a": 1})).complete("hey")


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Says(), "says-1"),
        (Says().bind(temperature=0), "says-1"),
        (Says().with_retry(stop_after_attempt=2), "says-1"),
        (ChatPromptTemplate.from_messages([("human", "{prompt}")]) | Says(), "says-1"),
        (Says() | StrOutputParser(), "StrOutputParser"),
        (FakeListChatModel(responses=["hello"]), "FakeListChatModel"),
        (GenericFakeChatModel(messages=iter([AIMessage("hello")])), "GenericFakeChatModel"),
    ],
    ids=["model", "bound", "with retry", "after a prompt", "before a parser", "list", "generic"],
)
async def test_takes_models_and_chains_of_them(model: object, name: str) -> None:
    """What LangChain makes of a model by binding, retrying, prompting and parsing is a language model still."""
    found = resolve(model)
    assert isinstance(found, ChatModel)
    assert found.name == name
    assert (await found.complete("hey")).text == "hello"


@pytest.mark.parametrize("value", ["openai/gpt-5", print, None, {"model": "x"}, 5])
def test_the_factory_leaves_others_alone(value: object) -> None:
    """What is nothing of LangChain's is somebody else's."""
    assert language_model(value) is None
