"""A function-calling agent: it reads the schemas of some functions and a question, and answers with one call.

An ordinary LangGraph application: `caller` asks a language model, `parse` finds the call in the text that came back.
The model is any that LiteLLM can name; three environment variables choose it, and the defaults are a local server:

    FUNCTION_CALLING_MODEL      openai/local
    FUNCTION_CALLING_API_BASE   http://127.0.0.1:8081/v1
    FUNCTION_CALLING_API_KEY    none
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, TypedDict

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # before the import: else it fetches a price list

import litellm
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, convert_to_openai_messages
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.prompts import ChatPromptTemplate
from langgraph.graph import END, START, StateGraph

PROMPT = ChatPromptTemplate(
    [("system", "You are a helpful assistant.\n\nFunctions:\n{functions}"), ("user", "{question}")]
)
MAX_TOKENS = 128
"""Enough for every call in the suite; a model that starts to chat is cut off."""


litellm.suppress_debug_info = True  # else each failed call prints an advertisement


class LiteLLMChat(BaseChatModel):
    """A LangChain chat model over LiteLLM: text in, text out, no native tool calling."""

    model: str
    api_base: str | None = None
    api_key: str | None = None
    max_tokens: int = MAX_TOKENS
    temperature: float = 0.0

    @property
    def _llm_type(self) -> str:
        return "litellm"

    def _request(self, messages: list[BaseMessage], stop: list[str] | None) -> dict[str, Any]:
        return {
            "model": self.model,
            "api_base": self.api_base,
            "api_key": self.api_key,
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "messages": convert_to_openai_messages(messages),
            "stop": stop,
        }

    def _result(self, response: Any) -> ChatResult:
        choice, usage = response.choices[0], response.usage
        message = AIMessage(
            choice.message.content or "",
            usage_metadata=UsageMetadata(
                input_tokens=usage.prompt_tokens,
                output_tokens=usage.completion_tokens,
                total_tokens=usage.total_tokens,
            ),
            response_metadata={"model_name": response.model, "finish_reason": choice.finish_reason},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self._result(litellm.completion(**self._request(messages, stop), **kwargs))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self._result(await litellm.acompletion(**self._request(messages, stop), **kwargs))


class State(TypedDict, total=False):
    """What the graph works on; `question` and `functions` are its input."""

    question: str
    functions: list[dict[str, Any]]
    """JSON schemas: `name`, `description`, `parameters`."""
    reply: str
    """What the model wrote."""
    call: dict[str, Any] | None
    """The call found in it: `name` and `arguments`; None when there is none."""


model = LiteLLMChat(
    model=os.environ.get("FUNCTION_CALLING_MODEL", "openai/local"),
    api_base=os.environ.get("FUNCTION_CALLING_API_BASE", "http://127.0.0.1:8081/v1"),
    api_key=os.environ.get("FUNCTION_CALLING_API_KEY", "none"),
)


async def caller(state: State) -> State:
    """Show the model the functions and the question."""
    functions = "\n\n".join(_listing(function) for function in state["functions"])
    reply = await (PROMPT | model).ainvoke({"functions": functions, "question": state["question"]})
    return {"reply": str(reply.text)}


def parse(state: State) -> State:
    """Find the call in the model's words; it may stand between other words or in a code block."""
    return {"call": next((found for found in _objects(state["reply"]) if _is_call(found)), None)}


def _listing(function: dict[str, Any]) -> str:
    """A function's schema in few tokens: its name and what it does, then a line for each argument."""
    parameters = function["parameters"]
    lines = [f"{function['name']}: {function['description']}"]
    for name, schema in parameters["properties"].items():
        kind = schema["type"] if name in parameters["required"] else f"{schema['type']}, optional"
        lines.append(f"  {name} ({kind}): {schema.get('description', '')}")
    return "\n".join(lines)


def _objects(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    start = text.find("{")
    while start >= 0:
        with suppress(json.JSONDecodeError):  # no JSON begins at this brace; perhaps at the next
            yield decoder.raw_decode(text, start)[0]
        start = text.find("{", start + 1)


def _is_call(found: Any) -> bool:
    return isinstance(found.get("name"), str) and isinstance(found.get("arguments"), dict)


graph = (
    StateGraph(State)
    .add_node(caller)
    .add_node(parse)
    .add_edge(START, "caller")
    .add_edge("caller", "parse")
    .add_edge("parse", END)
    .compile(name="function_calling")
)
