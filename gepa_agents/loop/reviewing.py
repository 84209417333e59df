"""Lets a person have a say in what joins the pool: shows a proposal, keeps the verdict, and does as it says.

Asked in the order of decisions, so that the journal is the same whatever is under way beside it.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gepa_agents.loop.plan import Plan
from gepa_agents.loop.pool import Member
from gepa_agents.loop.tally import Outcome
from gepa_agents.loop.trials import Trials
from gepa_agents.parts.frontier.objectives import SCORE
from gepa_agents.parts.runs.journal import Journal
from gepa_agents.ports.reviewer import Reviewer
from gepa_agents.ports.thread import in_thread
from gepa_agents.words.candidate import Candidate
from gepa_agents.words.errors import ConfigError
from gepa_agents.words.review import Flip, Review, Revision, Verdict


@dataclass(frozen=True)
class Reviewing:
    """The reviewer behind the journal."""

    reviewer: Reviewer | None
    """None asks nobody; what was said in an earlier process counts all the same."""
    journal: Journal

    async def settle(self, trials: Trials, plan: Plan, outcome: Outcome) -> Outcome:
        """What a proposal that did well comes to once a person has seen it; others as they are.

        A proposal that was decided on without a reviewer stays decided. Raises what running an edited proposal raises,
        and `ConfigError` for a verdict that can't be followed.
        """
        child = outcome.child
        if child is None or outcome.refused is not None:
            return outcome
        key = f"review/{plan.iteration:06d}/{child.id}"
        verdict = self.journal.restore(key, Verdict)
        if verdict is None:
            if self.reviewer is None or self.journal.decision(plan.iteration) is not None:
                return outcome
            review = shown(trials, outcome, child)
            verdict = await _asked(self.reviewer, review)
            self.journal.record(key, verdict.model_dump_json())
        if verdict.verdict == "reject":
            return outcome.refuse("review", verdict.reason)
        return outcome if verdict.verdict == "accept" else await trials.edited(plan, outcome, child, verdict.texts)


def shown(trials: Trials, outcome: Outcome, child: Candidate) -> Review:
    """A proposal as a person sees it."""
    tally, parent = outcome.tally, outcome.parent
    both = [place for place in sorted(outcome.found) if place in parent.known]
    scores = [(parent.scores[place], outcome.found[place][SCORE]) for place in both]
    flips = [*_on_train(outcome, parent, child)]
    flips += [
        Flip(task=trials.suite.val[place].id, split="val", before=before, after=after)
        for place, (before, after) in zip(both, scores, strict=True)
    ]
    return Review(
        iteration=tally.iteration,
        origin=tally.origin,
        candidate=child.id,
        parents=tuple(one.candidate.id for one in tally.parents),
        why=tally.why,
        revisions=tuple(
            Revision(component=component, before=before, after=after, diagnosis=outcome.diagnoses.get(name, ""))
            for name, component in trials.lessons.components.items()
            if (before := parent.candidate.text(component)) != (after := child.text(component))
        ),
        flags=tally.flags,
        minibatch=(tally.before or 0.0, tally.after or 0.0),
        val=(_mean([before for before, _ in scores]), _mean([after for _, after in scores])),
        tasks=len(both),
        flips=tuple(flip for flip in flips if flip.before != flip.after),
    )


def _on_train(outcome: Outcome, parent: Member, child: Candidate) -> Iterator[Flip]:
    before = {run.task: run.value for run in outcome.runs if run.candidate == parent.candidate}
    for run in outcome.runs:
        if run.candidate == child and run.task in before:
            yield Flip(task=run.task, split="train", before=before[run.task], after=run.value)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


async def _asked(reviewer: Reviewer, review: Review) -> Verdict:
    """What the reviewer says; a sync one, as people write them, is asked in a thread."""
    function: Callable[[Review], object] = reviewer.review
    answer = function(review) if inspect.iscoroutinefunction(function) else await in_thread(function, review)
    verdict = await answer if inspect.isawaitable(answer) else answer
    if not isinstance(verdict, Verdict):
        raise ConfigError(
            f"the reviewer returned {verdict!r:.100} for proposal {review.iteration}; "
            "let it return a gepa_agents.Verdict, such as Verdict(verdict='accept'), and run again"
        )
    _check(verdict, review)
    return verdict


def _check(verdict: Verdict, review: Review) -> None:
    """Refuse an edit of what can't be edited, and what can't be kept."""
    if any(re.search("[\ud800-\udfff]", text) for text in (verdict.reason, *verdict.texts.values())):
        raise ConfigError(
            f"the reviewer's words on proposal {review.iteration} hold half of a surrogate pair (such as \\ud800), "
            "which is no character; run again, and write the whole character"
        )
    components = {revision.component.name: revision.component for revision in review.revisions}
    for name, text in verdict.texts.items():
        if name not in components:
            raise ConfigError(
                f"the reviewer's edit names `{name}`, but proposal {review.iteration} changes {', '.join(components)}"
            )
        lost = [f"{{{slot.name}}}" for slot in components[name].slots if f"{{{slot.name}}}" not in text]
        if lost or not text.strip():
            what = f"lacks {', '.join(lost)}, which is filled in when the agent runs" if lost else "is empty"
            raise ConfigError(f"the reviewer's edit of `{name}` in proposal {review.iteration} {what}; run again")
