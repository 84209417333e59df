"""A language model that reflects or judges, recorded and replayed."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from gepa_agents.ports.calls import Session, Simulator, within
from gepa_agents.ports.language_model import Completion, LanguageModel
from gepa_agents.ports.raising import described, rebuilt
from gepa_agents.words.call import Call, CallKind, Outcome
from gepa_agents.words.errors import ModelError, RecordingError

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
            ticket = session.ask(Call(kind="prompt", name=self.name, request={"prompt": prompt}))
        outcome = ticket.outcome
        if outcome is None:
            try:
                with within(_Open()):  # a framework's model is not to be recorded a second time
                    completion = await self._model.complete(prompt)
            except ModelError as error:
                ticket.keep(Outcome(error=described(error)))
                raise
            ticket.keep(Outcome(value=completion.model_dump(mode="json", exclude_defaults=True)))
            return completion
        if outcome.error is not None:
            raise rebuilt(outcome.error)
        return Completion.model_validate(outcome.value)


class _Open:
    """A session, and a ticket for all its calls, that lets everything through."""

    outcome: Outcome | None = None
    simulator: Simulator | None = None
    keeps = False

    def ask(self, call: Call) -> "_Open":
        """Make it."""
        return self

    def keep(self, outcome: Outcome) -> None:
        """Keep nothing."""

    def hides(self, text: str) -> bool:
        """Nothing is kept, so nothing is hidden."""
        return False

    def outside(self, kind: CallKind, name: str, *, again: bool = False) -> None:
        """Of no matter here."""

    def remark(self, sentence: str) -> None:
        """Nor this."""

    def refuse(self, sentence: str) -> RecordingError:
        """Nothing is noted."""
        return RecordingError(sentence)

    def check(self) -> None:
        """Nothing can be missing."""
