"""All that can be found about a case without a model: our checks, those that need a cohort, and the user's own."""

import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gepa_agents.parts.feedback import cohort_checks, run_checks
from gepa_agents.parts.feedback.cohort import Cohort
from gepa_agents.parts.feedback.findings import findings, ordered
from gepa_agents.ports.check import Check
from gepa_agents.words.case import Case
from gepa_agents.words.errors import CheckError
from gepa_agents.words.finding import Finding


@dataclass(frozen=True)
class Diagnosis:
    """Finds what went wrong in a case. The same case, cohort and checks give the same findings."""

    checks: Sequence[Check] = ()
    """The user's own."""
    cohort: Cohort = field(default_factory=Cohort)
    times: bool = False
    """Whether time that was lost is a finding; then the same work done on another machine makes other findings."""

    def of(self, case: Case) -> tuple[Finding, ...]:
        """Everything found, in the order of the steps; raises `CheckError` when a check of the user's fails."""
        found = [
            *findings(case.rollout.trajectory),
            *run_checks.gave_up(case),
            *cohort_checks.missing_tool(case, self.cohort),
            *cohort_checks.costly_run(case, self.cohort),
            *(cohort_checks.slow_run(case, self.cohort) if self.times else ()),
        ]
        for check in self.checks:
            found += _asked(check, case)
        return ordered(found)


def name(check: Check) -> str:
    """What a check of the user's is called: its function's name, or its class's."""
    return str(getattr(check, "__name__", type(check).__name__))


def _asked(check: Check, case: Case) -> Iterator[Finding]:
    try:
        told = check(case)
        answers = [] if told is None else [told] if isinstance(told, str | Finding) else list(told)
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        raise CheckError(
            f"the check `{name(check)}` raised {type(error).__name__}: {error} on task `{case.task.id}` "
            f"({frame.filename}:{frame.lineno}); mend it and run the same command again, what was paid for is kept"
        ) from error
    for answer in answers:
        yield _finding(check, answer, case)


def _finding(check: Check, answer: str | Finding, case: Case) -> Finding:
    if isinstance(answer, Finding):
        return answer if answer.check else answer.model_copy(update={"check": name(check)})
    if not isinstance(answer, str):  # a check without types of its own
        raise CheckError(
            f"the check `{name(check)}` returned {answer!r} for task `{case.task.id}`; "
            "return sentences or gepa_agents.Finding, each for one thing that went wrong"
        )
    return Finding(check=name(check), sentence=answer)
