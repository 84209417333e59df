"""The port between those who make calls (chat models, tools) and who records and replays them.

A session counts wherever it was made current: in the tasks and threads that the block starts, as context variables do.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Protocol

from gepa_agents.words.call import Call, CallKind, Outcome, Run
from gepa_agents.words.errors import RecordingError
from gepa_agents.words.frozen import JsonValue

Simulator = Callable[[Call], JsonValue | Awaitable[JsonValue]]
"""Answers a call of a tool or function that was not recorded; `call.request` holds its arguments."""


class Ticket(Protocol):
    """What is to be done about one call."""

    @property
    def outcome(self) -> Outcome | None:
        """The recorded outcome; None when the call is to be made, or given to the simulator if there is one."""
        ...

    @property
    def simulator(self) -> Simulator | None:
        """Who answers instead, when `outcome` is None."""
        ...

    @property
    def keeps(self) -> bool:
        """Whether what comes of the call, when it is made, is to be kept."""
        ...

    def keep(self, outcome: Outcome) -> None:
        """Keep what came of a call that was made; nothing happens unless `keeps`."""
        ...


class Session(Protocol):
    """The calls of one run."""

    def outside(self, kind: CallKind, name: str, *, again: bool = False) -> None:
        """Hear of a call by code that no session reaches: noted, or refused where such calls are replayed.

        `again` says that it may be a call that was heard of already.
        """
        ...

    def ask(self, call: Call) -> Ticket:
        """What to do about this call. Raises `MissingRecording` when it must be replayed and can't be."""
        ...

    def hides(self, text: str) -> bool:
        """Whether something in a text would be masked in the recording."""
        ...

    def remark(self, sentence: str) -> None:
        """Tell the user something about the recording, once."""
        ...

    def refuse(self, sentence: str) -> RecordingError:
        """The error for a call that can't be recorded or replayed; noted, so that `check` raises it too."""
        ...

    def check(self) -> None:
        """Raise the first error of this session again, for a graph may have caught it."""
        ...


class Calls(Protocol):
    """Records and replays calls; `gepa_agents.Recording` is one."""

    def session(self, run: Run, where: Callable[[], str] = str) -> AbstractContextManager[Session]:
        """A session for the block. `where` says, when a call is made, in which place of the agent that is."""
        ...


def simulated(simulator: Simulator, call: Call, session: Session) -> JsonValue:
    """A simulator's answer for sync code. One that is async gets a loop of its own; inside a running one it can't."""
    answer = simulator(call)
    if not isinstance(answer, Awaitable):
        return answer
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_awaited(answer))
    if isinstance(answer, Coroutine):
        answer.close()
    raise session.refuse(f"`{call.name}` is called in sync code inside an event loop; give a sync simulator")


async def _awaited(answer: Awaitable[JsonValue]) -> JsonValue:
    return await answer


_current: ContextVar[Session | None] = ContextVar("gepa_calls", default=None)
_open: list[Session] = []
"""Sessions under way in this process."""
_lock = threading.Lock()


def active() -> Session | None:
    """The session of the code that runs here, if any."""
    return _current.get()


@contextmanager
def within(session: Session) -> Iterator[None]:
    """Make a session current in the block."""
    token = _current.set(session)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def guarding(session: Session) -> Iterator[None]:
    """While the block runs, the session hears by `guard` of calls from code that none reaches."""
    with _lock:
        _open.append(session)
    try:
        yield
    finally:
        with _lock:
            _open.remove(session)


class Inside:
    """Whether calls were recorded within another one."""

    any: bool = False


_inside: ContextVar[tuple[Inside, ...]] = ContextVar("gepa_calls_inside", default=())


@contextmanager
def enclosing() -> Iterator[Inside]:
    """Notice calls that are recorded within the block, in the tasks and threads that it starts."""
    noticed = Inside()
    token = _inside.set((*_inside.get(), noticed))
    try:
        yield noticed
    finally:
        _inside.reset(token)


def noticed() -> None:
    """Tell the calls around this place that one was recorded within them."""
    for call in _inside.get():
        call.any = True


def guard(kind: CallKind, name: str, *, again: bool = False) -> None:
    """Tell the sessions under way of a call outside all of them; they raise `MissingRecording` where it may not be.

    It comes from a thread that was started without the context, or from something else in the process.
    """
    with _lock:
        sessions = list(_open)
    for session in sessions:
        session.outside(kind, name, again=again)
