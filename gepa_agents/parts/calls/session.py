"""The calls of one run: each is answered from the tape, given to a simulator, or made and kept, as the rules say."""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from gepa_agents.parts.calls.difference import differences, nearest
from gepa_agents.parts.calls.entries import Entry, key
from gepa_agents.parts.calls.rules import Rules
from gepa_agents.parts.calls.shelf import Reach
from gepa_agents.parts.calls.tape import Tape
from gepa_agents.ports.calls import Simulator, noticed
from gepa_agents.ports.veil import Veil
from gepa_agents.words.call import Call, CallKind, Outcome, Raised, Run
from gepa_agents.words.errors import MissingRecording, RecordingError

LOG = logging.getLogger("gepa_agents")
Counts = Counter[str]
"""How many calls were `answered`, `recorded`, `simulated`, made `live`, or made where no session reaches (`unseen`)."""


class Unanswered(Exception):
    """A tool or function was called that is not in the recording; the rollout fails, the run goes on."""


@dataclass
class Kept:
    """A call's ticket."""

    outcome: Outcome | None = None
    simulator: Simulator | None = None
    record: Callable[[Outcome], None] | None = None

    @property
    def keeps(self) -> bool:
        """Whether the outcome is recorded."""
        return self.record is not None

    def keep(self, outcome: Outcome) -> None:
        """Write it down, if it is to be."""
        if self.record is not None:
            self.record(outcome)


@dataclass
class TapedSession:
    """One run over a tape. Counts how often the same was asked in the same place; safe to use from several threads."""

    tape: Tape
    rules: Rules
    veil: Veil
    run: Run
    counts: Counts
    where: Callable[[], str] = str
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Shared by the sessions of a recording."""
    remarks: set[str] = field(default_factory=set[str])
    """What was said already; shared by the sessions of a recording."""
    misses: list[RecordingError] = field(default_factory=list[RecordingError])

    def __post_init__(self) -> None:
        self._asked: Counter[tuple[str, str]] = Counter()

    def outside(self, kind: CallKind, name: str, *, again: bool = False) -> None:
        """Hear of a call that no session reaches; see the port."""
        what, mode = f"the {kind} `{name}`", self.rules.mode(kind, name)
        how = "start threads with `contextvars.copy_context().run`, or hand the node's `config` on to the call"
        if mode == "replay":
            raise self._noted(
                MissingRecording(
                    f"{what} was called outside the run that is replayed from {self.tape.file}, by a thread that does "
                    f"not know its context; nothing was called. To have it replayed, {how}"
                )
            )
        if again or mode == "live":
            return
        if self.rules.writes:
            self.remark(f"{what} was called by a thread that does not know its run, and is not recorded; {how}")
        self._count("unseen")

    def remark(self, sentence: str) -> None:
        """Log it, once a recording."""
        with self.lock:
            known = sentence in self.remarks
            self.remarks.add(sentence)
        if not known:
            LOG.warning("%s: %s", self.tape.file, sentence)

    def ask(self, call: Call) -> Kept:
        """What to do about a call; see the port."""
        mode = self.rules.mode(call.kind, call.name)
        if mode == "live":
            self._count("live")
            return Kept()
        shown = call.model_copy(update={"request": self.rules.steady(self.veil.hide(call.request))})
        name, at = key(shown), self.where()
        with self.lock:
            n = self._asked[name, at]
            self._asked[name, at] += 1
        record = self._recorder(shown, at, n)
        if mode == "record":
            return Kept(record=record)
        entry = self.tape.shelf.find(name, (self.run, at), n, self._reach(call))
        # A model's failure is no answer: it would be the end of every later run, long after the outage.
        if entry is not None and not (mode == "fill" and entry.error is not None and call.kind in ("model", "prompt")):
            self._count("answered")
            return Kept(self._outcome(entry))
        if self.rules.simulator is not None and call.kind in ("tool", "function"):
            self._count("simulated")
            return Kept(simulator=self.rules.simulator, record=record if mode == "fill" else None)
        if mode == "fill":
            return Kept(record=record)
        raise self._missing(shown, at, n)

    def hides(self, text: str) -> bool:
        """Whether something in a text is masked."""
        return self.veil.hide(text) != text

    def refuse(self, sentence: str) -> RecordingError:
        """An error that is noted."""
        return self._noted(RecordingError(sentence))

    def _noted(self, error: RecordingError) -> RecordingError:
        with self.lock:
            self.misses.append(error)
        return error

    def check(self) -> None:
        """Raise the first error again, if there was one."""
        if self.misses:
            raise self.misses[0]

    def _reach(self, call: Call) -> Reach:
        """Whose recorded calls may answer. Where models are filled in, a repetition is to be a run of its own."""
        if call.kind in ("model", "prompt"):
            return "run" if self.rules.models == "fill" else "any"
        return "task" if call.bound else "any"

    def _recorder(self, shown: Call, at: str, n: int) -> Callable[[Outcome], None]:
        simulated = self.rules.simulator is not None and self.rules.mode(shown.kind, shown.name) == "fill"

        def record(outcome: Outcome) -> None:
            error = None if outcome.error is None else outcome.error.model_dump(mode="json")
            answer, hidden = self.veil.hide(outcome.value), self.veil.hide(error)
            entry = Entry(
                kind=shown.kind,
                name=shown.name,
                **self.run._asdict(),
                at=at,
                n=n,
                key=key(shown),
                request=shown.request,
                answer=answer,
                error=None if hidden is None else Raised.model_validate(hidden),
                inside=outcome.inside,
                simulated=simulated and shown.kind in ("tool", "function"),
            )
            self.tape.add(entry)
            noticed()
            self._count("recorded")

        return record

    def _outcome(self, entry: Entry) -> Outcome:
        error = None if entry.error is None else self.veil.show(entry.error.model_dump(mode="json"))
        return Outcome(
            value=self.veil.show(entry.answer),
            error=None if error is None else Raised.model_validate(error),
            inside=entry.inside,
        )

    def _missing(self, call: Call, at: str, n: int) -> Exception:
        sentence = self._sentence(call, at, n)
        if self.rules.missing == "fail" and call.kind in ("tool", "function"):
            return Unanswered(sentence)
        return self._noted(MissingRecording(sentence))

    def _sentence(self, call: Call, at: str, n: int) -> str:
        what = {"model": "the model", "prompt": "the language model"}.get(call.kind, f"the {call.kind}")
        node = f" in node `{at.partition('@')[0]}`" if at else ""
        task = f", task `{self.run.task}`" if self.run.task else ""
        said = f"{self.tape.file} has no call of {what} `{call.name}` like this one{node}{task}"
        times = self.tape.shelf.times(key(call), (self.run, at), self._reach(call))
        if times:
            said = f"{said}: it is asked for the {n + 1}. time, and was recorded {times} times, with different answers"
        elif (entry := nearest(call, at, self.run.task, self.tape.shelf.entries())) is None:
            said = f"{said}: no {call.kind} was recorded at all"
        else:
            said = f"{said}; of the nearest one{self._position(entry)} {differences(call, entry)}"
        return f"{said}. Nothing was called; record what is missing with the mode `fill`, or record anew"

    def _position(self, entry: Entry) -> str:
        number = self.tape.shelf.line(entry)
        parts = [f"line {number}" if number else "", f"task `{entry.task}`" if entry.task else ""]
        said = ", ".join(part for part in (*parts, f"node `{entry.at.partition('@')[0]}`" if entry.at else "") if part)
        return f" ({said})" if said else ""

    def _count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1
