"""The search as it is shown: candidates in the order of their acceptance, and every decision with its price."""

from collections.abc import Sequence

from gepa_agents import Accepted, Baseline, Confirmed, Rejected, Result
from gepa_agents.words.candidate import Candidate as Texted
from gepa_agents_report.content import Candidate, Decision
from gepa_agents_report.room import Texts

Decided = Baseline | Accepted | Rejected | Confirmed


def candidates(decided: Sequence[Decided], result: Result | None, texts: Texts) -> tuple[Candidate, ...]:
    """The pool: from the result, or while there is none from the decisions."""
    taken = {one.candidate: one for one in decided if isinstance(one, Accepted)}
    if result is not None:
        found = list[Candidate]()
        for scores in result.candidates:
            identity = scores.config.candidate.id
            by = taken.get(identity)
            found.append(
                Candidate(
                    number=scores.number,
                    id=identity,
                    parents=scores.parents,
                    iteration=0 if by is None else by.iteration,
                    origin="" if by is None else by.origin,
                    component="" if by is None else by.component,
                    why="" if by is None else texts.shortened(by.why, 1000),
                    mean=scores.mean,
                    known=len(scores.known),
                    frontier=scores.on_frontier,
                    objectives={**scores.objectives, "characters": -float(scores.characters)},
                    texts={name: texts.add(text) for name, text in scores.config.texts.items()},
                    flags=() if by is None else tuple(texts.shortened(flag, 1000) for flag in by.flags),
                )
            )
        return tuple(found)
    return _so_far(decided, texts)


def _so_far(decided: Sequence[Decided], texts: Texts) -> tuple[Candidate, ...]:
    """The pool while the run goes on. What a merge took over from its second parent is read from that one."""
    if not decided or not isinstance(decided[0], Baseline):
        return ()
    first = decided[0]
    own = sum(len(component.text) for component in first.components)
    default = {component.name: component.text for component in first.components}
    numbers, whole, means = {Texted().id: 0}, [dict[str, str]()], {Texted().id: first.mean}
    found = [
        Candidate(
            number=0,
            id=Texted().id,
            parents=(),
            iteration=0,
            origin="",
            mean=first.mean,
            known=0,
            frontier=None,
            objectives={"characters": -float(own)},
            texts={},
        )
    ]
    for one in decided:
        if isinstance(one, Confirmed):
            means[one.candidate] = one.val
        if not isinstance(one, Accepted):
            continue
        parents = tuple(numbers[parent] for parent in one.parents if parent in numbers)
        changed = dict(whole[parents[0]]) if parents else {}
        for name in filter(None, one.component.split(", ")):
            for parent in parents[1:]:
                if name in whole[parent]:
                    changed[name] = whole[parent][name]
        changed |= one.texts
        numbers[one.candidate] = len(found)
        whole.append(changed)
        means[one.candidate] = one.val
        size = own + sum(len(text) - len(default.get(name, "")) for name, text in changed.items())
        found.append(
            Candidate(
                number=len(found), id=one.candidate, parents=parents, iteration=one.iteration, origin=one.origin,
                component=one.component, why=texts.shortened(one.why, 1000), mean=one.val, known=one.tasks,
                frontier=None,
                objectives={"characters": -float(size)},
                texts={name: texts.add(text) for name, text in changed.items()},
                flags=tuple(texts.shortened(flag, 1000) for flag in one.flags),
            )
        )  # fmt: skip
    return tuple(one.model_copy(update={"mean": means[one.id]}) for one in found)


def decisions(decided: Sequence[Decided], texts: Texts) -> tuple[Decision, ...]:
    """Every decision, the baseline first, and what all had cost by then."""
    found, best = list[Decision](), 0.0
    for one in decided:
        best = one.mean if isinstance(one, Baseline) else best if isinstance(one, Rejected) else one.best
        found.append(_decision(one, best, texts))
    return tuple(found)


def _decision(one: Decided, best: float, texts: Texts) -> Decision:
    shown = Decision(
        iteration=0 if isinstance(one, Baseline) else one.iteration,
        event=one.event,
        best=best,
        rollouts=one.rollouts,
        tokens=one.usage.tokens,
        usd=one.usage.usd,
        unpriced=one.usage.unpriced_calls,
    )
    match one:
        case Baseline():
            return shown.model_copy(update={"val": one.mean})
        case Confirmed():
            return shown.model_copy(update={"candidate": one.candidate, "before": one.before, "val": one.val})
        case Accepted():
            more = {"candidate": one.candidate, "val": one.val}
        case Rejected():
            more = {"reason": one.reason, "detail": texts.shortened(one.detail, 1000)}
    tried = {
        "origin": one.origin,
        "parents": one.parents,
        "component": one.component,
        "why": texts.shortened(one.why, 1000),
        "texts": {name: texts.add(text) for name, text in one.texts.items()},
        "before": one.before,
        "after": one.after,
    }
    return shown.model_copy(update={**tried, **more})
