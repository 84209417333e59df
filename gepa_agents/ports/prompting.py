"""A prompt to a language model, answered from a recording or kept in one where a session counts for it."""

from gepa_agents.ports.calls import Session, Simulator, within
from gepa_agents.ports.language_model import Completion, LanguageModel
from gepa_agents.ports.raising import described, rebuilt
from gepa_agents.words.call import Call, CallKind, Outcome
from gepa_agents.words.errors import ModelError, RecordingError


async def completed(model: LanguageModel, prompt: str, session: Session | None) -> Completion:
    """The model's answer, or the recorded one; without a session the model is asked, and nothing is kept.

    Failures are recorded too, and a replayed answer costs what the recorded one did. Raises what the model raises, and
    `MissingRecording`.
    """
    if session is None:
        return await model.complete(prompt)
    ticket = session.ask(Call(kind="prompt", name=model.name, request={"prompt": prompt}))
    outcome = ticket.outcome
    if outcome is None:
        try:
            with within(_Open()):  # a framework's model is not to be recorded a second time
                completion = await model.complete(prompt)
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
