"""How a run ends: baseline against tuned on tasks that nothing has seen, and all candidates gathered into a result."""

from pathlib import Path

from gepa_agents.loop.evolution import Evolution
from gepa_agents.loop.result import Choice, Result, Scores, Spent
from gepa_agents.parts.statistics.intervals import paired
from gepa_agents.words.errors import BudgetError
from gepa_agents.words.events import Stopped, Tested
from gepa_agents.words.graph_config import GraphConfig


async def closing_test(evolution: Evolution, choice: Choice) -> Tested | None:
    """Run baseline and chosen candidate on test; None when nothing beat the baseline, or the budget does not reach."""
    suite, rollouts = evolution.suite, evolution.rollouts
    if choice.number == 0:
        return None
    best = evolution.pool.members[choice.number]
    try:
        before = await rollouts.run(
            evolution.config(evolution.pool.members[0].candidate), suite.test, "baseline on test"
        )
        after = await rollouts.run(evolution.config(best.candidate), suite.test, "tuned on test")
    except BudgetError:
        return None
    baseline = [rollouts.value(rollout) for rollout in before]
    tuned = [rollouts.value(rollout) for rollout in after]
    difference = paired(baseline, tuned)
    return Tested(
        candidate=best.candidate.id,
        tasks=len(suite.test),
        baseline=sum(baseline) / len(baseline),
        tuned=sum(tuned) / len(tuned),
        difference=difference.mean,
        low=difference.low,
        high=difference.high,
    )


def gather(
    evolution: Evolution, choice: Choice, tested: Tested | None, stopped: Stopped, folder: Path | None
) -> Result:
    """Everything a run found, as one record."""
    pool, ledger = evolution.pool, evolution.rollouts.ledger
    evolution.rollouts.settle()
    evolution.asking.settle()
    weights = pool.frontier.weights()
    candidates = tuple(
        Scores(
            number=member.number,
            config=_described(evolution, member.number, choice, tested),
            parents=member.parents,
            val=tuple(member.expected),
            objectives=member.measures.means(),
            known=tuple(sorted(member.known)),
            on_frontier=member.number in weights,
        )
        for member in pool.members
    )
    return Result(
        best=candidates[choice.number].config,
        choice=choice,
        candidates=candidates,
        anatomy=evolution.anatomy,
        test=tested,
        stopped=stopped,
        spent=Spent(
            rollouts=ledger.rollouts,
            task=ledger.task,
            reflections=ledger.reflections,
            reflection=ledger.reflection + ledger.preflight,
            seconds=evolution.rollouts.journal.seconds,
        ),
        folder=folder,
    )


def _described(evolution: Evolution, number: int, choice: Choice, tested: Tested | None) -> GraphConfig:
    """The configuration of a pool member with its scores and lineage, for whoever reads the saved document."""
    member = evolution.pool.members[number]
    is_tested = tested is not None and tested.candidate == member.candidate.id
    return evolution.config(member.candidate).model_copy(
        update={
            "name": f"candidate {number}" if number else "baseline",
            "metadata": {
                "parents": [evolution.pool.members[parent].candidate.id for parent in member.parents],
                "val": choice.val if number == choice.number else member.mean,
                "expected": choice.expected if number == choice.number else None,
                "baseline_val": evolution.pool.members[0].mean,
                "flags": list(member.flags),
                "test": tested.model_dump(mode="json") if tested is not None and is_tested else None,
            },
        }
    )
