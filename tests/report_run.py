"""Run folders for reports, written through a real journal: of any size, and with whatever texts."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from gepa_agents import (
    Accepted,
    Baseline,
    Budget,
    Candidate,
    Component,
    GraphConfig,
    Message,
    ModelStep,
    Rejected,
    Result,
    Rollout,
    Score,
    Settings,
    Stopped,
    Task,
    TaskSuite,
    Tested,
    ToolStep,
    Trajectory,
    Usage,
)
from gepa_agents.loop.about import About
from gepa_agents.loop.asking import Asked
from gepa_agents.loop.keeping import key
from gepa_agents.loop.result import Choice, Scores, Spent
from gepa_agents.parts.runs.journal import Journal
from gepa_agents.ports.language_model import Completion
from gepa_agents.words.component import Anatomy

OWN = Component(name="writer.system", kind="prompt", text="Answer the question. Be brief.", node="writer")
SCRIPT = "<script>window.hurt = 1</script>"
HOSTILE = (
    f'</script>{SCRIPT}</style><style>*{{display:none}}</style><!-- <img src=x onerror="window.hurt = 1"> '
    "\u202egnp.exe\u2066 \u200b &lt;b&gt; ]]> \x07"
)
"""What would do harm as markup, or hide what it says."""


Says = Callable[[int, str], str]


def plain(number: int, task: str) -> str:
    """What an ordinary agent says: no two answers are the same, and they compress as English does, not better."""
    words = random.Random(f"{number}/{task}")
    return f"Candidate {number} on {task}: " + " ".join(f"w{words.randrange(1500):x}" for _ in range(150))


def written(
    folder: Path,
    candidates: int = 4,
    val: int = 6,
    test: int = 4,
    says: Says = plain,
    known: int | None = None,
    finished: bool = True,
    low: float = 0.05,
    name: str = "q",
    anatomy: Anatomy | None = None,
) -> Path:
    """A run folder: each candidate a mutation of the one before, every third a merge; better by a bit each time.

    Each is run on `known` of the val tasks, all by default, and the first and the last on test. `low` is the lower
    end of the interval on test; `says` is what the agent answers.
    """
    suite = TaskSuite.of(
        [
            Task(id=f"{name}{at}", input=says(-1, f"{name}{at}"), split=split)
            for at, split in enumerate(["train"] + ["val"] * val + ["test"] * test)
        ]  # type: ignore[arg-type]
    )
    texts = [{}] + [
        {OWN.name: OWN.text.replace(". ", ".\n") + f"\n{says(at, 'prompt')}\nRule {at}."} for at in range(1, candidates)
    ]
    ids = [Candidate(text).id for text in texts]
    anatomy = anatomy or Anatomy(
        nodes=("writer", "search"),
        edges=(("__start__", "writer"), ("writer", "search"), ("search", "writer"), ("writer", "__end__")),
        components=(OWN,),
    )
    with Journal(folder, {}) as journal:
        about = About(
            agent=says(-1, "agent")[:60],
            anatomy=anatomy,
            suite=suite,
            settings=Settings(),
            budget=Budget(rollouts=9),
            reflection_lm="reflector",
            versions={"python": "3.11"},
        )
        journal.conclude("about", about.model_dump_json())
        for number, identity in enumerate(ids):
            ran = [*suite.val[: known if number not in (0, candidates - 1) else None]]
            ran += suite.test if finished and number in (0, candidates - 1) else ()
            for at, task in enumerate(ran):
                journal.record(
                    key(identity, task.id, 0), _rollout(identity, number, at, task, says, candidates).model_dump_json()
                )
        for at, decision in enumerate(_decisions(ids, texts, says, val)):
            journal.decide(at, decision.model_dump_json())
        for number in range(1, candidates):
            asked = Asked(
                prompt=f"Evidence {number}: {says(number, 'evidence')}",
                completion=Completion(text=says(number, "idea")),
            )
            journal.record(f"reflection/{number:06d}/0123456789abcdef", asked.model_dump_json())
        if finished:
            journal.conclude("result", _result(texts, anatomy, val, known, low).model_dump_json())
    return folder


def _score(number: int, at: int, candidates: int) -> float:
    return min(1.0, 0.2 + 0.7 * number / candidates + 0.01 * (at % 10))


def _rollout(identity: str, number: int, at: int, task: Task, says: Says, candidates: int) -> Rollout:
    said = says(number, task.id)
    steps = (
        ModelStep(
            node="writer",
            started=0,
            seconds=0.1,
            model="m",
            messages=(Message(role="system", text=OWN.text), Message(role="user", text=str(task.input))),
            reply=Message(role="assistant", text=f"I look it up. {said}"),
            usage=Usage(calls=1, input_tokens=100, output_tokens=20, usd=0.001),
        ),
        ToolStep(
            node="search", started=0.1, seconds=0.2, tool="search", arguments={"q": task.id}, result=f"Found: {said}"
        ),
    )
    return Rollout(
        candidate=identity,
        task=task.id,
        output=said,
        trajectory=Trajectory(steps=steps, seconds=0.3),
        score=Score(value=_score(number, at, candidates), feedback=f"Feedback: {said}"),
        usage=steps[0].usage,
    )


def _decisions(
    ids: list[str], texts: list[dict[str, str]], says: Says, val: int
) -> Iterator[Baseline | Accepted | Rejected]:
    def paid(at: int) -> Usage:
        return Usage(calls=at, input_tokens=900 * at, output_tokens=90 * at, usd=0.01 * at)

    yield Baseline(mean=0.2, faults=0, components=(OWN,), unreachable=(), rollouts=val * (0 + 1), usage=paid(0))
    for number in range(1, len(ids)):
        merged = number % 3 == 0
        mean = 0.2 + 0.7 * number / len(ids)
        yield Accepted(
            iteration=number,
            known=number - 1,
            origin="merge" if merged else "mutation",
            candidate=ids[number],
            parents=(ids[number - 1], ids[number - 3]) if merged else (ids[number - 1],),
            component=OWN.name,
            why=says(number, "why"),
            texts=texts[number],
            flags=(says(number, "flag"),),
            before=0.1,
            after=0.4,
            val=mean,
            tasks=val,
            best=mean,
            leader=ids[number],
            frontier=2,
            rollouts=val * (number + 1),
            usage=paid(number),
        )
    yield Rejected(
        iteration=len(ids),
        known=0,
        origin="mutation",
        parents=(ids[-1],),
        component=OWN.name,
        why="",
        reason="no_better",
        detail=says(0, "detail"),
        before=0.5,
        after=0.4,
        texts={OWN.name: says(0, "tried")},
        rollouts=val * (len(ids) + 1),
        usage=paid(len(ids)),
    )


def _result(texts: list[dict[str, str]], anatomy: Anatomy, val: int, known: int | None, low: float) -> Result:
    configs = [GraphConfig(components=(OWN,), texts=text) for text in texts]
    last = len(texts) - 1
    scores = [
        Scores(
            number=number,
            config=config,
            val=tuple(_score(number, at, len(texts)) for at in range(val)),
            known=tuple(range(val if number in (0, last) else known or val)),
            parents=() if number == 0 else (number - 1, number - 3) if number % 3 == 0 else (number - 1,),
            on_frontier=number > last - 2,
            objectives={"tokens": -100.0 - 10 * number, "usd": -0.001 * (number + 1), "politeness": 0.5},
        )
        for number, config in enumerate(configs)
    ]
    usage = Usage(calls=50, input_tokens=9000, output_tokens=900, usd=0.5)
    return Result(
        best=configs[last],
        choice=Choice(
            number=last,
            candidate=configs[last].candidate.id,
            leader=last,
            contenders=(last,),
            rollouts=0,
            val=scores[last].mean,
            tasks=val,
            expected=scores[last].mean - 0.02,
        ),
        candidates=tuple(scores),
        anatomy=anatomy,
        test=Tested(
            candidate=configs[last].candidate.id, tasks=4, baseline=0.2, tuned=0.8, difference=0.6, low=low, high=0.9
        ),
        stopped=Stopped(reason="budget", detail="the budget is used up"),
        spent=Spent(rollouts=60, task=usage, reflections=last, reflection=Usage(calls=last), seconds=12.0),
        folder=None,
    )
