"""Brings together what a trajectory holds apart: a model's call of a tool, the offered tool, and the tool's run."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gepa_agents.parts.feedback import quoting
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import ModelStep, ToolCall, ToolDefinition, ToolStep, Trajectory

_ERROR = re.compile(
    r"""\s*(?:Error(?::| invoking tool| executing tool)|Traceback \(most recent call last\)|\w+(?:Error|Exception): |"""
    r"""\{\s*["']error["']:(?!\s*(?:null|None|false|False|""|''|\[\s*\]|\{\s*\}|0\s*[,}]))|"""
    r"""\{\s*["']success["']:\s*(?:false|False)\b|\{\s*["']status["']:\s*["'](?:error|failed|failure)["']|"""
    r"""[^\n]{1,80} is not a valid tool\b)"""
)
_WANTING = (
    r"(?:(?:is|are|was|were|could) )?"
    r"(?:not (?:be )?(?:found|provided|valid)|does not exist|do not exist|invalid|unknown)"
)
_REFUSAL = re.compile(
    rf"(?!no\b|[{{\[])(?:[\w'-]+ ){{1,5}}{_WANTING}(?:[.!]|[.:;,] .{{1,160}})?|"
    r"(?:[^.;:]{1,60}[;:] )?[\w'-]+ must be one of .+|"
    r"(?:invalid|unknown|missing)(?: [\w'-]+){0,3} (?:arguments?|parameters?|fields?|inputs?|values?|ids?|identifiers?|"
    r"keys?|formats?|dates?|times?|requests?|names?|numbers?|types?|users?|addresse?s?|options?|columns?)"
    r"(?:[.!]|[:;,] .{1,160})?",
    re.IGNORECASE,
)
"""A tool that refuses in a few plain words, and says nothing else, such as `Event not found.`"""
_LONGEST_REFUSAL = 240


@dataclass(frozen=True)
class Call:
    """One call of a tool, as far as the trajectory tells of it."""

    tool: str
    arguments: JsonValue
    node: str
    """The node whose model asked for it; the node it ran in when no model did."""
    step: int
    """Index of the model's step, or of the run when no model asked."""
    asked: ModelStep | None = None
    """The model's step; None for a tool that the code called."""
    run: ToolStep | None = None
    """None when no run of the tool is known."""
    run_step: int | None = None
    offered: ToolDefinition | None = None
    """The tool as it was offered to that model."""
    call_id: str = ""

    @property
    def answer(self) -> str | None:
        """What came back: the result, or the error that was raised; None when nothing is known."""
        if self.run is None:
            return None
        return self.run.error if self.run.error is not None else self.run.result

    @property
    def failed(self) -> bool:
        """True when the tool raised, or answered with an error."""
        return self.run is not None and (self.run.error is not None or is_error(self.run.result or "", self.arguments))

    @property
    def key(self) -> tuple[str, str, str]:
        """The same for calls of one node with the same arguments."""
        return self.node, self.tool, quoting.text(_sorted(self.arguments))


def calls(trajectory: Trajectory) -> tuple[Call, ...]:
    """All calls of tools, in order of the step that asked; a run is given to the call whose id it carries."""
    runs = {index: step for index, step in enumerate(trajectory.steps) if isinstance(step, ToolStep)}
    found = []
    for index, step in enumerate(trajectory.steps):
        if isinstance(step, ModelStep):
            offered = {tool.name: tool for tool in step.tools}
            for call in step.reply.tool_calls if step.reply else ():
                ran = _run(call, index, runs)
                found.append(
                    Call(
                        call.name,
                        call.arguments,
                        step.node,
                        index,
                        asked=step,
                        run=None if ran is None else runs.pop(ran),
                        run_step=ran,
                        offered=offered.get(call.name),
                        call_id=call.id,
                    )
                )
    found += [
        Call(run.tool, run.arguments, run.node, index, run=run, run_step=index, call_id=run.call_id)
        for index, run in runs.items()
    ]
    return tuple(sorted(found, key=lambda call: call.step))


def is_error(result: str, arguments: JsonValue = None) -> bool:
    """Whether a tool's answer reports an error: `Error: ...`, as LangGraph words it, an object with an `error`, or a
    refusal in one sentence, which is short (`Event not found.`) or finds fault with one of the call's `arguments`.

    An empty answer, or nothing found in a search, is none; nor is a fact about what is required, or missing.
    """
    plain = result.strip()
    if _ERROR.match(result) is not None:
        return True
    if len(plain) > _LONGEST_REFUSAL or "\n" in plain or plain.startswith(("{", "[")):
        return False
    return _REFUSAL.fullmatch(plain) is not None or _finds_fault(plain, arguments)


def _finds_fault(sentence: str, arguments: JsonValue) -> bool:
    """Whether a sentence says that an argument is missing, or that its name or its value won't do."""
    for name, value in arguments.items() if isinstance(arguments, dict) else ():
        called = re.escape(name).replace("_", "[_ ]")
        wanted = rf"\b(?:missing|invalid|provide|specify)\b(?: an?| the| required| valid)* ['\"`]?{called}\b"
        if "_" in name and re.search(wanted, sentence, re.IGNORECASE):
            return True
        means = [called, *([re.escape(value)] if isinstance(value, str) and len(value) > 2 else ())]
        named = rf"(?<!\w)(?:{'|'.join(means)})['\"`]?"
        wrong = rf"{_WANTING}|(?:is|are) (?:required|missing)\b(?! for| to| when| if)|must be (?:one of|an?)\b"
        if re.search(rf"{named} (?:{wrong})", sentence, re.IGNORECASE):
            return True
    return False


def _run(call: ToolCall, after: int, runs: Mapping[int, ToolStep]) -> int | None:
    """Index of the run that answers a call: by its id, or the next one like it where there are no ids."""
    later: Iterator[tuple[int, ToolStep]] = ((index, run) for index, run in runs.items() if index > after)
    for index, run in later:
        if run.tool == call.name and (
            run.call_id == call.id if call.id and run.call_id else _sorted(run.arguments) == _sorted(call.arguments)
        ):
            return index
    return None


def _sorted(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_sorted(part) for part in value]
    return value
