"""Checks of how tools were called."""

from collections.abc import Iterator, Sequence

from gepa_agents.parts.feedback import acting, quoting
from gepa_agents.parts.feedback.calls import Call, calls
from gepa_agents.parts.feedback.schema import mismatches
from gepa_agents.words.finding import Finding
from gepa_agents.words.trajectory import Trajectory

ARGUMENTS, ANSWER = 300, 400
"""Characters of arguments and of an answer that a sentence quotes."""
SENTENCE = 1000
"""Characters of a whole sentence, at most."""
ROUNDS = 4
"""So often the same calls in the same order are a loop that will not end by itself."""
LONGEST_ROUND = 3
"""Calls in one round of a loop, at most."""


def tool_error(trajectory: Trajectory) -> Iterator[Finding]:
    """A tool raised, or answered with an error."""
    for call in calls(trajectory):
        if call.failed:
            yield _finding("tool_error", call, f"was called with {_arguments(call)}; it answered: {_answer(call)}")


def unknown_tool(trajectory: Trajectory) -> Iterator[Finding]:
    """A model called a tool that it was not offered, and nothing answered the call well.

    A tool that answered in any way is one that exists, where it is not seen which ones were offered.
    """
    for call in calls(trajectory):
        if call.asked is None or call.offered is not None:
            continue
        if call.run is None or (call.failed and call.asked.tools):
            names = ", ".join(quoting.name(tool.name) for tool in call.asked.tools) or "none"
            yield _finding("unknown_tool", call, f"was called, which is none of its tools; it has {names}.")


def invalid_arguments(trajectory: Trajectory) -> Iterator[Finding]:
    """A model's arguments break the schema that it was offered, and the tool did not take them all the same."""
    for call in calls(trajectory):
        taken = call.run is not None and not call.failed
        if call.offered is None or taken or call.arguments is None:  # None: they were not recorded
            continue
        if not isinstance(call.arguments, dict):
            problems = ["the arguments are no JSON object"]
        else:
            problems = list(mismatches(call.offered.parameters, call.arguments))
        if problems:
            wrong = "; ".join(problems[:5])
            yield _finding("invalid_arguments", call, f"was called with {_arguments(call)}, but {wrong}.")


def repeated_call(trajectory: Trajectory) -> Iterator[Finding]:
    """A model made a call again whose answer it had: the same tool, the same arguments, the same answer."""
    groups: dict[tuple[str, str, str, str], list[Call]] = {}
    for call in calls(trajectory):
        if call.asked is not None and call.answer is not None and not acting.hands_over(call.tool):
            groups.setdefault((*call.key, call.answer), []).append(call)
    for group in groups.values():
        # Calls that one reply makes at once are no repetition: their answers were not known yet.
        asked = {call.step for call in group}
        if len(asked) > 1:
            sentence = f"was called {len(asked)} times with {_arguments(group[0])} and answered the same each time."
            yield _finding("repeated_call", group[-1], sentence)


def endless_loop(trajectory: Trajectory) -> Iterator[Finding]:
    """A node made the same calls in the same order over and over, and got the same answers."""
    for node in dict.fromkeys(call.node for call in calls(trajectory)):
        mine = (call for call in calls(trajectory) if call.node == node and call.asked is not None)
        made = [call for call in mine if not acting.hands_over(call.tool)]
        keys = [(call.key, call.answer) for call in made]
        length = next((length for length in range(1, LONGEST_ROUND + 1) if _goes_round(keys, length)), None)
        if length is not None:
            names = ", ".join(quoting.name(call.tool) for call in made[-length:])
            sentence = f"{quoting.where(node)}the same calls ({names}) were made at least {ROUNDS} times in a row."
            yield Finding(check="endless_loop", node=node, step=made[-1].step, sentence=sentence)


def _goes_round(keys: Sequence[object], length: int) -> bool:
    """Whether the last calls are so many times the same round of `length` calls."""
    tail = list(keys[-length * ROUNDS :])
    return len(tail) == length * ROUNDS and tail == tail[:length] * ROUNDS


def _finding(check: str, call: Call, happened: str) -> Finding:
    sentence = quoting.line(f"{quoting.where(call.node)}the tool {quoting.name(call.tool)} {happened}", SENTENCE)
    return Finding(check=check, node=call.node, step=call.step, tool=call.tool, sentence=sentence)


def _arguments(call: Call) -> str:
    return quoting.arguments(call.arguments, ARGUMENTS) or "no arguments"


def _answer(call: Call) -> str:
    return quoting.line(call.answer or "", ANSWER)
