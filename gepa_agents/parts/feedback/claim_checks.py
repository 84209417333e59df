"""Checks of what was said against what was done: errors passed over, and claims that no tool call bears out."""

from collections.abc import Iterable, Iterator, Sequence

from gepa_agents.parts.feedback import acting, quoting
from gepa_agents.parts.feedback.calls import Call, calls
from gepa_agents.words.finding import Finding
from gepa_agents.words.trajectory import ModelStep, Trajectory

ERROR, CLAIM = 200, 240
"""Characters of an error and of a claim that a sentence quotes."""


def ignored_error(trajectory: Trajectory) -> Iterator[Finding]:
    """A call failed, nothing made up for it, and nothing that any model said afterwards admits that.

    A later success of the same tool makes up for it, or the same call's success before; for a tool that only looks
    things up, so does the success of any call.
    """
    made = calls(trajectory)
    # A call of a tool that is not there is told as that already.
    last = {call.tool: call for call in made if call.failed and (call.asked is None or call.offered is not None)}
    for call in last.values():
        said = [text for position, _, text in _replies(trajectory) if position > (call.run_step or call.step)]
        final = said[-1].strip() if said else ""
        if final and not acting.plans(final) and not any(map(acting.admits, said)) and not _made_up(call, made):
            error = quoting.line(call.answer or "", ERROR)
            sentence = (
                f"{quoting.where(call.node)}the tool {quoting.name(call.tool)} failed ({error}), "
                f"no later call made up for it, and the answer does not say so: {_quoted(final)}"
            )
            yield Finding(check="ignored_error", node=call.node, tool=call.tool, step=call.step, sentence=sentence)


def _made_up(failed: Call, made: Sequence[Call]) -> bool:
    good = [call for call in made if call.answer is not None and not call.failed]
    if not acting.acts(failed.tool):
        return bool(good)
    return any(call.key == failed.key or (call.tool == failed.tool and call.step > failed.step) for call in good)


def contradicted_claim(trajectory: Trajectory) -> Iterator[Finding]:
    """A model said that something was done, after every call that could have done it had failed."""
    for position, node, claim in _claims(trajectory):
        tried = [call for call in calls(trajectory) if call.step < position and acting.acts(call.tool)]
        if tried and all(call.failed for call in tried):
            last = tried[-1]
            sentence = (
                f"{quoting.where(node)}the model claimed {_quoted(claim)}, but {quoting.name(last.tool)} had answered: "
                f"{quoting.line(last.answer or '', ERROR)}"
            )
            yield Finding(check="contradicted_claim", node=node, tool=last.tool, step=position, sentence=sentence)
            return


def unfounded_claim(trajectory: Trajectory) -> Iterator[Finding]:
    """A model said that something was done, had tools for doing such things, and no model had called one of them.

    Not when the word stands in what the model was given: then it may report how things are.
    """
    offered = list(dict.fromkeys(tool.name for step in trajectory.models() for tool in step.tools))
    able = [name for name in offered if acting.acts(name)]
    for position, node, claim in _claims(trajectory):
        if able and not any(call.step < position and acting.acts(call.tool) for call in calls(trajectory)):
            names = ", ".join(map(quoting.name, able[:6]))
            sentence = (
                f"{quoting.where(node)}the model claimed {_quoted(claim)}, "
                f"but no tool that could do it ({names}) was called."
            )
            yield Finding(check="unfounded_claim", node=node, step=position, sentence=sentence)
            return


def _claims(trajectory: Trajectory) -> Iterator[tuple[int, str, str]]:
    """Step, node and sentence of each claim in a reply that called nothing, unless it only repeats what was given."""
    for position, step, text in _replies(trajectory):
        for sentence, done in acting.claims(text):
            if not any(acting.reports(message.text, sentence, done, message.role) for message in step.messages):
                yield position, step.node, sentence


def _replies(trajectory: Trajectory) -> Iterable[tuple[int, ModelStep, str]]:
    """The replies that were words and no calls."""
    for position, step in enumerate(trajectory.steps):
        if isinstance(step, ModelStep) and step.reply is not None and not step.reply.tool_calls:
            yield position, step, step.reply.text


def _quoted(text: str) -> str:
    return f'"{quoting.line(text, CLAIM)}"'
