"""`recorded`: marks a function of yours whose calls belong into the recording, where no framework would notice them.

Without a session it is the function as it was.
"""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar, cast, overload

from pydantic import TypeAdapter, ValidationError

from gepa_agents.ports.calls import Ticket, active, simulated
from gepa_agents.ports.raising import described, rebuilt
from gepa_agents.words.call import Call, Outcome
from gepa_agents.words.errors import RecordingError
from gepa_agents.words.frozen import JsonValue

P = ParamSpec("P")
T = TypeVar("T")

_PLAIN: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)


@overload
def recorded(function: Callable[P, T], /) -> Callable[P, T]: ...
@overload
def recorded(*, ignore: Iterable[str]) -> Callable[[Callable[P, T]], Callable[P, T]]: ...


def recorded(function: Callable[P, T] | None = None, /, *, ignore: Iterable[str] = ()) -> Any:
    """Let calls of a function, sync or async, be recorded and replayed as those of tools are.

    Its arguments and what it returns must be plain data (what JSON can hold; `None`, text, numbers, lists, objects with
    text keys). `ignore` names arguments that are not, such as a client or a database handle: they do not tell one call
    from another, and its answers are taken from the same task only. What the function changes elsewhere is in no
    recording. Calls raise `RecordingError` for what can't be kept, and `MissingRecording`.
    """
    left_out = frozenset((ignore,) if isinstance(ignore, str) else ignore)

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        return cast(
            Callable[P, T], _asynchronous(function, left_out) if _is_async(function) else _sync(function, left_out)
        )

    return decorate if function is None else decorate(function)


def _is_async(function: Callable[..., object]) -> bool:
    return inspect.iscoroutinefunction(function)


def _sync(function: Callable[..., Any], left_out: frozenset[str]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if (session := active()) is None:
            return function(*args, **kwargs)
        asked = _call(function, left_out, args, kwargs)
        ticket = session.ask(asked)
        if ticket.outcome is not None:
            return _given(ticket.outcome)
        try:
            simulator = ticket.simulator
            value = function(*args, **kwargs) if simulator is None else simulated(simulator, asked, session)
        except RecordingError:
            raise
        except Exception as error:
            ticket.keep(Outcome(error=described(error)))
            raise
        return _made(value, function, ticket)

    return call


def _asynchronous(function: Callable[..., Any], left_out: frozenset[str]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        if (session := active()) is None:
            return await function(*args, **kwargs)
        asked = _call(function, left_out, args, kwargs)
        ticket = session.ask(asked)
        if ticket.outcome is not None:
            return _given(ticket.outcome)
        try:
            value = function(*args, **kwargs) if ticket.simulator is None else ticket.simulator(asked)
            value = await value if inspect.isawaitable(value) else value
        except RecordingError:
            raise
        except Exception as error:
            ticket.keep(Outcome(error=described(error)))
            raise
        return _made(value, function, ticket)

    return call


def _made(value: Any, function: Callable[..., Any], ticket: Ticket) -> Any:
    if ticket.keeps:
        ticket.keep(Outcome(value=_kept(value, function)))
    return value


def _call(function: Callable[..., Any], left_out: frozenset[str], args: Any, kwargs: Any) -> Call:
    bound = inspect.signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    given = {name: value for name, value in bound.arguments.items() if name not in left_out}
    request = {name: _argument(function, name, value) for name, value in given.items()}
    return Call(kind="function", name=_name(function), request=request, bound=bool(left_out))


def _argument(function: Callable[..., Any], name: str, value: object) -> JsonValue:
    try:
        return _PLAIN.validate_python(list(value) if isinstance(value, tuple) else value, strict=True)
    except ValidationError as error:
        raise RecordingError(
            f"the argument `{name}` of `{_name(function)}` is no plain data, so its calls can't be told apart; "
            f'leave it out with `recorded(ignore=["{name}"])`'
        ) from error


def _kept(value: object, function: Callable[..., Any]) -> JsonValue:
    try:
        return _PLAIN.validate_python(value, strict=True)
    except ValidationError as error:
        raise RecordingError(
            f"`{_name(function)}` returned {type(value).__name__}, which a recording can't hold; let the function "
            "that is marked return plain data, and make the rest of it outside"
        ) from error


def _given(outcome: Outcome) -> Any:
    if outcome.error is not None:
        raise rebuilt(outcome.error)
    return outcome.value


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"
