"""The reflection model's answers on their way into the journal."""

import asyncio
from typing import Any

import pytest

from gepa_agents.loop.asking import Asking, NoAnswer
from gepa_agents.parts.runs.journal import Journal
from gepa_agents.parts.runs.ledger import Ledger
from gepa_agents.ports.language_model import Completion
from gepa_agents.words.settings import Budget
from gepa_agents.words.usage import Usage


class Garbled:
    """A model that answers with half of a surrogate pair, and with a whole one."""

    name = "garbled"

    async def complete(self, prompt: str) -> Completion:
        return Completion(text="half \ud800, whole \ud83d\ude00")


async def test_half_a_character_in_an_answer_is_replaced():
    """What no file can hold does not stop a run, and is the same when it is read again."""
    with Journal(None, {}) as journal:
        asking = Asking(Garbled(), journal, Ledger(Budget(rollouts=1)))
        first, again = await asking.ask(0, "?"), await asking.ask(0, "?")
    assert first.text == "half \ufffd, whole \U0001f600" == again.text


class Own:
    """A model of the user's own making, that does as it is told."""

    name = "own"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    async def complete(self, prompt: str) -> Completion:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (ConnectionError("reset by peer"), r"`own` raised ConnectionError: reset by peer; let its `complete` raise"),
        (StopIteration(), r"`own` raised StopIteration; let"),
        ("a text", r"`own` answered with str; let its `complete` return a Completion"),
    ],
)
async def test_whatever_a_model_does_is_no_answer(answer: Any, said: str):
    """The run stops with what it has, as when a model stays away, and can go on."""
    with Journal(None, {}) as journal, pytest.raises(NoAnswer, match=said):
        await Asking(Own(answer), journal, Ledger(Budget(rollouts=1))).ask(0, "?")


class Slow:
    """A model that takes a while, and counts what it is asked."""

    name = "slow"

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def complete(self, prompt: str) -> Completion:
        self.asked.append(prompt)
        await asyncio.sleep(0)
        return Completion(text=str(len(self.asked)), usage=Usage(calls=1, input_tokens=10))


async def test_a_question_under_way_is_not_asked_again():
    """Components of one step may come to the same prompt at once: paid once, booked once, one answer for all."""
    slow, ledger = Slow(), Ledger(Budget(rollouts=1))
    with Journal(None, {}) as journal:
        asking = Asking(slow, journal, ledger)
        answers = await asyncio.gather(*(asking.ask(1, prompt) for prompt in ("a", "a", "b", "a")))
        asking.settle()
    assert sorted(slow.asked) == ["a", "b"]
    assert len({answer.text for answer in (answers[0], answers[1], answers[3])}) == 1
    assert (ledger.reflections, ledger.reflection.tokens) == (2, 20)
