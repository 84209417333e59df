"""A fingerprint of a function's code, to tell whether it is the one that a run began with.

Of what Python runs: comments, line numbers and layout are no part of it, and neither are values, so that a key read
from the environment changes nothing. Functions of the same module that it calls by name are part of it; what it
imports from elsewhere is not. An object may say itself what decides: texts (a judge's rubric and model) and functions,
in its `made_of`.
"""

import functools
import hashlib
import sys
from types import CodeType, FunctionType, MethodType


def fingerprint(function: object) -> str:
    """A hash of what `function` does, for this version of Python; empty when it has no code that can be read."""
    seen: dict[CodeType | str, None] = {}
    _gather(function, seen)
    if not seen:
        return ""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    told = (one if isinstance(one, str) else _text(one) for one in seen)
    return version + "/" + hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def _gather(function: object, seen: dict[CodeType | str, None]) -> None:
    """The code of `function`, and of those that it calls in its module, in the order they are named."""
    while isinstance(function, functools.partial):
        function = function.func
    if isinstance(function, MethodType):
        function = function.__func__
    for part in getattr(function, "made_of", ()):
        if isinstance(part, str):
            seen[part] = None
        else:
            _gather(part, seen)
    if not isinstance(function, FunctionType):
        function = getattr(type(function), "__call__", None)  # noqa: B004 - its code is looked at, not whether it is there
    if not isinstance(function, FunctionType) or function.__code__ in seen:
        return
    seen[function.__code__] = None
    if (inner := getattr(function, "__wrapped__", None)) is not None:
        _gather(inner, seen)
    for name in _names(function.__code__):
        called = function.__globals__.get(name)
        if isinstance(called, FunctionType) and called.__module__ == function.__module__:
            _gather(called, seen)


def _names(code: CodeType) -> list[str]:
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    return [*code.co_names, *(name for one in inner for name in _names(one))]


def _text(code: CodeType) -> str:
    return f"{code.co_name} {code.co_varnames} {code.co_names} {code.co_code.hex()} {_constant(code.co_consts)}"


def _constant(value: object) -> str:
    """A constant in code as text that is the same in every process: sets have no order, and code has an address."""
    if isinstance(value, CodeType):
        return _text(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(_constant, value))})"
    if isinstance(value, frozenset):
        return f"{{{', '.join(sorted(map(_constant, value)))}}}"
    return repr(value)
