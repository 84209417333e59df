"""What a rollout shows to have gone wrong, found without a model: small named checks, each with a sentence.

Precision before recall: a finding is put before a reflection model as a fact.
"""

from collections.abc import Callable, Iterable, Mapping

from gepa_agents.parts.feedback import reply_checks, tool_checks
from gepa_agents.words.finding import Finding
from gepa_agents.words.trajectory import Trajectory

Check = Callable[[Trajectory], Iterable[Finding]]

CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        tool_checks.tool_error,
        tool_checks.unknown_tool,
        tool_checks.invalid_arguments,
        tool_checks.repeated_call,
        tool_checks.endless_loop,
        reply_checks.ignored_output,
        reply_checks.no_tool,
        reply_checks.empty_reply,
        reply_checks.truncated_reply,
        reply_checks.failed_step,
    )
}


def findings(trajectory: Trajectory) -> tuple[Finding, ...]:
    """Everything that the checks find, in the order of the steps."""
    found = [finding for check in CHECKS.values() for finding in check(trajectory)]
    return tuple(
        sorted(
            found, key=lambda finding: (-1 if finding.step is None else finding.step, finding.check, finding.sentence)
        )
    )
