"""LangChain's callback that counts tokens, by model. Imported only where LangChain is loaded already."""

import threading
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from gepa_agents import Usage

__all__ = ["Tokens"]


class Tokens(BaseCallbackHandler):
    """Tokens that models read and wrote, and how many calls that took."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._by_model: dict[str, Usage] = {}

    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        """Count a call."""
        generation = response.generations[0][0] if response.generations and response.generations[0] else None
        message = generation.message if isinstance(generation, ChatGeneration) else None
        used = message.usage_metadata if isinstance(message, AIMessage) else None
        model = str(message.response_metadata.get("model_name") or "") if isinstance(message, AIMessage) else ""
        usage = Usage(
            calls=1,
            input_tokens=used["input_tokens"] if used else 0,
            output_tokens=used["output_tokens"] if used else 0,
            unpriced_calls=1,
        )
        with self._lock:
            self._by_model[model] = self._by_model.get(model, Usage()) + usage

    def by_model(self) -> dict[str, Usage]:
        """Usage by the model's name, which is empty where the answer names none."""
        return dict(self._by_model)
