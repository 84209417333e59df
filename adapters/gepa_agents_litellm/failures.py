"""What a failed attempt means: whether it may pass, how long the server asks to wait, and the sentence for people."""

import os
import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass

from gepa_agents.ports.http_status import may_pass
from gepa_agents.words.usage import Usage
from gepa_agents_litellm import backoff
from gepa_agents_litellm.options import Options

SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)S?$")
SHORTEST_SECRET = 8
"""Shorter values are not masked: a placeholder such as `none` would be cut out of every sentence."""
LONGEST_MESSAGE = 300
TIMED_OUT = 408
UNPLACED = 500
"""The status that LiteLLM gives to all that it can't place: lost connections, broken bodies, a missing key."""
ADVICE = {
    401: "check its key",
    402: "the account has to be paid",
    403: "check what its key may do",
    404: "check its name and its address",
}
NO_KEY = re.compile(r"missing credentials|unable to locate credentials|api[ _]key", re.IGNORECASE)
PREFIX = re.compile(r"^(?:(?:litellm\.)?\w+(?:Error|Exception|Timeout)(?::| -) +)+")
"""LiteLLM's own names for an error, of which it puts up to three before what the vendor said."""


@dataclass(frozen=True)
class Failure:
    """What a failed attempt means."""

    reason: str
    """What happened, in words; holds no key."""
    passing: bool
    """True when the same call may succeed later."""
    advice: str = "try again later, or name another model"
    """What to do next."""
    asked: float | None = None
    """Seconds that the server asks to wait."""


@dataclass(frozen=True)
class Failed:
    """One failed attempt and what it cost."""

    failure: Failure
    usage: Usage
    cause: Exception | None = None
    """The error to chain, unless it holds a secret."""


def late(seconds: float) -> Failure:
    """The failure of an attempt that took longer than `seconds`."""
    return Failure(f"no whole answer within {seconds:g} s", True, "raise `timeout`, or try again later")


def read(error: Exception, options: Options) -> Failed:
    """The failed attempt behind an error of LiteLLM."""
    found = getattr(error, "status_code", None)
    status = found if isinstance(found, int) else UNPLACED
    if status == TIMED_OUT:
        # The vendor may have worked, and charged, without our seeing what.
        return Failed(late(options.timeout), Usage(calls=1, unpriced_calls=1), shown(error, options))
    return Failed(_failure(error, status, options), Usage(calls=1), shown(error, options))


def _failure(error: Exception, status: int, options: Options) -> Failure:
    reason, headers = _said(error, options), _headers(error)
    if _out_of_credit(error):
        return Failure(reason, False, "top up the account, or name another model")
    if not may_pass(status):
        advice = ADVICE.get(status, "check its name, its options and the length of the prompt")
        return Failure(f"{reason} (HTTP {status})", False, advice)
    if headers:
        return Failure(f"{reason} (HTTP {status})", True, asked=backoff.asked(headers))
    # Without headers it is no answer of the server's.
    if NO_KEY.search(reason):
        return Failure(reason, False, "give `api_key`, or set the vendor's environment variable")
    return Failure(reason, True, "check its address and the network, or try again later")


def shown(error: Exception, options: Options) -> Exception | None:
    """The error, to be chained, unless its traceback would print a secret."""
    printed = "".join(traceback.format_exception(error))
    return error if masked(printed, options) == printed else None


def masked(text: str, options: Options) -> str:
    """The text without the key, and without any secret that the environment holds: servers echo what they were sent."""
    secrets = {value for name, value in os.environ.items() if SECRET_NAME.search(name.upper())}
    if options.api_key is not None:
        secrets.add(options.api_key.get_secret_value())
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return text


def _said(error: Exception, options: Options) -> str:
    text = masked(str(getattr(error, "message", error)), options)
    line = PREFIX.sub("", " ".join(text.split())).rstrip(".")
    return line if len(line) <= LONGEST_MESSAGE else f"{line[:LONGEST_MESSAGE]}…"


def _out_of_credit(error: BaseException | None) -> bool:
    # OpenAI sends 429 for an empty account too, which no waiting fills. In LiteLLM 1.100 the body is with the error
    # behind LiteLLM's own.
    while error is not None:
        body = getattr(error, "body", None)
        if isinstance(body, Mapping) and body.get("code") == "insufficient_quota":
            return True
        error = error.__cause__ or error.__context__
    return False


def _headers(error: Exception) -> Mapping[str, str]:
    # LiteLLM keeps them in one place or the other, by the kind of error.
    kept = getattr(error, "litellm_response_headers", None)
    return kept or getattr(getattr(error, "response", None), "headers", None) or {}
