"""What a failed gate says, and what a report keeps of every gate."""

from gepa_agents import Usage
from gepa_agents.testing.trajectory import AgentRun
from gepa_agents_pytest.gate import Gate
from gepa_agents_pytest.result import SuiteRun
from gepa_agents_pytest.store import cost

SHOWN = 5
"""Tasks whose steps are shown; the others are named."""

Property = tuple[str, str | int | float]


def suite_failure(suite: SuiteRun, gate: Gate) -> str | None:
    """Why the suite does not pass; None when it does."""
    least, found = gate.min_score, suite.evaluation
    if least is None or found.mean >= least:
        return None
    below = sorted((score, task) for task, score in found.scores.items() if score < least)
    lines = [
        f"{suite.name}: score {found.mean:.3f}, at least {least:g} expected",
        f"{len(found.scores)} tasks, 95 % interval {found.low:.3f} to {found.high:.3f}, "
        f"{found.faults} of {len(suite.runs)} rollouts failed, {_paid(found.usage)}",
        "",
        f"{len(below)} of {len(found.scores)} tasks scored below {least:g}, the worst first:",
    ]
    for _, task in below[:SHOWN]:
        lines += ["", _worst(suite, task).told()]
    if below[SHOWN:]:
        lines += ["", "and " + ", ".join(f"{task} ({score:.3f})" for score, task in below[SHOWN:])]
    return "\n".join(lines)


def run_failure(run: AgentRun, gate: Gate) -> str | None:
    """Why one run does not pass; None when it does."""
    if run.rollout.fault is not None:
        return f"the run failed\n\n{run.told()}"
    if gate.min_score is not None and (run.score is None or run.score < gate.min_score):
        return f"score {run.score}, at least {gate.min_score:g} expected\n\n{run.told()}"
    return None


def suite_properties(suite: SuiteRun) -> list[Property]:
    """What JUnit XML and the summary keep of a suite."""
    found = suite.evaluation
    return [
        ("agent_suite", suite.name),
        ("score", round(found.mean, 6)),
        ("score_low", round(found.low, 6)),
        ("score_high", round(found.high, 6)),
        ("tasks", len(found.scores)),
        ("rollouts", len(suite.runs)),
        ("failed", found.faults),
        *_spent(found.usage, found.seconds),
    ]


def run_properties(run: AgentRun) -> list[Property]:
    """What JUnit XML keeps of one run."""
    scored: list[Property] = [] if run.score is None else [("score", round(run.score, 6))]
    return [("task", run.rollout.task), *scored, *_spent(cost(run.rollout), run.trajectory.seconds)]


def summary(properties: dict[str, object]) -> str:
    """A suite's properties in a line."""
    usd = f", ${properties['usd']:.4f}" if "usd" in properties else ""
    return (
        f"{properties['agent_suite']}: score {properties['score']:.3f} (95 % interval {properties['score_low']:.3f} to "
        f"{properties['score_high']:.3f}) on {properties['tasks']} tasks, {properties['failed']} of "
        f"{properties['rollouts']} rollouts failed, {properties['tokens']} tokens{usd}"
    )


def _worst(suite: SuiteRun, task: str) -> AgentRun:
    runs = [run for run in suite.runs if run.rollout.task == task]
    return min(runs, key=lambda run: float("-inf") if run.score is None else run.score)


def _spent(usage: Usage, seconds: float) -> list[Property]:
    usd: list[Property] = [] if usage.unpriced_calls else [("usd", round(usage.usd, 6))]
    return [("tokens", usage.tokens), *usd, ("seconds", round(seconds, 3))]


def _paid(usage: Usage) -> str:
    return f"{usage.tokens} tokens" + ("" if usage.unpriced_calls else f", ${usage.usd:.4f}")
