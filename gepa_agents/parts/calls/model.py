"""A language model that reflects or judges, recorded and replayed."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from gepa_agents.ports.calls import Session
from gepa_agents.ports.language_model import Completion, LanguageModel
from gepa_agents.ports.prompting import completed

Opened = Callable[[], AbstractContextManager[Session]]
"""The session that counts where a prompt is sent."""


class RecordedModel:
    """Wraps a `LanguageModel`. Failures are recorded too, and a replayed answer costs what the recorded one did."""

    def __init__(self, model: LanguageModel, opened: Opened) -> None:
        self._model = model
        self._opened = opened

    @property
    def name(self) -> str:
        """The model's own name."""
        return self._model.name

    async def complete(self, prompt: str) -> Completion:
        """The model's answer, or the recorded one. Raises what the model raises, and `MissingRecording`."""
        with self._opened() as session:
            return await completed(self._model, prompt, session)
