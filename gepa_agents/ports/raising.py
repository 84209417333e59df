"""Exceptions as plain data, and back: the same class where it is loaded, or else a clear stand-in.

Nothing is imported for it and no constructor is called: a file must not decide what code runs.
"""

import sys
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gepa_agents.words.call import Raised
from gepa_agents.words.frozen import JsonValue

_PLAIN: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)


def described(error: Exception) -> Raised:
    """An exception in a form that a file can keep."""
    types = [f"{kind.__module__}:{kind.__qualname__}" for kind in type(error).__mro__ if issubclass(kind, Exception)]
    args = _plain(list(error.args))
    state: dict[str, JsonValue] = {
        name: plain for name, value in vars(error).items() if (plain := _plain(value)) is not None
    }
    return Raised(
        types=tuple(types), message=str(error), args=tuple(args) if isinstance(args, list) else (), state=state
    )


def rebuilt(raised: Raised) -> Exception:
    """The exception again. Where its own class can't be had, one of that name under the nearest class that can."""
    known = [kind for kind in map(_known, raised.types) if kind is not None]
    if raised.types and _known(raised.types[0]) is not None:
        error = _instance(known[0], raised)
        if error is not None:
            return error
    module, _, name = (raised.types[0] if raised.types else "builtins:Exception").partition(":")
    for kind in (*known, Exception):
        error = _instance(_stand_in(kind, module, name.rpartition(".")[2], raised.message), raised)
        if error is not None:
            return error
    return Exception(raised.message)


def _stand_in(kind: type[Exception], module: str, name: str, message: str) -> type[Exception]:
    note = "Stands in for a recorded exception whose own class is not loaded or can't be made anew."
    return type(name, (kind,), {"__module__": module, "__doc__": note, "__str__": lambda _self: message})


def _instance(kind: type[Exception], raised: Raised) -> Exception | None:
    """An instance, made without its constructor; None when it does not say what the recorded one said."""
    try:
        error = kind.__new__(kind, *(raised.args or (raised.message,)))
        error.args = raised.args or (raised.message,)
        vars(error).update(raised.state)
        return error if str(error) == raised.message else None
    except (TypeError, ValueError, AttributeError, LookupError):
        return None


def _known(reference: str) -> type[Exception] | None:
    module, _, name = reference.partition(":")
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) and issubclass(found, Exception) else None


def _plain(value: object) -> JsonValue:
    """Plain data as it is; None for anything else."""
    try:
        return _PLAIN.validate_python(value, strict=True)
    except ValidationError:
        return None
