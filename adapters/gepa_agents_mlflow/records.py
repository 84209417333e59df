"""What a run comes to in MLflow's terms: parameters, metrics by step, tags. Pure; knows nothing of MLflow itself."""

from collections.abc import Iterable, Iterator, Mapping

from gepa_agents import Accepted, Baseline, Confirmed, History, Rejected, Result
from gepa_agents.words.frozen import JsonValue

Decision = Baseline | Accepted | Rejected | Confirmed

Point = tuple[str, float, int]
"""A metric's name, its value and its step: an iteration of the search, 0 for the baseline."""


def parameters(history: History) -> dict[str, str]:
    """What the run was asked: agent, models, tasks, budget and settings."""
    about = history.about
    if about is None:
        return {}
    suite = about.suite
    return {
        "agent": about.agent,
        "reflection_lm": about.reflection_lm,
        "components": ", ".join(one.name for one in about.anatomy.components),
        **{f"tasks.{name}": str(len(getattr(suite, name))) for name in ("train", "val", "test")},
        **dict(_flat("budget", about.budget.model_dump(mode="json", exclude_none=True))),
        **dict(_flat("settings", about.settings.model_dump(mode="json"))),
    }


def metrics(decisions: Iterable[Decision]) -> Iterator[Point]:
    """The search, decision by decision; what was booked by then is cumulative."""
    for one in decisions:
        step = 0 if isinstance(one, Baseline) else one.iteration
        yield "rollouts", one.rollouts, step
        yield "usd", one.usage.usd, step
        yield "tokens", one.usage.tokens, step
        if isinstance(one, Baseline):
            yield "val.best", one.mean, step
            continue
        if isinstance(one, Accepted | Confirmed):
            yield "val.best", one.best, step
            yield "val.candidate", one.val, step
        if isinstance(one, Accepted | Rejected) and one.before is not None and one.after is not None:
            yield "minibatch.parent", one.before, step
            yield "minibatch.child", one.after, step


def outcome(result: Result) -> Iterator[Point]:
    """What it came to, at the last step of all."""
    yield "val.baseline", result.baseline_val, 0
    yield "val.expected", result.choice.expected, 0
    yield "spent.rollouts", result.spent.rollouts, 0
    yield "spent.usd", result.spent.usage.usd, 0
    yield "spent.tokens", result.spent.usage.tokens, 0
    yield "spent.seconds", result.spent.seconds, 0
    yield "candidates", len(result.candidates), 0
    if (test := result.test) is not None:
        for name in ("baseline", "tuned", "difference", "low", "high"):
            yield f"test.{name}", getattr(test, name), 0


def tags(history: History, result: Result, candidate: str) -> dict[str, str]:
    """What it is found by."""
    verdict = "significant gain" if result.improved else "no significant gain" if result.test else "not tested"
    versions = history.about.versions if history.about else {}
    return {
        "gepa_agents.candidate": candidate,
        "gepa_agents.verdict": verdict,
        "gepa_agents.stopped": f"{result.stopped.reason}: {result.stopped.detail}",
        **{f"gepa_agents.version.{name}": version for name, version in versions.items()},
    }


def _flat(prefix: str, values: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        yield f"{prefix}.{name}", ", ".join(map(str, value)) if isinstance(value, list) else str(value)
