"""Reads a run folder into what a report shows; what matters most goes in first, and what does not fit is named."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from gepa_agents import Accepted, Baseline, Confirmed, History, Result, Usage
from gepa_agents.words.component import Anatomy
from gepa_agents.words.suite import TaskSuite
from gepa_agents.words.task import Task as Asked
from gepa_agents_report import content, search
from gepa_agents_report.content import Content
from gepa_agents_report.matrix import Matrix, filled
from gepa_agents_report.reading import read, written
from gepa_agents_report.room import LONGEST, Room, Texts
from gepa_agents_report.verdict import judged

ROOM = 2_300_000
"""Bytes for everything that differs from run to run, as it stands in the file."""
_LENGTHS = (LONGEST, 6_000, 2_000, 600, 200)
"""Characters of a text that are kept, as many as leave room for trajectories beside what is always there."""


def gather(run: History, room: int = ROOM) -> Content:
    """Everything that the report of a run shows, finished or not. Raises `JournalError` for what can't be read."""
    about, result, decided = run.about, run.result, list(run.decisions())
    anatomy, tasks = _anatomy(run, result, decided), [] if about is None else _tasks(about.suite)
    begun = _begun(decided, result, tasks, room)
    pool, told, texts = begun.pool, begun.told, begun.texts
    matrix = filled(run, pool, tasks, result)
    chosen = result.choice.number if result is not None else _leader(decided, pool)
    begun.room.take(repr(matrix.scores) + anatomy.model_dump_json())
    filling = _Filling(run, pool, tasks, matrix, texts, begun.room)
    filling.fill(chosen)
    return Content(
        agent="the agent" if about is None else about.agent,
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        finished=result is not None,
        verdict=judged(result, _baseline(decided), told[-1].best if told else None),
        chosen=chosen,
        graph=content.Graph(
            nodes=anatomy.nodes, edges=anatomy.edges, components=anatomy.components, unreachable=anatomy.unreachable
        ),
        candidates=pool,
        decisions=told,
        tasks=begun.tasks,
        scores=matrix.scores,
        marks=matrix.marks,
        trajectories=filling.trajectories,
        reflections=tuple(sorted(filling.reflections, key=lambda one: one.iteration)),
        ledger=_ledger(result, decided),
        rollouts=result.spent.rollouts if result is not None else told[-1].rollouts if told else 0,
        reflected=result.spent.reflections if result is not None else len(filling.reflections),
        seconds=None if result is None else result.spent.seconds,
        budget=None if about is None else about.budget,
        settings=None if about is None else about.settings,
        reflection_lm="" if about is None else about.reflection_lm,
        versions={} if about is None else about.versions,
        suite="" if about is None else about.suite.fingerprint,
        left_out=(*begun.left_out, *filling.left_out),
        texts=texts.all(),
    )


@dataclass(frozen=True)
class _Begun:
    """What is always in the file, and the room that is left beside it."""

    pool: tuple[content.Candidate, ...]
    told: tuple[content.Decision, ...]
    tasks: tuple[content.Task, ...]
    texts: Texts
    room: Room
    left_out: tuple[str, ...] = ()


def _begun(decided: list[search.Decided], result: Result | None, tasks: list[Asked], size: int) -> _Begun:
    """Candidates, decisions and tasks; where their texts are very long, each is cut until half of the room is left."""
    *longer, shortest = _LENGTHS
    for longest in longer:
        begun = _cut(longest, decided, result, tasks, Room(size))
        if begun.room.left >= size // 2:
            return begun
    return _cut(shortest, decided, result, tasks, Room(size))


def _cut(longest: int, decided: list[search.Decided], result: Result | None, tasks: list[Asked], room: Room) -> _Begun:
    texts = Texts(longest)
    pool, told = search.candidates(decided, result, texts), search.decisions(decided, texts)
    shown = tuple(_task(task, texts) for task in tasks)
    whole = "\n".join((texts.since(0), *(one.model_dump_json() for one in (*pool, *told, *shown))))
    fits = room.take(whole)
    cut = (f"Of texts longer than {longest:,} characters the middle is left out.",) if longest < LONGEST else ()
    return _Begun(pool, told, shown, texts, room if fits else Room(0), cut)


class _Filling:
    """Puts trajectories and reflections into the file, as long as there is room."""

    def __init__(
        self, run: History, pool: tuple[content.Candidate, ...], tasks: list[Asked], matrix: Matrix, texts: Texts,
        room: Room,
    ) -> None:  # fmt: skip
        self._run, self._pool, self._tasks, self._matrix, self._texts, self._room = (
            run,
            pool,
            tasks,
            matrix,
            texts,
            room,
        )
        self.trajectories = dict[str, content.Trajectory]()
        self.reflections = list[content.Reflection]()
        self._missing = [0, 0]

    def fill(self, chosen: int) -> None:
        """The flips from the baseline to the tuned candidate, then reflections, then other rollouts."""
        if self._pool:
            self._rollouts((number, at) for at in self._matrix.flips(0, chosen) for number in (0, chosen))
        for asked in self._run.reflections():
            self._reflection(asked.iteration, asked.prompt, asked.answer.text, asked.answer.usage)
        if self._pool:
            self._rollouts(self._others(chosen))

    def _others(self, chosen: int) -> Iterator[tuple[int, int]]:
        for number in (0, chosen):
            yield from ((number, at) for at in self._matrix.ran(number))
        for one in self._pool:
            for parent in one.parents:
                for at in self._matrix.flips(parent, one.number):
                    yield from ((parent, at), (one.number, at))

    def _rollouts(self, wanted: Iterable[tuple[int, int]]) -> None:
        for number, at in wanted:
            place = f"{number}/{at}"
            if place in self.trajectories:
                continue
            if self._room.left < 2000:
                self._missing[0] += 1
                continue
            rollout = self._run.rollout(self._pool[number].id, self._tasks[at].id)
            if rollout is None:
                continue
            before = len(self._texts)
            readable = read(rollout, self._texts)
            if self._room.take(self._texts.since(before) + readable.model_dump_json()):
                self.trajectories[place] = readable
            else:
                self._texts.drop(before)
                self._missing[0] += 1

    def _reflection(self, iteration: int, prompt: str, answer: str, usage: Usage) -> None:
        before = len(self._texts)
        one = content.Reflection(
            iteration=iteration,
            prompt=self._texts.add(prompt),
            answer=self._texts.add(answer),
            tokens=usage.tokens,
            usd=usage.usd,
        )
        if self._room.take(self._texts.since(before)):
            self.reflections.append(one)
        else:
            self._texts.drop(before)
            self._missing[1] += 1

    @property
    def left_out(self) -> tuple[str, ...]:
        """What there was no room for."""
        named = zip(self._missing, ("trajectories", "reflections"), strict=True)
        return tuple(
            f"{missing:,} {what} are left out to keep this file small; the run folder has them."
            for missing, what in named
            if missing
        )


def _anatomy(run: History, result: Result | None, decided: list[search.Decided]) -> Anatomy:
    about = run.about
    if about is not None:
        return about.anatomy
    if result is not None:
        return result.anatomy
    first = _baseline(decided)
    return Anatomy() if first is None else Anatomy(components=first.components, unreachable=first.unreachable)


def _baseline(decided: list[search.Decided]) -> Baseline | None:
    return decided[0] if decided and isinstance(decided[0], Baseline) else None


def _leader(decided: list[search.Decided], pool: tuple[content.Candidate, ...]) -> int:
    leaders = [one.leader for one in decided if isinstance(one, Accepted | Confirmed)]
    return next((one.number for one in pool if leaders and one.id == leaders[-1]), 0)


def _tasks(suite: TaskSuite) -> list[Asked]:
    """All tasks, val first, each with its split."""
    parts = (("val", suite.val), ("test", suite.test), ("train", suite.train))
    return [task.model_copy(update={"split": name}) for name, members in parts for task in members]


def _task(task: Asked, texts: Texts) -> content.Task:
    expected = None if task.expected is None else texts.add(written(task.expected))
    return content.Task(id=task.id, split=task.split or "val", input=texts.add(written(task.input)), expected=expected)


def _ledger(result: Result | None, decided: list[search.Decided]) -> tuple[content.Line, ...]:
    if result is None:
        return (_line("all models so far", decided[-1].usage),) if decided else ()
    spent = result.spent
    return (
        _line("the agent's models and judges", spent.task),
        _line(f"reflection ({spent.reflections} prompts)", spent.reflection),
        _line("together", spent.usage),
    )


def _line(name: str, usage: Usage) -> content.Line:
    return content.Line(
        name=name,
        calls=usage.calls,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        usd=usage.usd,
        unpriced=usage.unpriced_calls,
    )
