"""A simulated chat model: a script that obeys what stands in its system prompt, and else behaves naively.

No language model is behind it. It lets the desk run offline, in milliseconds and always the same, and still
answer to a better prompt with better work: each sentence of the prompt is read, and those that it understands change
what it does. It can attend to so much only: of a prompt that is too long it forgets some sentences.
"""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolCall, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from simulated_roles import Action, Call, Done, reply, resolve, triage

ATTENTION = 16
"""What the model can keep in mind of a prompt: one for each sentence, and one more for every 160 characters in it."""

SLIP = 10
"""In one case of so many, it overlooks one sentence, as a model would now and then: by the text of prompt and case."""


class Rules:
    """The sentences of a system prompt that the simulated model keeps in mind."""

    def __init__(self, prompt: str, said: str = "") -> None:
        self.sentences = _remembered(sentences(prompt), said)

    def says(self, *patterns: str) -> str:
        """The last sentence in which all patterns are found, whatever their case; empty when there is none."""
        for sentence in reversed(self.sentences):
            if all(re.search(pattern, sentence, re.IGNORECASE) for pattern in patterns):
                return sentence
        return ""


class SimulatedHelpdesk(BaseChatModel):
    """Plays triage, resolver and writer: which of them, it sees from the tools that it is offered."""

    model_name: str = "simulated-helpdesk"

    @property
    def _llm_type(self) -> str:
        return self.model_name

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with tools on offer."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], tool_choice=tool_choice, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        offered = [tool["function"]["name"] for tool in kwargs.get("tools") or ()]
        said = next((message.text for message in messages if message.type == "human"), "")
        rules = Rules("\n".join(message.text for message in messages if isinstance(message, SystemMessage)), said)
        action: Action
        if "Ticket" in offered:
            action = triage(said, rules)
        elif offered:
            action = resolve(said, _done(messages), rules)
        else:
            action = reply(said, rules)
        return _answer(action, messages, self.model_name)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self._generate(messages, stop, None, **kwargs)


def sentences(prompt: str) -> list[str]:
    """A prompt as sentences; a line or a bullet ends one too."""
    text = re.sub(r"\b(e\.g|i\.e)\.\s", r"\1 ", prompt)
    parts = re.split(r"(?<=[.!?])\s+|\n+", text)
    return [part for part in (re.sub(r"^\s*(?:[-*•]|\d+[.)])\s*", "", part).strip() for part in parts) if part]


def _remembered(read: list[str], said: str) -> list[str]:
    kept = list(read)
    while sum(1 + len(sentence) // 160 for sentence in kept) > ATTENTION:
        kept.remove(min(kept, key=lambda sentence: _chance(sentence, len(kept))))
    if kept and _chance(said, *read) % SLIP == 0:
        kept.remove(min(kept, key=lambda sentence: _chance(sentence, said)))
    return kept


def _chance(*given: object) -> int:
    """A number that looks random and is the same whenever the same is given."""
    return int.from_bytes(hashlib.sha256(repr(given).encode()).digest()[:8])


def _done(messages: list[BaseMessage]) -> list[Done]:
    calls = {call["id"]: call for message in messages if isinstance(message, AIMessage) for call in message.tool_calls}
    results = [message for message in messages if isinstance(message, ToolMessage)]
    return [Done(calls[result.tool_call_id]["name"], result.text) for result in results]


def _answer(action: Action, messages: list[BaseMessage], model: str) -> ChatResult:
    text, calls = (action, []) if isinstance(action, str) else ("", [_call(action, len(messages))])
    read = sum(len(message.text) for message in messages) // 4 + 1
    written = len(text or json.dumps(calls)) // 4 + 1
    message = AIMessage(
        text,
        tool_calls=calls,
        usage_metadata={"input_tokens": read, "output_tokens": written, "total_tokens": read + written},
        response_metadata={"model_name": model, "finish_reason": "tool_calls" if calls else "stop"},
    )
    return ChatResult(generations=[ChatGeneration(message=message)])


def _call(call: Call, turn: int) -> ToolCall:
    return ToolCall(name=call.tool, args=call.arguments, id=f"call_{turn}", type="tool_call")
