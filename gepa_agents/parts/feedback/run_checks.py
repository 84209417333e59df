"""Checks of the way a run took through the graph: step limits, failing nodes, nodes that pass work back and forth."""

from collections.abc import Iterator, Sequence

from gepa_agents.parts.feedback import acting, quoting
from gepa_agents.words.case import Case
from gepa_agents.words.finding import Finding
from gepa_agents.words.trajectory import ModelStep, NodeStep, ToolStep, Trajectory

LIMITS = (
    "Sorry, need more steps to process this request.",
    "Model call limits exceeded",
    "Agent stopped due to iteration limit or time limit.",
)
"""How LangGraph's ReAct agent, LangChain's call-limit middleware and AgentExecutor answer when they give up."""
ROUNDS = 3
"""So often back and forth without any work done in between is no cooperation any more."""


def step_limit(trajectory: Trajectory) -> Iterator[Finding]:
    """The framework's limit of steps ended the run."""
    for position, step in enumerate(trajectory.steps):
        if step.error is not None and step.error.startswith("GraphRecursionError"):
            sentence = f"{quoting.where(step.node)}the graph went round until its limit of steps ended the run."
            yield Finding(check="step_limit", node=step.node, step=position, sentence=sentence)
            return


def gave_up(case: Case) -> Iterator[Finding]:
    """A limit ended the run and no step tells: LangGraph raised outside of every node, or answered for the agent."""
    fault, text = case.rollout.fault, case.rollout.text.strip()
    told = next(step_limit(case.rollout.trajectory), None) is not None
    if fault is not None and fault.message.startswith("GraphRecursionError") and not told:
        yield Finding(check="step_limit", sentence="The graph went round until its limit of steps ended the run.")
    elif text.startswith(LIMITS):
        sentence = f'A limit of steps or calls ended the run; its answer is only "{quoting.line(text, 200)}"'
        yield Finding(check="step_limit", sentence=sentence)


def failed_step(trajectory: Trajectory) -> Iterator[Finding]:
    """A model's call failed, or the code of a node raised something that none of its own steps had raised."""
    steps = trajectory.steps
    for position, step in enumerate(steps):
        if step.error is None or isinstance(step, ToolStep) or step.error.startswith("GraphRecursionError"):
            continue
        what = "the model call failed" if isinstance(step, ModelStep) else "the node failed"
        inner = (other for other in steps[position + 1 :] if other.error == step.error)
        if not isinstance(step, NodeStep) or next(inner, None) is None:
            sentence = f"{quoting.where(step.node)}{what}: {quoting.line(step.error, 400)}"
            yield Finding(check="failed_step", node=step.node, step=position, sentence=sentence)


def back_and_forth(trajectory: Trajectory) -> Iterator[Finding]:
    """Two nodes handed the task to each other again and again, and neither did anything else in between."""
    visits = _visits(trajectory)
    for start in range(len(visits) - 2 * ROUNDS + 1):
        turns = visits[start : start + 2 * ROUNDS]
        first, second = turns[0][0], turns[1][0]
        names = [name for name, _, _ in turns]
        if first != second and names == [first, second] * ROUNDS and _idle(turns, trajectory):
            sentence = (
                f"{quoting.name(first)} and {quoting.name(second)} handed the task to each other {ROUNDS} times "
                "or more, and did nothing else in between."
            )
            yield Finding(check="back_and_forth", node=first, step=turns[-1][1], sentence=sentence)
            return


def _visits(trajectory: Trajectory) -> list[tuple[str, int, str]]:
    """Model calls in order: the agent of a node (`billing` for `billing/model`), the step, and what it said."""
    found = []
    for position, step in enumerate(trajectory.steps):
        if isinstance(step, ModelStep) and step.reply is not None:
            agent = step.node.rpartition("/")[0] or step.node
            calls = "; ".join(f"{call.name} {quoting.text(call.arguments)}" for call in step.reply.tool_calls)
            found.append((agent, position, f"{step.reply.text.strip()} {calls}"))
    return found


def _idle(turns: Sequence[tuple[str, int, str]], trajectory: Trajectory) -> bool:
    """No tool ran but hand-overs, and each node hands over or says the same each time."""
    between = trajectory.steps[turns[0][1] : turns[-1][1] + 1]
    if any(isinstance(step, ToolStep) and not acting.hands_over(step.tool) for step in between):
        return False
    for node in (turns[0][0], turns[1][0]):
        mine = [(trajectory.steps[position], said) for name, position, said in turns if name == node]
        handing = all(isinstance(step, ModelStep) and _hands_over(step) for step, _ in mine)
        if not handing and len({said for _, said in mine}) > 1:
            return False
    return True


def _hands_over(step: ModelStep) -> bool:
    called = step.reply.tool_calls if step.reply else ()
    return bool(called) and all(acting.hands_over(call.name) for call in called)
