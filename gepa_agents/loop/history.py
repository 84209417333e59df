"""Reads what a run has left in its folder, while it goes on or afterwards: for reports, exports and whoever asks later.

Takes no lock and changes nothing.
"""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Annotated, Self

from pydantic import Field, TypeAdapter

from gepa_agents.loop import about
from gepa_agents.loop.about import About
from gepa_agents.loop.asking import Asked
from gepa_agents.loop.keeping import key
from gepa_agents.loop.result import Result
from gepa_agents.parts.runs import journal
from gepa_agents.ports.language_model import Completion
from gepa_agents.words.errors import JournalError
from gepa_agents.words.events import Accepted, Baseline, Confirmed, Rejected
from gepa_agents.words.frozen import Frozen
from gepa_agents.words.rollout import Rollout

Decided = Annotated[Baseline | Accepted | Rejected | Confirmed, Field(discriminator="event")]

_DECIDED: TypeAdapter[Decided] = TypeAdapter(Decided)


class Reflection(Frozen):
    """A question to the reflection model and its answer."""

    iteration: int
    """Of the decision that it was asked for; one iteration may ask several times."""
    prompt: str
    answer: Completion


class History:
    """A run as it stands in its folder. Use it from one thread, as a context manager."""

    def __init__(self, reader: journal.Reader) -> None:
        """`History.open` makes one."""
        self._reader = reader

    @classmethod
    def open(cls, folder: str | Path) -> Self:
        """Open a run folder; what the run writes meanwhile is there at the next call.

        Raises `JournalError` when there is no run in `folder`, or it can't be read.
        """
        return cls(journal.read(Path(folder)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.close()

    @property
    def about(self) -> About | None:
        """What the run is about: agent, tasks, settings, budget, versions; None until its baseline is there."""
        body = self._reader.outcome(about.RECORDED)
        return None if body is None else About.model_validate_json(body)

    @property
    def result(self) -> Result | None:
        """The result; None while the run goes on for the first time, or was interrupted. A run that goes on with a
        larger budget has the earlier result until it ends."""
        body = self._reader.outcome("result")
        return None if body is None else Result.model_validate_json(body)

    def finished(self) -> Result:
        """The result; raises `JournalError` when there is none yet."""
        if (result := self.result) is None:
            raise JournalError(
                f"{self._reader.place} holds no result yet: the run goes on or was interrupted; "
                "start it again and let it end"
            )
        return result

    def decisions(self) -> Iterator[Decided]:
        """The baseline, then every decision of the search, in order."""
        for body in self._reader.decisions():
            yield _DECIDED.validate_json(body)

    def rollouts(self, candidate: str = "") -> Iterator[Rollout]:
        """Recorded rollouts, all or those of one candidate (its id), in the order of candidate, task and repeat."""
        prefix = f"rollout/{candidate}/" if candidate else "rollout/"
        for _, body in self._reader.calls(prefix):
            yield Rollout.model_validate_json(body)

    def rollout(self, candidate: str, task: str, repeat: int = 0) -> Rollout | None:
        """One rollout, by the ids of its candidate and its task; None if it was not made."""
        return self._reader.restore(key(candidate, task, repeat), Rollout)

    def reflections(self, iteration: int | None = None) -> Iterator[Reflection]:
        """Questions to the reflection model and its answers, all or those of one iteration, by iteration."""
        prefix = "reflection/" if iteration is None else f"reflection/{iteration:06d}/"
        for name, body in self._reader.calls(prefix):
            asked = Asked.model_validate_json(body)
            yield Reflection(iteration=int(name.split("/")[1]), prompt=asked.prompt, answer=asked.completion)
