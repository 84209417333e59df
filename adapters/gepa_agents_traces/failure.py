"""What a failed span says of its error, as `Type: message`; and what only looks like a failure."""

import re

from gepa_agents_traces.plain import said
from gepa_agents_traces.span import Span

CONTROL = ("GraphInterrupt", "GraphBubbleUp", "ParentCommand", "GraphDrained", "NodeInterrupt")
"""LangGraph raises these to pause, or to jump to a parent graph."""
PAUSE = ("GraphInterrupt", "NodeInterrupt")
REPRESENTED = re.compile(r"\A(?P<type>\w+)\((?P<quote>['\"])(?P<message>.*)(?P=quote),?\)\Z", re.DOTALL)
FIRST = re.compile(r"[^\w.]")
TRACEBACK = re.compile(r"\s*Traceback \(most recent call last\).*\Z", re.DOTALL)


def failure(span: Span) -> str | None:
    """The error, without its traceback; None when all went well, or LangGraph only changed its course."""
    return None if not span.failed or kind(span) in CONTROL else _told(span)


def interrupted(span: Span) -> bool:
    """Whether the graph paused here to ask a person."""
    return span.failed and kind(span) in PAUSE


def kind(span: Span) -> str:
    """The first word of the error, which is its type (without its module) where the span says one."""
    return FIRST.split(_told(span), maxsplit=1)[0].rpartition(".")[2]


def _told(span: Span) -> str:
    for name, _, attributes in span.events:
        if name == "exception":
            raised = said(attributes.get("exception.type")).rpartition(".")[2]
            message = TRACEBACK.sub("", said(attributes.get("exception.message")))
            # LangSmith calls every error an Exception and puts its repr into the message.
            return _sentence(message) if raised in ("", "Exception") else f"{raised}: {message}"
    message = TRACEBACK.sub("", span.status)
    raised = span.text("error.type").rpartition(".")[2]
    if raised and not message.startswith(f"{raised}"):
        return f"{raised}: {message}" if message else raised
    return _sentence(message) or "error"


def _sentence(message: str) -> str:
    """`ValueError('no')` as `ValueError: no`."""
    represented = REPRESENTED.match(message.strip())
    return f"{represented['type']}: {represented['message']}" if represented else message
