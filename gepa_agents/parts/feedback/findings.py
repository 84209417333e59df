"""What a rollout shows to have gone wrong, found without a model: small named checks, each with a sentence.

Precision before recall: a finding is put before a reflection model as a fact.
"""

from collections.abc import Callable, Iterable, Mapping

from gepa_agents.parts.feedback import (
    argument_checks,
    claim_checks,
    figure_checks,
    reply_checks,
    run_checks,
    tool_checks,
)
from gepa_agents.words.finding import Finding
from gepa_agents.words.trajectory import Trajectory

CHECKS: Mapping[str, Callable[[Trajectory], Iterable[Finding]]] = {
    check.__name__: check
    for check in (
        tool_checks.tool_error,
        tool_checks.unknown_tool,
        tool_checks.invalid_arguments,
        tool_checks.repeated_call,
        tool_checks.endless_loop,
        argument_checks.invented_argument,
        claim_checks.ignored_error,
        claim_checks.contradicted_claim,
        claim_checks.unfounded_claim,
        figure_checks.no_tool,
        reply_checks.empty_reply,
        reply_checks.truncated_reply,
        reply_checks.call_as_text,
        reply_checks.announced_step,
        run_checks.step_limit,
        run_checks.failed_step,
        run_checks.back_and_forth,
    )
}
"""The checks that need nothing but a trajectory, by name."""


def findings(trajectory: Trajectory) -> tuple[Finding, ...]:
    """Everything that a trajectory alone shows, in the order of the steps."""
    return ordered(finding for check in CHECKS.values() for finding in check(trajectory))


def ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """In the order of the steps; what concerns the run as a whole comes last."""
    return tuple(sorted(found, key=lambda one: (one.step is None, one.step or 0, one.check, one.sentence)))
