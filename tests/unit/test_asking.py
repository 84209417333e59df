"""The reflection model's answers on their way into the journal."""

from gepa_agents.loop.asking import Asking
from gepa_agents.parts.runs.journal import Journal
from gepa_agents.parts.runs.ledger import Ledger
from gepa_agents.ports.language_model import Completion
from gepa_agents.words.settings import Budget


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
