"""What earlier processes left in the journal, as far as the search must know it to go on from there.

A run that ended goes on when its limits are widened. Its re-check, its closing test and steps that it cut off may never
be asked for again. Paid is paid: they count against the wider budget, from the first step that is new.
"""

import json
from dataclasses import dataclass

from gepa_agents.loop.asking import Asking
from gepa_agents.loop.rollouts import Rollouts

_NAME = "limits"


@dataclass
class Replay:
    """The journal's decisions, and what lies beside them."""

    rollouts: Rollouts
    asking: Asking
    limits: str
    """How far the run may go, in any words that change when it may go further."""

    def __post_init__(self) -> None:
        self._journal, self._ended = self.rollouts.journal, False

    def known(self, iteration: int) -> int | None:
        """How many decisions had been taken when this iteration was planned; None if the journal has it not.

        A recorded iteration is planned at the same point again, whatever the budget says now.
        """
        body = self._journal.decision(iteration)
        return None if body is None else int(json.loads(body)["known"])

    def end(self) -> None:
        """From here on steps are new: let the ledger count what was paid for and is not booked, once."""
        if self._ended:
            return
        self._ended = True
        recorded = self._journal.outcome(_NAME)
        limits, sunk = (self.limits, []) if recorded is None else json.loads(recorded)
        if limits != self.limits:
            # What this very run has under way when it is killed is no loss: so it is written down once, at its start.
            sunk = [*self.rollouts.unbooked(), *self.asking.unbooked()]
        if recorded is None or limits != self.limits:
            self._journal.conclude(_NAME, json.dumps([self.limits, sunk]))
        self.rollouts.sink(sunk)
        self.asking.sink(sunk)

    def reopen(self) -> None:
        """The run ends for a reason that is no limit of its own: the next one goes on from its end."""
        self._journal.conclude(_NAME, json.dumps(["", []]))
