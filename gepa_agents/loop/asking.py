"""Asks the reflection model, each question paid once: what was answered before is read from the journal."""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gepa_agents.parts.runs.journal import Journal
from gepa_agents.parts.runs.ledger import Ledger
from gepa_agents.parts.runs.turn import NotYet, Turn
from gepa_agents.ports.language_model import Completion, LanguageModel
from gepa_agents.ports.thread import described, raised
from gepa_agents.words.errors import GepaError, ModelError
from gepa_agents.words.frozen import Frozen
from gepa_agents.words.usage import Usage


class Asked(Frozen):
    """A question and its answer, as the journal keeps them."""

    prompt: str
    completion: Completion


class NoAnswer(ModelError):
    """The reflection model did not answer; told apart from an agent's model that is out of reach."""


@dataclass
class Asking:
    """The reflection model behind the journal and the ledger."""

    model: LanguageModel
    journal: Journal
    ledger: Ledger

    def __post_init__(self) -> None:
        self._under_way: dict[str, asyncio.Event] = {}

    def key(self, iteration: int, prompt: str) -> str:
        """Under which key the answer is in the journal and in the ledger."""
        return f"reflection/{iteration:06d}/{hashlib.sha256(prompt.encode()).hexdigest()[:16]}"

    def settle(self) -> None:
        """Book answers that were paid for and nobody decided on."""
        for key in self.unbooked():
            self.ledger.owe("reflection", key, self._paid(key))
        self.ledger.close()

    def unbooked(self) -> list[str]:
        """Under which keys the journal has answers that are not booked."""
        return [key for key, _ in self.journal.calls("reflection/") if not self.ledger.booked(key)]

    def sink(self, keys: Iterable[str]) -> None:
        """Let those of these calls that are answers count as spent, whoever asks for them or not."""
        for key in keys:
            if key.startswith("reflection/"):
                self.ledger.sink("reflection", key, self._paid(key))

    def _paid(self, key: str) -> Usage:
        asked = self.journal.restore(key, Asked)
        return Usage() if asked is None else asked.completion.usage

    async def ask(
        self, iteration: int, prompt: str, turn: Turn | None = None, before: Sequence[str] = ()
    ) -> Completion:
        """The model's answer to a prompt of this iteration; the same prompt is asked again in another iteration.

        The ledger is left owing. `turn` is that of the step that asks, where others are under way beside it, and
        `before` are the keys of what it asked so far. Raises `NoAnswer` when the model does not answer, `BudgetError`
        when nothing is left for it.
        """
        key = self.key(iteration, prompt)
        # Two components of a step may come to the same question: the second one reads what the first one paid for.
        while (other := self._under_way.get(key)) is not None:
            await other.wait()
        self._under_way[key] = asyncio.Event()
        try:
            asked = self.journal.restore(key, Asked)
            if asked is None:
                await self._admitted(turn, before)
                asked = await self._answered(prompt)
                self.journal.record(key, asked.model_dump_json())
            self.ledger.owe("reflection", key, asked.completion.usage)
        finally:
            self._under_way.pop(key).set()
        return asked.completion

    async def _admitted(self, turn: Turn | None, before: Sequence[str]) -> None:
        try:
            self.ledger.admit(turn, before)
        except NotYet as early:
            await early.turn.come.wait()
            self.ledger.admit(turn, before)

    async def _answered(self, prompt: str) -> Asked:
        try:
            completion: object = await self.model.complete(prompt)
        except ModelError as error:
            raise NoAnswer(f"the reflection model `{self.model.name}` did not answer: {error}") from error
        except GepaError:
            raise  # a model that is replayed says itself what is missing
        except Exception as error:
            raise NoAnswer(
                f"the reflection model `{self.model.name}` raised {described(raised(error))}; let its `complete` raise "
                "ModelUnavailable or ModelRefused, and run the same command again"
            ) from error
        if not isinstance(completion, Completion):
            raise NoAnswer(
                f"the reflection model `{self.model.name}` answered with {type(completion).__name__}; "
                "let its `complete` return a Completion, and run the same command again"
            )
        return Asked(prompt=_whole(prompt), completion=completion.model_copy(update={"text": _whole(completion.text)}))


def _whole(text: str) -> str:
    """The text without lone surrogates, which no file can hold: each becomes a replacement character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
