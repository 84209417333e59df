"""What is done about which calls: recorded, replayed, filled in, or let through."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from gepa_agents.ports.calls import Simulator
from gepa_agents.words.call import CallKind, CallMode
from gepa_agents.words.frozen import JsonValue

Missing = Literal["stop", "fail"]
"""What a call that is to be replayed and was not recorded does: stop everything, or (a tool's) fail its rollout."""


@dataclass(frozen=True)
class Rules:
    """The user's choices."""

    models: CallMode
    """For chat models, and for language models that reflect and judge."""
    tools: CallMode
    """For tools and functions marked with `recorded`."""
    live: Sequence[str] = ()
    """Tools and functions that are called whatever `tools` says, and not recorded; shell patterns over their names."""
    missing: Missing = "stop"
    simulator: Simulator | None = None
    volatile: Sequence[re.Pattern[str]] = field(default=())
    """Parts of a request that differ in every run, such as the date; they do not count."""

    def mode(self, kind: CallKind, name: str = "") -> CallMode:
        """What is done about such calls."""
        if kind in ("model", "prompt"):
            return self.models
        return "live" if any(fnmatchcase(name, pattern) for pattern in self.live) else self.tools

    @property
    def writes(self) -> bool:
        """Whether anything may be recorded."""
        return bool({self.models, self.tools} & {"record", "fill"})

    @property
    def reads(self) -> bool:
        """Whether anything may be answered from the file."""
        return bool({self.models, self.tools} & {"replay", "fill"})

    def steady(self, value: JsonValue) -> JsonValue:
        """A request without its volatile parts."""
        match value:
            case str():
                for pattern in self.volatile:
                    value = pattern.sub("…", value)
                return value
            case list():
                return [self.steady(part) for part in value]
            case dict():
                return {name: self.steady(part) for name, part in value.items()}
            case _:
                return value
