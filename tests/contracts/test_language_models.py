"""The contract of language models, on every kind that the package brings."""

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from gepa_agents_langgraph.chat_model import ChatModel
from gepa_agents_litellm import LiteLLMModel, Options
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from gepa_agents.parts.models.command import CommandModel
from gepa_agents.parts.models.function import FunctionModel
from gepa_agents.ports.language_model import LanguageModel
from gepa_agents.testing.language_model_contract import LanguageModelContract
from gepa_agents.words.errors import ModelRefused, ModelUnavailable
from tests.chat_server import ChatServer, Failure

ECHO = "import sys; sys.stdout.reconfigure(encoding='utf-8'); sys.stdin.reconfigure(encoding='utf-8')\n"
ECHO += "print(sys.stdin.read().split()[-1])"


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """A chat server that repeats the last word."""
    with ChatServer() as server:
        yield server


class TestLiteLLM(LanguageModelContract):
    """A LiteLLM name, over HTTP."""

    @pytest.fixture
    def model(self, server: ChatServer) -> LanguageModel:
        return LiteLLMModel("openai/tiny", Options(api_base=server.url, api_key=server.key))

    @pytest.fixture
    def refused(self, server: ChatServer) -> LanguageModel:
        return LiteLLMModel("openai/tiny", Options(api_base=server.url, api_key="sk-wrong-key"))

    @pytest.fixture
    def unavailable(self, server: ChatServer) -> LanguageModel:
        server.script(Failure(503))
        return LiteLLMModel("openai/tiny", Options(api_base=server.url, api_key=server.key, retries=0))


class TestCommand(LanguageModelContract):
    """A command that reads stdin."""

    counts_tokens = False

    @pytest.fixture
    def model(self) -> LanguageModel:
        return CommandModel([sys.executable, "-S", "-c", ECHO])

    @pytest.fixture
    def refused(self) -> LanguageModel:
        return CommandModel(["no-such-command-anywhere"])

    @pytest.fixture
    def unavailable(self) -> LanguageModel:
        return CommandModel([sys.executable, "-S", "-c", "raise SystemExit(3)"])


class FunctionContract(LanguageModelContract):
    """A function can't know tokens."""

    counts_tokens = False


def last_word(prompt: str) -> str:
    """Repeats the last word."""
    return prompt.split()[-1]


async def last_word_later(prompt: str) -> str:
    """Repeats the last word, after others had their turn."""
    await asyncio.sleep(0)
    return prompt.split()[-1]


def refusing(prompt: str) -> str:
    """Knows better than we that it never will."""
    raise ModelRefused("refusing: the licence has run out; renew it")


async def away(prompt: str) -> str:
    """Knows that it might later."""
    raise ModelUnavailable("away: back at noon; ask again then")


class TestFunction(FunctionContract):
    """A sync function."""

    @pytest.fixture
    def model(self) -> LanguageModel:
        return FunctionModel(last_word)

    @pytest.fixture
    def refused(self) -> LanguageModel:
        return FunctionModel(refusing, name="refusing")

    @pytest.fixture
    def unavailable(self) -> LanguageModel:
        return FunctionModel(away, name="away")


class TestAsyncFunction(FunctionContract):
    """An async function."""

    @pytest.fixture
    def model(self) -> LanguageModel:
        return FunctionModel(last_word_later)

    @pytest.fixture
    def refused(self) -> None:
        return None

    @pytest.fixture
    def unavailable(self) -> None:
        return None


class StatusError(Exception):
    """An error as the SDKs of the vendors raise it."""

    def __init__(self, status_code: int) -> None:
        super().__init__(f"HTTP status {status_code}")
        self.status_code = status_code


class EchoChat(BaseChatModel):
    """A LangChain chat model that repeats the last word, or fails with a status."""

    model_name: str = "echo-chat"
    status: int = 200

    @property
    def _llm_type(self) -> str:
        return "echo"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        if self.status != 200:
            raise StatusError(self.status)
        words = messages[-1].text.split()
        usage = {"input_tokens": len(words), "output_tokens": 1, "total_tokens": len(words) + 1}
        message = AIMessage(words[-1], usage_metadata=usage)
        return ChatResult(generations=[ChatGeneration(message=message)])


class TestLangChain(LanguageModelContract):
    """A LangChain chat model."""

    @pytest.fixture
    def model(self) -> LanguageModel:
        return ChatModel(EchoChat())

    @pytest.fixture
    def refused(self) -> LanguageModel:
        return ChatModel(EchoChat(status=401))

    @pytest.fixture
    def unavailable(self) -> LanguageModel:
        return ChatModel(EchoChat(status=529))
